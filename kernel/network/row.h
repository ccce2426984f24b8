/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments of one connection that lwIP sends in a row go as one frame: the card cuts it, or another
 * node takes it whole. The reverse of network/merge.h. lwIP keeps their bytes until they are
 * acknowledged, so they are copied once, into the card or the channel, when the row ends.
 */
#pragma once
#include <lwip/err.h>
#include <lwip/pbuf.h>
#include <stdbool.h>

/* A frame of lwIP's, held or sent. no_sum: lwIP has not made TCP's sum. ERR_IF: no room; ERR_BUF:
 * too large. */
err_t row_output(struct pbuf *frame, bool no_sum);
/* What is held is sent. */
void row_end(void);
