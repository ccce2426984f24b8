/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of frames: between this node's stack, the other nodes (over channels) and the card, which
 * one node drives; or between the stack and a card of this node's own. Nothing is kept here: a
 * frame goes at once, or is lost as on any wire.
 */
#pragma once
#include "network/switch.h"
#include "network/tcp_frame.h"

/* word: what was left to be done for a frame, or is to be done: network/tcp_frame.h. */
struct link_user {
    void (*up)(const uint8_t address[ADDRESS_SIZE]); /* once: this node's address is known */
    /* Copy what is to be believed. Large only with WORD_DATA; in several pieces only then, its
     * headers in the first one. */
    void (*received)(struct io *frame, uint32_t word);
    void (*done)(void);  /* after some */
    void (*moved)(void); /* another node drives the card: frames were lost */
};
void link_start(const struct link_user *user);
/* Does the card make TCP's sums? As long as it is not moved. */
bool link_makes_sums(void);
/* Bytes that the next frame to this station may have. More than CARD_FRAME_MAX: if it is plain and
 * its word has WORD_DATA. 0: there is no room. */
size_t link_room(const uint8_t to[ADDRESS_SIZE], bool is_v6);
/* A whole frame of this node's stack, its headers in the first piece of the kernel's memory. false:
 * there was no room for it. */
bool link_send(struct io *frame, uint32_t word);
/* To the wire of the shared card, also from a node that has one of its own. */
bool link_send_shared(struct io *frame, uint32_t word);
/* Frames since the start: what /proc/hydros/network shows. lost: no room, or too large; forged:
 * they speak for somebody else (network/sender.h). */
struct link_status {
    uint32_t owner; /* of the card; UINT32_MAX: none */
    uint64_t card_in, card_out, nodes_in, nodes_out, lost, forged;
};
void link_status(struct link_status *status);
/* A frame of the shared address to a node that was not asked for it before; lost if there is no
 * room. */
void link_steered(uint32_t node, uint64_t asked, const void *frame, size_t size, uint32_t word);
/* After some: the card is told. */
void link_flush(void);
