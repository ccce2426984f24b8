/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of frames: between this node's stack, the other nodes (over channels) and the card, which
 * one node drives. Nothing is kept here: a frame goes at once, or is lost as on any wire.
 */
#pragma once
#include "network/switch.h"

struct link_user {
    void (*up)(const uint8_t address[ADDRESS_SIZE]);  /* once: this node's address is known */
    void (*received)(const void *frame, size_t size); /* copy what is to be believed */
    void (*done)(void);                               /* after some */
    void (*moved)(void); /* another node drives the card: frames were lost */
};
void link_start(const struct link_user *user);
/* A whole frame of this node's stack. false: there was no room for it on the card. */
bool link_send(const void *frame, size_t size);
/* Frames since the start: what /proc/hydros/network shows. lost: no room, too large, or a sender
 * that is not who it says. */
struct link_status {
    uint32_t owner; /* of the card; UINT32_MAX: none */
    uint64_t card_in, card_out, nodes_in, nodes_out, lost;
};
void link_status(struct link_status *status);
/* A frame of the shared address to a node that was not asked for it before; lost if there is no
 * room. */
void link_steered(uint32_t node, uint64_t asked, const void *frame, size_t size);
/* After some: the card is told. */
void link_flush(void);
