/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire of a node on the host, and the one who is on it, 10.0.0.1: neighbour, router, server of
 * DHCP, and the other end of TCP. Nothing happens by itself: time passes, and frames arrive, in
 * far_pass.
 */
#pragma once
#include "lib/check.h"

#define FAR_PORT     7
#define FAR_SEGMENTS 64
#define FAR_ASKED    64

/* The node's stack begins, without an address. */
void far_start(void);
void far_pass(unsigned ms);
unsigned far_ms(void);        /* since the start */
uint32_t far_published(void); /* the node's address, as other nodes see it: 10.0.0.n is n, else 0 */
extern bool far_is_silent;    /* hears, and says nothing */

extern const char *far_ip6;  /* boot option ip6 of the node; NULL: none. Before far_start */
extern char far_logged[160]; /* the last line of the log */

/* ---- IPv6 ---- */

extern uint8_t far_sought[16]; /* the last address that the node asked its neighbours for */
/* A neighbour says that it has this one. */
void far_neighbour(const uint8_t address[16]);
/* Another router, fe80::fe, says that this net of 64 bits is on the link, for so long. */
void far_router(const uint8_t net[8], uint32_t seconds);

/* ---- DHCP ---- */

enum far_kind {
    FAR_DISCOVER = 1,
    FAR_OFFER,
    FAR_REQUEST,
    FAR_DECLINE,
    FAR_ACK,
    FAR_NAK,
    FAR_RELEASE
};
extern struct far_lease { /* what the server says */
    bool is_there;
    uint8_t gives; /* 10.0.0.n. Whoever asks for another one is refused, */
    bool changes;  /* or told this one in the acknowledgement */
    uint32_t seconds;
    uint8_t router, resolver; /* 10.0.0.n */
} far_lease;
extern struct far_asked { /* what it heard */
    enum far_kind kind;
    bool is_to_all;
    uint8_t has, wants; /* 10.0.0.n; 0: none */
    unsigned ms;
} far_asked[FAR_ASKED];
extern unsigned far_asked_count;

/* ---- TCP: one connection ---- */

extern unsigned far_loses;    /* so many with bytes, unheard */
extern bool far_acknowledges; /* what it gets, in far_pass; or only by far_say */
extern unsigned far_owes;     /* bytes of that which it has, and keeps to itself */
extern unsigned far_window;   /* that it says it has room for */
extern struct far_segment {   /* what it got, but for its handshake */
    unsigned size, flags;
    uint32_t number; /* from the first byte of the connection: 0 */
    unsigned ms;
} far_segments[FAR_SEGMENTS];
extern unsigned far_segment_count;
extern unsigned far_option_size; /* of what it says: */
extern uint8_t far_options[40];
uint32_t far_has(void); /* bytes in order, and the node's end */
/* To a port of the node, instead of being called. */
void far_dial(uint16_t port);
/* So many bytes, and an acknowledgement of all it has. flags: of TCP, besides. */
void far_say(unsigned size, unsigned flags);
/* The same, so many numbers too early; it counts as not said. */
void far_say_early(uint32_t early, unsigned size, unsigned flags);
