/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which way a frame goes, by its address alone: every node knows the addresses of all, since they
 * are made of the card's and of the node's number. So there is nothing to learn, to time out or to
 * hand over when the card's owner dies. Pure.
 */
#pragma once
#include "abi/layout.h"
#include "lib/check.h"

#define ADDRESS_SIZE  6
#define ETHERNET_HEAD 14
#define ARP_FRAME     60 /* as short as a frame may be; the question itself is 28 bytes */

struct switch_ports {
    uint64_t nodes; /* bit n: node n */
    bool wire;
};
/* The address of a node in a machine with this card. */
void switch_address(const uint8_t card[ADDRESS_SIZE], uint32_t node, uint8_t address[ADDRESS_SIZE]);
/* The one address that all nodes share: of no node, so neighbours need not learn it anew when
 * another node drives the card. */
void switch_shared(const uint8_t card[ADDRESS_SIZE], uint8_t address[ADDRESS_SIZE]);
/* The node that has this address; node_count: none of this machine. */
uint32_t switch_node(const uint8_t card[ADDRESS_SIZE], uint32_t node_count,
                     const uint8_t address[ADDRESS_SIZE]);
/* From a node, or from the wire (from = node_count), never back to where it came from. */
struct switch_ports switch_ports(const uint8_t card[ADDRESS_SIZE], uint32_t node_count,
                                 uint32_t from, const uint8_t to[ADDRESS_SIZE]);
