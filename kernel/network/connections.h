/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP looks for a segment's connection in one list, and takes one out of it by walking. Here that
 * list is cut into many short ones, by a keyed hash of addresses and ports, and lwIP is shown the
 * one that a call is about. What a SYN meets stands here, too: a full backlog, a flood, a
 * connection of the same ports that fades away.
 */
#pragma once
#include <stdbool.h>

#include <lwip/tcp.h>

/* Before lwIP is called for a connection: it sees the list in which this one is, or will be. Its
 * addresses and ports stand. Listeners and what is only bound need no choice. */
void connection_choose(const struct tcp_pcb *pcb);
/* The connection of these addresses and ports, whose list is chosen then. NULL: there is none. */
struct tcp_pcb *connection_known(const ip_addr_t *remote, uint16_t remote_port,
                                 const ip_addr_t *local, uint16_t local_port);
/* None is here, but would an ACK with these numbers (of its own first byte, of what it
 * acknowledges) make one, since a cookie of ours was sent? */
bool connection_is_awaited(const ip_addr_t *remote, uint16_t remote_port, const ip_addr_t *local,
                           uint16_t local_port, uint32_t number, uint32_t acknowledged);
/* All that are not in TIME_WAIT, until false; visit may send, and end none. */
void connections_visit(bool (*visit)(struct tcp_pcb *pcb));
/* Some are there: TCP's clock must tick. */
bool connections_wait(void);
void connections_tick(void); /* each TCP_TMR_INTERVAL */
/* A listener is about to end, or an address has gone: lwIP tells only those that it sees. */
void connections_listener_ends(const struct tcp_pcb *listener);
void connections_address_ends(const ip_addr_t *address);
/* Nobody holds it any more: unless the other end takes what is left within a minute, or goes on
 * taking, it is dropped. */
void connection_orphan(struct tcp_pcb *pcb);
/* What lwIP sends now has been sent. */
extern bool connections_quiet;
/* tcp.c: no connection can come into its backlog now. */
bool listener_is_full(const struct tcp_pcb_listen *listener);
