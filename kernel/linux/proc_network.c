/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/hydros/network: counts of frames in this life, pairs of key and value, and addresses;
 * resolver: what /etc/resolv.conf is a link to. */
#include "linux/proc.h"
#include "network/link.h"
#include "network/stack.h"

void proc_network(struct proc_text *text, const struct proc_source *source)
{
    struct link_status status;

    link_status(&status);
    proc_print(text, "card %d card_in %lu card_out %lu nodes_in %lu nodes_out %lu lost %lu\n",
               (int)status.owner, status.card_in, status.card_out, status.nodes_in,
               status.nodes_out, status.lost);
}

void proc_resolver(struct proc_text *text, const struct proc_source *source)
{
    char servers[256];

    proc_bytes(text, servers, resolver_text(servers, sizeof(servers)));
}
