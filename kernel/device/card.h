/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network card and the one node that drives it: the boot node at first, then the guardian of an
 * owner that died, which makes the card quiet before that node's memory is used again. The owner
 * says so, with the card's address, in one word of its published page.
 */
#pragma once
#include "lib/check.h"

#define CARD_FRAME_MAX 1514 /* Ethernet, without checksum */

/* received: a frame of 14 to CARD_FRAME_MAX bytes, in memory that the card may still write to: copy
 * what is to be believed. done: after some of them. owned: this node drives the card from now on.
 * All with interrupts off; none may sleep. */
struct card_user {
    void (*received)(const uint8_t *frame, size_t size);
    void (*done)(void);
    void (*owned)(void);
};

/* Is there one in this machine, for whichever node? Before all else. */
bool card_find(void);
/* Drives it, if it is our turn. */
void card_start(const struct card_user *user);
/* Who drives it: UINT32_MAX nobody. Its address, of which the nodes' are made. */
uint32_t card_owner(uint8_t address[6]);
/* Bit n: node n says so, dead or alive. Cheap, and another number whenever another node drives it.
 */
uint64_t card_claims(void);
/* As its owner: room for a frame, or NULL: the card is full or not ours; then its size. */
uint8_t *card_frame(void);
void card_send(size_t size);
void card_flush(void); /* after some frames */
/* It touches no memory from here on: before the last node of the machine loads itself anew. */
void card_quiet(void);
/* The guardian of `node` has fenced it. */
void card_owner_lost(uint32_t node);
