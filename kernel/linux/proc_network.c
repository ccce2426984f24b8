/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/hydros/network: counts of frames in this life, pairs of key and value, and addresses;
 * resolver, hosts: what /etc/resolv.conf and /etc/hosts are links to. */
#include "linux/proc.h"
#include "linux/system.h"
#include "network/link.h"
#include "network/stack.h"
#include "node/self.h"

void proc_network(struct proc_text *text, const struct proc_source *source)
{
    struct link_status status;

    link_status(&status);
    proc_print(text,
               "card %d card_in %lu card_out %lu nodes_in %lu nodes_out %lu lost %lu "
               "forged %lu\n",
               (int)status.owner, status.card_in, status.card_out, status.nodes_in,
               status.nodes_out, status.lost, status.forged);
}

void proc_resolver(struct proc_text *text, const struct proc_source *source)
{
    char servers[256];

    proc_bytes(text, servers, resolver_text(servers, sizeof(servers)));
}

/* All nodes by the addresses that they have now; one without is known by its name only here, so
 * that what looks for itself finds itself. */
void proc_hosts(struct proc_text *text, const struct proc_source *source)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};

    proc_print(text, "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
    for (uint32_t node = 0; node < machine->node_count; node++) {
        uint32_t word = atomic_load_explicit(&published_of(node)->address, memory_order_relaxed);
        const uint8_t *a = word ? (const uint8_t *)&word : loopback;

        proc_print(text, "%u.%u.%u.%u ", a[0], a[1], a[2], a[3]);
        /* First the name that the machine calls itself: what looks for its own full name takes it.
         */
        if (node == self_node())
            proc_print(text, "%s ", system_names()->node);
        proc_print(text, "n%u.hydros n%u\n", node, node);
    }
}
