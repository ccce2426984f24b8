/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One address for the whole machine: which node a segment of TCP or a datagram of UDP to it goes
 * to. A node that gets one and does not have its connection, or nobody bound to its port, hands it
 * on to the next, and with it the set of those that were asked; so nobody keeps a table, and
 * neither a node that comes back nor another owner of the card takes a connection away from the
 * node that has it. Pure.
 */
#pragma once
#include "network/switch.h"

#define STEER_NONE     UINT32_MAX
#define STEER_HEAD_MAX (ETHERNET_HEAD + 60 + 20) /* bytes of a frame that decide */

struct segment {
    bool is_six;
    uint32_t from[4], to[4]; /* as they stand in the frame; of IPv4 the first word */
    uint16_t from_port, to_port;
    uint32_t number, acknowledged; /* of TCP, as what follows */
    bool has_acknowledged;         /* the number above it counts */
    bool begins;                   /* SYN and not ACK: the first of a connection */
    uint32_t hash;
};
enum steer_kind { STEER_OTHER, STEER_TCP, STEER_UDP, STEER_PIECE };
/* What weights depend on besides the connection: nobody outside can choose ports that lead to one
 * node. At random, the same on all nodes for as long as the machine runs. */
#define STEER_KEY 6
/* Of a frame's first bytes. STEER_PIECE: of a datagram in pieces, not all of which have ports;
 * STEER_OTHER: neither TCP nor UDP, or cut, or behind headers of IPv6. Only STEER_TCP and STEER_UDP
 * fill the segment. */
enum steer_kind steer_read(const uint64_t key[STEER_KEY], const uint8_t *head, size_t size,
                           struct segment *segment);
/* Who of `able` is asked next: those that listen first, in the order of weights that the connection
 * gives each node (rendezvous hashing). STEER_NONE: able is empty. */
uint32_t steer_next(uint32_t hash, uint64_t able, uint64_t listening);
struct steer_shared {
    uint8_t hardware[ADDRESS_SIZE];
    uint32_t four; /* IPv4, network order; 0: none */
    uint8_t six[16];
    bool has_six;
};
/* Is it a question for the hardware address of a shared one (ARP, neighbour discovery)? Then the
 * answer, a whole frame, and its size; else 0. */
#define STEER_ANSWER_MAX (ETHERNET_HEAD + 40 + 32)
size_t steer_answers(const uint8_t *frame, size_t size, const struct steer_shared *shared,
                     uint8_t answer[STEER_ANSWER_MAX]);
