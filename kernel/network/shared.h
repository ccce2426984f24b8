/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address that all nodes of the machine share (boot option shared-ip=ADDRESS): each node's
 * stack takes packets to it, the owner of the card answers for it and steers each connection to a
 * node that listens (network/steer.h). Without the option nothing here does anything.
 */
#pragma once
#include "network/switch.h"

/* lwIP runs, the link is up; `card`: the card's own address. */
void shared_start(const uint8_t card[ADDRESS_SIZE]);
bool shared_is(uint32_t address); /* network order */
/* A program began to listen on this port, or ended it: all nodes are told whether one does now. */
void shared_tell(uint16_t port);
/* As owner of the card: a frame from the wire that is for the shared address, or asks where that
 * is: true, and it is dealt with. word: network/tcp_frame.h. */
bool shared_takes(const uint8_t *frame, size_t size, uint32_t word);
/* From another node, which does not have its connection; nor do those who were `asked`. */
void shared_received(uint64_t asked, const uint8_t *frame, size_t size, uint32_t word);
/* Must it come by this way, and by no other? */
bool shared_is_for(const uint8_t *frame, size_t size);
