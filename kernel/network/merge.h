/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments of one connection that came in a row, as one: lwIP looks, copies and acknowledges once
 * for some twenty frames. Sums are checked here; what does not fit goes its own way.
 */
#pragma once
#include <lwip/pbuf.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes that belong behind what is held: they are copied, and true. word: what goes with the frame
 * (network/tcp_frame.h): the sum of one without is believed. */
bool merge_append(const uint8_t *frame, size_t size, uint32_t word);
/* Nothing is held: may this one be? It is taken over, until merge_take. */
bool merge_begin(struct pbuf *frame, uint32_t word);
/* What is held, whose sums need no second look, or NULL. count: frames in it. */
struct pbuf *merge_take(unsigned *count);
