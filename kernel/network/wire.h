/* SPDX-License-Identifier: Apache-2.0 */
/* Internet sockets whose other end is not on this node: what file/inet.h asks, done by lwIP. */
#pragma once
#include <lwip/ip_addr.h>

#include "file/inet.h"

struct tcp_pcb;
/* When memory is short of half of its limit: what may wait in one connection each way. */
#define CROWDED_QUEUE (16 * 1024)
extern const struct inet_wire wire;

/* wire.c */
void address_to_lwip(const struct inet_address *address, ip_addr_t *to);
void address_from_lwip(const ip_addr_t *address, uint16_t port, struct inet_address *to);
/* lwIP's connection, or what listens; NULL: none (any more). */
static inline struct tcp_pcb *wire_pcb(const struct socket *socket)
{
    return socket->inet.wire;
}
/* tcp.c; tcp_option.c: options, patience, info */
int wire_listen(struct socket *socket);
int wire_connect(struct socket *socket);
bool wire_is_connection(const struct socket *socket); /* of TCP, not one that listens */
void wire_options(struct socket *socket);
void wire_unlisten(struct socket *socket);
void wire_lost(struct tcp_pcb *pcb, int error); /* its connection ends; the pcb is gone then */
void wire_patience(struct socket *socket);      /* who is waited for, and how long */
void wire_clock(struct tcp_pcb *pcb);           /* when it is sent again, as long as nothing came */
void wire_info(const struct socket *socket, struct tcp_info *info);
void wire_options_set(struct socket *socket); /* by a program, which may have pulled the cork */
/* cork.c */
#define CORKED 0x8000U               /* in a pcb's flags, of which lwIP has the lower ones */
void cork_push(struct tcp_pcb *pcb); /* as tcp_output, without a cork */
/* tcp_send.c */
long wire_tcp_send(struct socket *socket, struct socket_message *message) MAY_SLEEP;
bool wire_is_writable(const struct socket *socket);
size_t wire_queued(const struct socket *socket); /* sent, not arrived */
/* Somebody waits for room, and is told by wire_room when there is some: after what has arrived, or
 * by the clock, since nothing need be under way. */
void wire_room_ask(struct socket *socket);
void wire_room(struct socket *socket);
/* neighbour.c: whether the next one on the way to `to` has said its hardware address. */
bool neighbour_answers(const ip_addr_t *to);
/* udp.c */
int wire_bind(struct socket *socket);
int wire_send(struct socket *socket, const struct inet_address *to, struct message *message);
void wire_unbind(struct socket *socket);
