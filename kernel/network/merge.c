/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 and IPv6 without options, TCP without options, data and an acknowledgement: what a transfer
 * in one direction is made of. */
#include "network/merge.h"

#include <lwip/inet_chksum.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/tcp.h>

#include "memory/user_copy.h"
#include "network/tcp_frame.h"

#define FRAMES_MAX     22     /* 32 KiB; the last one to come may be many */
#define FRAME_SIZE_MAX 0xffff /* IP's length has 16 bits */

static struct pbuf *held;
static unsigned frames;
static uint32_t next; /* number that the next byte would have */

/* Where the data of such a segment begins, and *end of it; 0: another. */
static size_t data_of(const uint8_t *frame, size_t size, size_t *end)
{
    size_t at = tcp_frame_at(frame, size, end);

    return at && tcp_frame_is_plain(frame, at, *end) ? at + TCP_PLAIN : 0;
}

static bool sums_are_right(const uint8_t *frame, size_t at, size_t end, uint32_t word)
{
    if (at == TCP_AT_V4 && network_sum(frame + TCP_AT_V4 - 20, 20) != 0xffff)
        return false;
    if (word & WORD_NO_SUM)
        return true;
    uint32_t sum =
        (uint32_t)tcp_frame_pseudo_sum(frame, at, end) + network_sum(frame + at, (int)(end - at));

    return FOLD_U32T(sum) == 0xffff;
}

static unsigned frames_of(uint32_t word, size_t size)
{
    size_t data = word & WORD_DATA;

    return data ? (unsigned)((size + data - 1) / data) : 1;
}

pbuf_type merge_memory(size_t size)
{
    return size > CARD_FRAME_MAX ? PBUF_POOL : PBUF_RAM;
}

void merge_copy(struct io *frame, struct pbuf *to)
{
    for (; to && frame->remaining; to = to->next)
        (void)io_get(frame, to->payload, to->len);
}

static void data_copy(struct io frame, size_t from, struct pbuf *to)
{
    uint8_t head[TCP_AT_V6 + TCP_PLAIN];

    (void)io_get(&frame, head, from);
    merge_copy(&frame, to);
}

bool merge_append(const struct io *whole, uint32_t word)
{
    const uint8_t *frame = (const uint8_t *)whole->segments[0].base;
    size_t end, size = whole->remaining;
    size_t from = held && frames < FRAMES_MAX ? data_of(frame, size, &end) : 0;

    if (!from)
        return false;
    uint8_t *first = held->payload;
    size_t at = from - TCP_PLAIN, data = end - from;

    if (held->tot_len + data > FRAME_SIZE_MAX || !tcp_frame_follows(first, frame, at, next) ||
        !sums_are_right(frame, at, end, word))
        return false;
    struct pbuf *more = pbuf_alloc(PBUF_RAW, (u16_t)data, merge_memory(data));

    if (!more)
        return false;
    data_copy(*whole, from, more);
    pbuf_cat(held, more);
    first[at + TCP_SIGNS] |= frame[at + TCP_SIGNS] & TCP_PSH;
    next += (uint32_t)data;
    frames += frames_of(word, data);
    return true;
}

bool merge_begin(struct pbuf *frame, uint32_t word)
{
    const uint8_t *bytes = frame->payload;
    size_t end, from = data_of(bytes, frame->tot_len, &end);

    if (!from || (frame->next && !(word & WORD_NO_SUM)) ||
        !sums_are_right(bytes, from - TCP_PLAIN, end, word))
        return false;
    pbuf_realloc(frame, (u16_t)end); /* without what fills it up */
    next = get32(bytes + from - TCP_PLAIN + TCP_NUMBER) + (uint32_t)(end - from);
    held = frame;
    frames = frames_of(word, end - from);
    return true;
}

struct pbuf *merge_take(unsigned *count)
{
    struct pbuf *whole = held;

    if (!whole)
        return NULL;
    uint8_t *first = whole->payload;

    if (frames > 1)
        tcp_frame_resize(first, get16(first + ETHERNET_KIND) == ETHTYPE_IP ? TCP_AT_V4 : TCP_AT_V6,
                         whole->tot_len);
    held = NULL;
    *count = frames;
    return whole;
}
