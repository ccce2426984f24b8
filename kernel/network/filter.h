/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that lwIP must not see: each rule is a fault that test/frame_fuzz.c found. Pure. */
#pragma once
#include "lib/check.h"

#define FRAME_MIN 60 /* of Ethernet, without checksum: what is shorter is filled up with zeros */

/* size: at least FRAME_MIN. */
bool filter_passes(const uint8_t *frame, size_t size);
