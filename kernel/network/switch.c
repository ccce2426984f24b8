/* SPDX-License-Identifier: Apache-2.0 */
#include "network/switch.h"

#include "lib/string.h"

#define LOCAL  2   /* given by us, not by a maker of cards */
#define GROUP  1   /* broadcast and multicast */
#define SHARED 255 /* in place of a node's number */

/* The card's first two bytes name its maker; the rest tells cards apart. */
void switch_address(const uint8_t card[ADDRESS_SIZE], uint32_t node, uint8_t address[ADDRESS_SIZE])
{
    address[0] = LOCAL;
    memcpy(address + 1, card + 2, 4);
    address[5] = (uint8_t)node;
}

void switch_shared(const uint8_t card[ADDRESS_SIZE], uint8_t address[ADDRESS_SIZE])
{
    switch_address(card, SHARED, address);
}

uint32_t switch_node(const uint8_t card[ADDRESS_SIZE], uint32_t node_count,
                     const uint8_t address[ADDRESS_SIZE])
{
    bool is_ours =
        address[0] == LOCAL && memcmp(address + 1, card + 2, 4) == 0 && address[5] < node_count;

    return is_ours ? address[5] : node_count;
}

struct switch_ports switch_ports(const uint8_t card[ADDRESS_SIZE], uint32_t node_count,
                                 uint32_t from, const uint8_t to[ADDRESS_SIZE])
{
    struct switch_ports ports = {.nodes = 0, .wire = from < node_count};
    uint64_t all = node_count < 64 ? (1UL << node_count) - 1 : ~0UL;
    uint32_t node = switch_node(card, node_count, to);

    if (to[0] & GROUP)
        ports.nodes = all;
    else if (node < node_count)
        ports = (struct switch_ports){.nodes = 1UL << node, .wire = false};
    if (from < node_count)
        ports.nodes &= ~(1UL << from);
    return ports;
}
