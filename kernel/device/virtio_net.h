/* SPDX-License-Identifier: Apache-2.0 */
/* A virtio network card (virtio 1.1, 5.1): one queue each way, frames in fixed buffers of this
 * node. No offloads: a frame is what stands on the wire. */
#pragma once
#include "lib/check.h"

struct machine_function;

bool virtio_net_is(const struct machine_function *function);
/* The registers, mapped once. NULL: the window that boot option virtio-mmio names. -ENODEV */
int virtio_net_open(const struct machine_function *function) MUST_CHECK;
/* Stops it, whoever used it: it touches no memory afterwards. false: it does not answer. */
bool virtio_net_quiet(void);
/* From reset to work; again is fine. -ENODEV, -ENOMEM. */
int virtio_net_start(uint8_t address[6]) MUST_CHECK;
/* A buffer for a frame of at most CARD_FRAME_MAX bytes; NULL: all are with the card. */
uint8_t *virtio_net_frame(void);
void virtio_net_send(size_t size); /* what was put into it */
void virtio_net_flush(void);       /* tells the card, if it wants to be told */
/* A received frame: 1; good until the next call. 0: none. -1: the card broke a rule. */
int virtio_net_take(const uint8_t **frame, size_t *size) MUST_CHECK;
/* All was taken: interrupt at the next one. false: there is one already. */
bool virtio_net_arm(void) MUST_CHECK;
