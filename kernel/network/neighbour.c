/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the way to somebody begins with a neighbour that is there. */
#include <lwip/etharp.h>
#include <lwip/priv/nd6_priv.h>

#include "network/stack.h"
#include "network/wire.h"

static bool v4_answers(const ip4_addr_t *to)
{
    const ip4_addr_t *found_address, *next = to;
    struct eth_addr *found;

    if (!ip4_addr_netcmp(to, netif_ip4_addr(&stack_link), netif_ip4_netmask(&stack_link)))
        next = netif_ip4_gw(&stack_link);
    return etharp_find_addr(&stack_link, next, &found, &found_address) >= 0;
}

/* A router that was lost leaves lwIP's list; so only those of this link are in question. */
static bool v6_answers(const ip6_addr_t *to)
{
    for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        const struct nd6_neighbor_cache_entry *entry = &neighbor_cache[i];

        if (entry->state == ND6_INCOMPLETE && ip6_addr_cmp(&entry->next_hop_address, to))
            return false;
    }
    return true;
}

bool neighbour_answers(const ip_addr_t *to)
{
    return IP_IS_V4(to) ? v4_answers(ip_2_ip4(to)) : v6_answers(ip_2_ip6(to));
}
