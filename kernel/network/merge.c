/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 and IPv6 without options, TCP without options, data and an acknowledgement: what a transfer
 * in one direction is made of. */
#include "network/merge.h"

#include <lwip/inet_chksum.h>
#include <lwip/ip_addr.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip.h>
#include <lwip/prot/tcp.h>

#include "lib/string.h"

#define FRAMES_MAX 22 /* 32 KiB */
enum { KIND = 12, ETHERNET = 14, V4 = 20, V6 = 40, TCP = 20 };
enum { LENGTH_V4 = ETHERNET + 2, LENGTH_V6 = ETHERNET + 4 };
enum { SEQUENCE = 4, ACKNOWLEDGED = 8, HEAD = 12, FLAGS = 13, WINDOW = 14 };

static struct pbuf *held;
static unsigned frames;
static uint32_t next; /* number that the next byte would have */

static unsigned get16(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* Where TCP's header begins, and *end of the segment; 0: not such a frame. */
static size_t tcp_at(const uint8_t *frame, size_t size, size_t *end)
{
    const uint8_t *ip = frame + ETHERNET;
    size_t at = 0;

    if (size < ETHERNET + V4 + TCP)
        return 0;
    if (get16(frame + KIND) == ETHTYPE_IP && ip[0] == 0x45 && (get16(ip + 6) & 0xbfff) == 0 &&
        ip[9] == IP_PROTO_TCP) {
        at = ETHERNET + V4;
        *end = ETHERNET + get16(frame + LENGTH_V4);
    } else if (get16(frame + KIND) == ETHTYPE_IPV6 && ip[0] >> 4 == 6 && ip[6] == IP_PROTO_TCP) {
        at = ETHERNET + V6;
        *end = ETHERNET + V6 + get16(frame + LENGTH_V6);
    }
    bool is_whole = at && *end <= size && *end > at + TCP;

    return is_whole && frame[at + HEAD] == TCP / 4 << 4 && (frame[at + FLAGS] & ~TCP_PSH) == TCP_ACK
               ? at
               : 0;
}

static bool sums_are_right(const uint8_t *frame, size_t at, size_t end)
{
    const uint8_t *ip = frame + ETHERNET;
    bool is_v4 = at == ETHERNET + V4;
    size_t addresses = is_v4 ? 8 : 32;

    if (is_v4 && inet_chksum(ip, V4) != 0)
        return false;
    /* The pseudo header is the two addresses, the protocol and the length. */
    uint32_t sum = network_sum(frame + at - addresses, (int)addresses) +
                   (uint32_t)lwip_htons(IP_PROTO_TCP) + lwip_htons((uint16_t)(end - at)) +
                   network_sum(frame + at, (int)(end - at));

    sum = FOLD_U32T(sum);
    return FOLD_U32T(sum) == 0xffff;
}

static bool is_same(const uint8_t *a, const uint8_t *b, size_t at)
{
    size_t addresses = at == ETHERNET + V4 ? 8 : 32;

    return memcmp(a, b, ETHERNET + 2) == 0 &&
           memcmp(a + at - addresses, b + at - addresses, addresses + SEQUENCE) == 0 &&
           memcmp(a + at + ACKNOWLEDGED, b + at + ACKNOWLEDGED, 4) == 0 &&
           memcmp(a + at + WINDOW, b + at + WINDOW, 2) == 0;
}

bool merge_append(const uint8_t *frame, size_t size)
{
    size_t end, at = held && frames < FRAMES_MAX ? tcp_at(frame, size, &end) : 0;

    if (!at)
        return false;
    uint8_t *first = held->payload;

    if (!is_same(first, frame, at) || get32(frame + at + SEQUENCE) != next ||
        !sums_are_right(frame, at, end))
        return false;
    size_t data = end - at - TCP;
    struct pbuf *more = pbuf_alloc(PBUF_RAW, (u16_t)data, PBUF_RAM);

    if (!more)
        return false;
    memcpy(more->payload, frame + at + TCP, data);
    pbuf_cat(held, more);
    first[at + FLAGS] |= frame[at + FLAGS] & TCP_PSH;
    next += (uint32_t)data;
    frames++;
    return true;
}

bool merge_begin(struct pbuf *frame)
{
    size_t end, at = tcp_at(frame->payload, frame->len, &end);
    const uint8_t *bytes = frame->payload;

    if (!at || !sums_are_right(bytes, at, end))
        return false;
    pbuf_realloc(frame, (u16_t)end); /* without what fills it up */
    next = get32(bytes + at + SEQUENCE) + (uint32_t)(end - at - TCP);
    held = frame;
    frames = 1;
    return true;
}

struct pbuf *merge_take(unsigned *count)
{
    struct pbuf *whole = held;

    if (!whole)
        return NULL;
    uint8_t *first = whole->payload;

    if (get16(first + KIND) == ETHTYPE_IP)
        put16(first + LENGTH_V4, whole->tot_len - ETHERNET);
    else
        put16(first + LENGTH_V6, whole->tot_len - ETHERNET - V6);
    held = NULL;
    *count = frames;
    return whole;
}
