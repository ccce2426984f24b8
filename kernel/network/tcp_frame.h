/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where TCP stands in a frame, and what is still to be done for such a frame: the word that goes
 * with it from node to node. A frame of the kernel's own is believed, and no other. Pure.
 */
#pragma once
#include "device/card.h"
#include "lib/check.h"

/* ---- places, bytes from the frame's begin, or from that of TCP's header ---- */

enum {
    ETHERNET_KIND = 12,
    TCP_AT_V4 = 14 + 20,
    TCP_AT_V6 = 14 + 40
}; /* TCP's, without options of IP */
enum {
    TCP_NUMBER = 4,
    TCP_ACKNOWLEDGED = 8,
    TCP_HEAD = 12, /* its bytes, in its upper half: words */
    TCP_SIGNS = 13,
    TCP_WINDOW = 14,
    TCP_SUM = 16,
    TCP_PLAIN = 20, /* bytes of one without options */
    TCP_HEAD_MAX = 60
};

static inline unsigned get16(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* Where TCP's header begins (TCP_AT_V4 or TCP_AT_V6), and *end of its data; 0: no TCP, options of
 * IP, a piece of a packet, or not all of it in `size` bytes. Looks at the headers only. */
size_t tcp_frame_at(const uint8_t *frame, size_t size, size_t *end);
/* Behind its header, with its options: header and data are within the end that was told. */
size_t tcp_frame_data(const uint8_t *frame, size_t at);
/* No options, data, an acknowledgement, perhaps a push: one of a stream. */
bool tcp_frame_is_plain(const uint8_t *frame, size_t at, size_t end);
/* Does b, which is plain too, follow a in the same connection, with number `next`? */
bool tcp_frame_follows(const uint8_t *a, const uint8_t *b, size_t at, uint32_t next);
/* Folded, of the pseudo header: as it stands where the sum is left to somebody else. */
uint16_t tcp_frame_pseudo_sum(const uint8_t *frame, size_t at, size_t end);
/* IP's length, for a frame that ends at `end`; and IPv4's sum. */
void tcp_frame_resize(uint8_t *frame, size_t at, size_t end);

/* ---- the word ---- */

#define WORD_NO_SUM   0x10000U /* TCP's sum is not made: that of the pseudo header stands there */
#define WORD_DATA     0xffffU /* it is many: to be cut into segments of so many bytes; 0: it is not */
#define WORD_DATA_MIN 512     /* less: nobody cuts a large frame into more, smaller ones */

/* A frame that another node sent with this word: what a card is to do for it. false: no frame may
 * have this word, or not this one. */
bool tcp_frame_task(uint32_t word, const uint8_t *frame, size_t size,
                    struct card_task *task) MUST_CHECK;
/* The word of a frame from a card, with its task. 0: none, or a sum that tcp_frame_sum makes. */
uint32_t tcp_frame_word(const struct card_task *task, const uint8_t *frame, size_t size);
/* A large frame from a card, in parts with the same header. */
struct tcp_frame_cut {
    uint8_t head[CARD_HEAD_MAX];
    size_t at, head_size;
    size_t left, step; /* bytes of data: that are left, of a part */
    uint32_t word;     /* of each part */
};
/* bytes: its first CARD_HEAD_MAX; most: bytes that a part may have, or less than a frame: parts are
 * single frames, too, if it is not plain. false: it is nothing that can be cut. */
bool tcp_frame_cut_begin(struct tcp_frame_cut *cut, const uint8_t bytes[CARD_HEAD_MAX], size_t size,
                         const struct card_task *task, size_t most) MUST_CHECK;
/* Puts the next part's header there; its size, the data follows in the large frame. 0: that was
 * all. */
size_t tcp_frame_cut_next(struct tcp_frame_cut *cut, uint8_t *part);
/* Makes the sum that the task tells of. */
void tcp_frame_sum(uint8_t *frame, size_t size, const struct card_task *task);
