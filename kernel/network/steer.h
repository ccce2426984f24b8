/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One address for the whole machine: which node a segment of TCP to it goes to. A node that gets
 * one and does not have its connection hands it on to the next, and with it the set of those that
 * were asked; so nobody keeps a table, and neither a node that comes back nor another owner of the
 * card takes a connection away from the node that has it. Pure.
 */
#pragma once
#include "network/switch.h"

#define STEER_NONE     UINT32_MAX
#define STEER_HEAD_MAX (ETHERNET_HEAD + 60 + 20) /* bytes of a frame that decide */

struct segment {
    uint32_t from, to; /* IPv4 addresses as they stand in the frame */
    uint16_t from_port, to_port;
    uint32_t number, acknowledged;
    bool has_acknowledged; /* the number above it counts */
    bool begins;           /* SYN and not ACK: the first of a connection */
    uint32_t hash;
};
enum steer_kind { STEER_OTHER, STEER_TCP, STEER_PIECE };
/* Of a frame's first bytes. STEER_PIECE: of a datagram in pieces, not all of which have ports;
 * STEER_OTHER: no TCP over IPv4, or cut. Only STEER_TCP fills the segment. */
enum steer_kind steer_read(const uint8_t *head, size_t size, struct segment *segment);
/* Who of `able` is asked next: those that listen first, in the order of weights that the connection
 * gives each node (rendezvous hashing). STEER_NONE: able is empty. */
uint32_t steer_next(uint32_t hash, uint64_t able, uint64_t listening);
/* Is it a question for the hardware address of `shared`? Then the answer, a whole frame. */
bool steer_answers(const uint8_t *frame, size_t size, uint32_t shared,
                   const uint8_t address[ADDRESS_SIZE], uint8_t answer[ARP_FRAME]);
