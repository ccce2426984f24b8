/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCP/IP of this node: lwIP over one link. It is called where programs call, where frames
 * arrive and at its clock's deadlines; all of them with interrupts off, none while another is in
 * it, since nothing in it sleeps or touches programs' memory. After each such call: stack_done.
 */
#pragma once
#include "lib/check.h"

struct netif;
extern struct netif stack_link; /* the interface "eth0"; without addresses until it has some */

extern struct stack_counts { /* of frames, by this stack, since the start */
    uint64_t frames_in, bytes_in, frames_out, bytes_out;
} stack_counts;

/* Nothing happens in a machine without a card. */
void stack_start(void);
/* Is this where packets to other nets go? In network order. */
bool stack_router_is(uint32_t address);
/* A frame to the shared address that is this node's, and its word: as struct link_user has it. */
struct io;
void stack_steered(struct io *frame, uint32_t word);
/* What was sent is told to the card, and the clock set. */
void stack_done(void);
/* Half of what it may have is used: who has much waiting gets no more. */
bool stack_is_crowded(void);
/* resume.c: another node drives the card. */
void stack_resume(void);
struct pbuf;
/* unreachable.c: looks at a whole frame in one piece, of at least FRAME_MIN bytes, before lwIP
 * does. */
void unreachable_seen(struct pbuf *frame);
/* clock.c */
void clock_start(void);
void clock_set(void);
/* resolver.c: servers of names, as DHCP, a router or the boot option told. Text for a file in the
 * form of resolv.conf; its length. */
size_t resolver_text(char *text, size_t size);
struct ip_addr;
void resolver_add(const struct ip_addr *server); /* by option: one of each family */
