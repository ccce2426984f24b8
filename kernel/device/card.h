/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network cards that concern a node. One is shared: one node drives it for all, the boot node
 * at first, then the guardian of an owner that died, which makes the card quiet before that node's
 * memory is used again. The owner says so, with the card's address, in one word of its published
 * page. The other one is the node's own, if boot option card@NODE=NUMBER gives it one: nobody else
 * drives that, and it is taken again by the node's next life.
 */
#pragma once
#include "lib/check.h"

struct io;

enum card_place { CARD_SHARED, CARD_OWN, CARD_PLACES };

#define CARD_FRAME_MAX 1514   /* Ethernet, without checksum */
#define CARD_CUT_MAX   0xffff /* bytes of a frame that the card cuts: IP has 16 bits for them */
/* Bytes of one that it put together: IPv6 counts its own header not, and nobody Ethernet's. */
#define CARD_JOINED_MAX (14 + 40 + 0xffff)

/* What a card can do for a frame (virtio 1.2, 5.1.3.1). */
enum card_feature {
    CARD_SUMS = 1,  /* it makes the sum of TCP or UDP */
    CARD_CUTS4 = 2, /* it makes segments of a large one over IPv4 */
    CARD_CUTS6 = 4,
};
/* What is to be done for one, or was not done for one received; all 0: nothing. Where the sum
 * stands, there stands that of the pseudo header; it is of all from sum_from on. */
struct card_task {
    uint16_t sum_from, sum_at; /* sum_from 0: the sum is there */
    uint16_t data; /* it is cut into segments of so many bytes, the last one less; 0: no */
    uint16_t head; /* before the first of them, bytes */
    bool is_v6;
};

#define CARD_HEAD_MAX   134 /* Ethernet, IPv6, TCP with all its options */
#define CARD_PIECES_MAX 34  /* of a received frame: 64 KiB and its headers, 2 KiB each */

/* received: a frame in the kernel's memory that the card may still write to: copy what is to be
 * believed. Of 14 to CARD_FRAME_MAX bytes in one piece; or, if its task has data, what a card put
 * together of many, the first CARD_HEAD_MAX bytes of it in one piece. Of its task only this is
 * true: sum_at lies in the frame's first CARD_FRAME_MAX bytes, sum_from before it. done: after some
 * of them. owned: this node drives a card from now on. wanted: card_drive has something to do. All
 * with interrupts off; none may sleep. */
struct card_user {
    void (*received)(enum card_place place, struct io *frame, const struct card_task *task);
    void (*done)(void);
    void (*owned)(void);
    void (*wanted)(void);
};

/* Is there one in this machine for this node? Before all else. */
bool card_find(void);
/* Bit n: node n has one of its own, and no part in the shared one but to drive it for the others.
 */
uint64_t card_own_nodes(void);
/* From here on cards may be driven. */
void card_start(const struct card_user *user);
/* Is there one that this node should drive from now on? Then card_drive does it: alone in the
 * machine, as a guardian is (configuration space is one pair of ports). */
bool card_is_wanted(void);
void card_drive(void);
/* Who drives the shared one: UINT32_MAX nobody. Its address, of which the nodes' are made. Of
 * several who say so it is the one who fenced the owner before: a node gone bad gets no frames by
 * saying it. */
uint32_t card_owner(uint8_t address[6]);
/* Bit n: node n says so, dead or alive. Cheap, and another number whenever another node drives it.
 */
uint64_t card_claims(void);
/* Does this node drive one of its own now? Then its address. */
bool card_own(uint8_t address[6]);
/* What the shared one does, as `owner` says, and our own: enum card_feature. */
unsigned card_features(uint32_t owner);
unsigned card_own_features(void);
/* As the one who drives it: bytes that the next frame may have, at most CARD_CUT_MAX. 0: it is
 * full, or not ours. */
size_t card_room(enum card_place place);
/* A frame of the kernel's memory, which is copied. false: no room, or a task that it cannot do. */
bool card_send(enum card_place place, struct io *frame, const struct card_task *task);
void card_flush(void); /* after some frames, to any */
/* They touch no memory of this node from here on: before a node loads itself anew. The shared one
 * is left alone when another node drives it. */
void card_quiet(void);
/* The guardian of `node` has fenced it. */
void card_owner_lost(uint32_t node);
