/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of IPv6 that boot options give to nodes (ip6@N=ADDRESS/BITS,GATEWAY,RESOLVER). All
 * nodes read the options of all, so each knows what another may say (network/sender.h).
 */
#pragma once
#include "network/sender.h"

/* Those of the nodes behind the shared card (bit n: node n). Of two with the same one, the first
 * has it. */
void static_six_read(uint64_t switched);
/* NULL: it has none. */
const uint8_t *static_six_of(uint32_t node);
/* All of them, and the one that nodes share, once it is added. */
const struct sender_sixes *static_sixes(void);
/* false: it is a node's. */
bool static_six_share(const uint8_t address[16]);
/* The link gets this node's. false: no option gives it one (the log says if it tried to); it takes
 * what routers advertise. */
bool static_six_start(void);
/* Which of the link's addresses it is, and the bits of its net: 64, or 128: it has none. No such
 * address: ~0, and 0. */
unsigned static_six_place(void);
unsigned static_six_bits(void);
/* lwIP has heard of neighbours, or an address of the link is another: routers change nothing about
 * ours and its net; the log hears once that we have it, or that another on the net does. */
void static_six_look(void);
/* Where packets to other nets go; NULL: to a router that advertises itself. */
struct ip6_addr;
const struct ip6_addr *static_six_gateway(void);
