/* SPDX-License-Identifier: Apache-2.0 */
/* Channels of a machine in which nobody else lives, unless a test says so. */
#pragma once
#include "node/channel.h"

extern const struct channel_user *fake_channel_user;
extern bool fake_channel_up;            /* all of them */
extern size_t fake_channel_room;        /* bytes of frames that still fit */
extern struct inode *fake_channel_name; /* what every name in /node/0 is; NULL: there is none */
/* Takes the next frame that was sent; false: none. */
bool fake_channel_take(uint32_t *node, struct frame *frame, void *payload);
