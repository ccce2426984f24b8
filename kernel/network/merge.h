/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments of one connection that came in a row, as one: lwIP looks, copies and acknowledges once
 * for some twenty frames. Sums are checked here; what does not fit goes its own way.
 */
#pragma once
#include <lwip/pbuf.h>
#include <stdbool.h>
#include <stddef.h>

struct io;

/* A frame whose data belongs behind what is held: that is copied, and true. Its headers stand in
 * its first piece, and one that has a sum in no other. word: what goes with the frame
 * (network/tcp_frame.h): the sum of one without is believed. */
bool merge_append(const struct io *frame, uint32_t word);
/* Large frames stand in pieces, none larger than an ordinary frame needs: runs of pages are rare.
 */
pbuf_type merge_memory(size_t size);
/* The next bytes of a frame, as many as there is room for. */
void merge_copy(struct io *frame, struct pbuf *to);
/* Nothing is held: may this one be? It is taken over, until merge_take. */
bool merge_begin(struct pbuf *frame, uint32_t word);
/* What is held, whose sums need no second look, or NULL. count: frames in it. */
struct pbuf *merge_take(unsigned *count);
