/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses that all nodes of the machine share (boot options shared-ip=ADDRESS of IPv4,
 * shared-ip6=ADDRESS of IPv6): each node's stack takes packets to them, the owner of the card
 * answers for them and steers each connection, and each datagram of UDP, to a node that listens
 * (network/steer.h). Without the options nothing here does anything.
 */
#pragma once
#include <lwip/ip_addr.h>

#include "network/switch.h"

/* lwIP runs; `card`: the shared card's own address; `nodes`: those behind it, bit n is node n. One
 * that has a card of its own has no part in the address, but may have to steer for the others. */
void shared_start(const uint8_t card[ADDRESS_SIZE], uint64_t nodes);
/* Is it one, and this node's? */
bool shared_is(const ip_addr_t *address);
/* That of IPv4, in network order, whosever it is; 0: there is none. That of IPv6, 16 bytes; NULL.
 */
uint32_t shared_four(void);
const uint8_t *shared_six(void);
/* A program began to listen on this port, or ended it: all nodes are told whether one does now. */
void shared_tell(bool is_udp, uint16_t port);
/* As owner of the card: a frame from the wire that is for a shared address, or asks where that is:
 * true, and it is dealt with. word: network/tcp_frame.h. */
bool shared_takes(const uint8_t *frame, size_t size, uint32_t word);
/* From another node, which does not have its connection; nor do those who were `asked`. */
void shared_received(uint64_t asked, const uint8_t *frame, size_t size, uint32_t word);
/* Must it come by this way, and by no other? */
bool shared_is_for(const uint8_t *frame, size_t size);
