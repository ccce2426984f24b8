/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is held has room on its way: it was asked for when the row began, and whatever is sent ends
 * the row first. All segments but the last one have the same size.
 */
#include "network/row.h"

#include <lwip/prot/tcp.h>

#include "lib/string.h"
#include "memory/user_copy.h"
#include "network/link.h"
#include "network/tcp_frame.h"

#define SEGMENTS_MAX 46 /* 64 KiB; of smaller ones the same number */
#define PIECES_MAX   64 /* of memory: some segments have several */

static struct pbuf *frames[SEGMENTS_MAX];
static unsigned frame_count;
static struct io_segment pieces[PIECES_MAX];
static unsigned piece_count;
static uint8_t head[TCP_AT_V6 + TCP_HEAD_MAX]; /* of the first one, which all others share */
static size_t at, size, size_max, data; /* data: bytes of the first one; 0: nothing follows */
static uint32_t next;                   /* number of the byte that would follow */
static bool is_sumless;

static void piece_add(const void *from, size_t bytes)
{
    if (bytes)
        pieces[piece_count++] = (struct io_segment){(uintptr_t)from, bytes};
    size += bytes;
}

/* All of it but its header. */
static void frame_hold(struct pbuf *frame, size_t header)
{
    pbuf_ref(frame);
    frames[frame_count++] = frame;
    piece_add((const uint8_t *)frame->payload + header, frame->len - header);
    for (const struct pbuf *part = frame->next; part; part = part->next)
        piece_add(part->payload, part->len);
}

/* Of several pieces, and perhaps its headers do not stand in the first one; or of too many. */
static bool is_split(const struct pbuf *frame)
{
    return frame->next && (frame->len < sizeof(head) || pbuf_clen(frame) >= PIECES_MAX);
}

static bool frame_follows(const struct pbuf *frame)
{
    const uint8_t *bytes = frame->payload;
    size_t end;

    if (!data || frame_count == SEGMENTS_MAX || is_split(frame) ||
        tcp_frame_at(bytes, frame->tot_len, &end) != at || end != frame->tot_len ||
        !tcp_frame_is_plain(bytes, at, end) || !tcp_frame_follows(head, bytes, at, next))
        return false;
    size_t more = end - at - TCP_PLAIN;

    return more <= data && size + more <= size_max && piece_count + pbuf_clen(frame) <= PIECES_MAX;
}

/* Nothing may follow one that is short. A push is the last one's, as a card leaves it to that. */
static void frame_add(struct pbuf *frame)
{
    const uint8_t *bytes = frame->payload;
    size_t more = frame->tot_len - at - TCP_PLAIN;

    frame_hold(frame, at + TCP_PLAIN);
    head[at + TCP_SIGNS] |= bytes[at + TCP_SIGNS] & TCP_PSH;
    next += (uint32_t)more;
    if (more < data)
        size_max = size;
}

/* May others follow this one, which is held? */
static void row_open(void)
{
    if (!is_sumless || !tcp_frame_is_plain(head, at, size) || size - at - TCP_PLAIN < WORD_DATA_MIN)
        return;
    data = size - at - TCP_PLAIN;
    next = get32(head + at + TCP_NUMBER) + (uint32_t)data;
}

/* One that is not TCP is sent at once: lwIP may use its memory again. */
static err_t other_send(const uint8_t *bytes, size_t bytes_size)
{
    struct io io;

    io_kernel(&io, (void *)(uintptr_t)bytes, bytes_size);
    return link_send(&io, 0) ? ERR_OK : ERR_IF;
}

static err_t row_begin(struct pbuf *frame, bool no_sum)
{
    static uint8_t whole[CARD_FRAME_MAX];
    const uint8_t *bytes = frame->payload;
    bool is_copied = is_split(frame);
    size_t end;

    if (is_copied) {
        pbuf_copy_partial(frame, whole, frame->tot_len, 0);
        bytes = whole;
    }
    at = tcp_frame_at(bytes, frame->tot_len, &end);
    if (!at && frame->next)
        pbuf_copy_partial(frame, whole, frame->tot_len, 0);
    if (!at)
        return other_send(frame->next ? whole : bytes, frame->tot_len);
    size_t header = tcp_frame_data(bytes, at);

    size_max = link_room(bytes, at == TCP_AT_V6);
    if (size_max < frame->tot_len)
        return ERR_IF;
    memcpy(head, bytes, header);
    piece_add(head, header);
    if (is_copied)
        piece_add(whole + header, frame->tot_len - header);
    else
        frame_hold(frame, header);
    is_sumless = no_sum;
    row_open();
    return ERR_OK;
}

err_t row_output(struct pbuf *frame, bool no_sum)
{
    if (frame->tot_len > CARD_FRAME_MAX)
        return ERR_BUF;
    if (frame_follows(frame)) {
        frame_add(frame);
        return ERR_OK;
    }
    row_end();
    return row_begin(frame, no_sum);
}

void row_end(void)
{
    struct io io = {.segments = pieces, .count = piece_count, .remaining = size, .kernel = true};
    uint32_t word = 0;

    if (!size)
        return;
    if (is_sumless) {
        if (data && size > at + TCP_PLAIN + data) {
            tcp_frame_resize(head, at, size);
            word = (uint32_t)data;
        }
        uint16_t sum = tcp_frame_pseudo_sum(head, at, size);

        memcpy(head + at + TCP_SUM, &sum, sizeof(sum));
        word |= WORD_NO_SUM;
    }
    (void)link_send(&io, word);
    for (unsigned i = 0; i < frame_count; i++)
        pbuf_free(frames[i]);
    frame_count = piece_count = 0;
    size = data = 0;
}
