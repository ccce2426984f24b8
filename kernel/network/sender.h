/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a frame say of its sender what is true? Nodes do not believe each other: what comes from a
 * node may speak for that node's addresses alone, in Ethernet's head, in IP's, and in ARP and
 * neighbour discovery. And what comes from outside may not say that a node's address is there.
 * Pure.
 */
#pragma once
#include "network/switch.h"

struct sender {
    uint8_t hardware[ADDRESS_SIZE];
    uint32_t address; /* IPv4, network order; 0: none yet. Of IPv6 they follow from `hardware` */
    uint32_t shared;  /* it may also be a source; 0: not on this way */
    const uint8_t *shared_six; /* the same of IPv6; NULL */
    const uint8_t *six;        /* what a boot option gives it besides; NULL */
    bool is_to_wire; /* not to a node, which must not get addresses and routers from another */
};
/* A whole frame of a node. Only ARP, IPv4 and IPv6 are true. */
bool sender_is_true(const struct sender *sender, const uint8_t *frame, size_t size);
/* A whole frame from outside that says of an IPv4 address where it is (ARP). 0: it says nothing. */
uint32_t sender_says(const uint8_t *frame, size_t size);
struct sender_sixes { /* addresses of IPv6 that do not follow from hardware addresses */
    unsigned count;
    uint8_t address[NODES_MAX + 1][16];
};
/* The same of an address of IPv6 that a node has, of those with this card, or of these; or it comes
 * from one, or hides such words behind other headers. */
bool sender_says_node(const uint8_t card[ADDRESS_SIZE], uint32_t node_count,
                      const struct sender_sixes *sixes, const uint8_t *frame, size_t size);
