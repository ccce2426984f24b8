/* SPDX-License-Identifier: Apache-2.0 */
#include "network/tcp_frame.h"

#include <lwip/inet_chksum.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip.h>
#include <lwip/prot/tcp.h>

#include "lib/string.h"

#define DATA_MIN 64 /* bytes: less would be frames without end of one */
enum { ETHERNET = 14, LENGTH_V4 = ETHERNET + 2, SUM_V4 = ETHERNET + 10, LENGTH_V6 = ETHERNET + 4 };

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static size_t addresses_size(size_t at)
{
    return at == TCP_AT_V4 ? 8 : 32;
}

size_t tcp_frame_at(const uint8_t *frame, size_t size, size_t *end)
{
    const uint8_t *ip = frame + ETHERNET;
    size_t at = 0;

    if (size < TCP_AT_V4 + TCP_PLAIN)
        return 0;
    if (get16(frame + ETHERNET_KIND) == ETHTYPE_IP && ip[0] == 0x45 &&
        (get16(ip + 6) & 0xbfff) == 0 && ip[9] == IP_PROTO_TCP) {
        at = TCP_AT_V4;
        *end = ETHERNET + get16(frame + LENGTH_V4);
    } else if (get16(frame + ETHERNET_KIND) == ETHTYPE_IPV6 && ip[0] >> 4 == 6 &&
               ip[6] == IP_PROTO_TCP) {
        at = TCP_AT_V6;
        *end = TCP_AT_V6 + get16(frame + LENGTH_V6);
    }
    if (!at || *end > size || *end < at + TCP_PLAIN)
        return 0;
    size_t data = tcp_frame_data(frame, at);

    return data >= at + TCP_PLAIN && data <= *end ? at : 0;
}

size_t tcp_frame_data(const uint8_t *frame, size_t at)
{
    return at + (size_t)(frame[at + TCP_HEAD] >> 4) * 4;
}

bool tcp_frame_is_plain(const uint8_t *frame, size_t at, size_t end)
{
    return end > at + TCP_PLAIN && frame[at + TCP_HEAD] == TCP_PLAIN / 4 << 4 &&
           (frame[at + TCP_SIGNS] & ~TCP_PSH) == TCP_ACK;
}

bool tcp_frame_follows(const uint8_t *a, const uint8_t *b, size_t at, uint32_t next)
{
    size_t addresses = addresses_size(at);

    return get32(b + at + TCP_NUMBER) == next && memcmp(a, b, ETHERNET + 2) == 0 &&
           memcmp(a + at - addresses, b + at - addresses, addresses + TCP_NUMBER) == 0 &&
           memcmp(a + at + TCP_ACKNOWLEDGED, b + at + TCP_ACKNOWLEDGED, 4) == 0 &&
           memcmp(a + at + TCP_WINDOW, b + at + TCP_WINDOW, 2) == 0;
}

/* The two addresses, the protocol and the length. */
uint16_t tcp_frame_pseudo_sum(const uint8_t *frame, size_t at, size_t end)
{
    size_t addresses = addresses_size(at);
    uint32_t sum = network_sum(frame + at - addresses, (int)addresses) +
                   (uint32_t)lwip_htons(IP_PROTO_TCP) + lwip_htons((uint16_t)(end - at));

    sum = FOLD_U32T(sum);
    return (uint16_t)FOLD_U32T(sum);
}

void tcp_frame_resize(uint8_t *frame, size_t at, size_t end)
{
    if (at == TCP_AT_V6) {
        put16(frame + LENGTH_V6, (unsigned)(end - TCP_AT_V6));
        return;
    }
    put16(frame + LENGTH_V4, (unsigned)(end - ETHERNET));
    put16(frame + SUM_V4, 0);
    uint16_t sum = (uint16_t)~network_sum(frame + ETHERNET, TCP_AT_V4 - ETHERNET);

    memcpy(frame + SUM_V4, &sum, sizeof(sum));
}

bool tcp_frame_task(uint32_t word, const uint8_t *frame, size_t size, struct card_task *task)
{
    size_t end, data = word & WORD_DATA;

    *task = (struct card_task){0};
    if (word == 0)
        return size <= CARD_FRAME_MAX;
    size_t at = (word & ~WORD_DATA) == WORD_NO_SUM ? tcp_frame_at(frame, size, &end) : 0;

    if (!at)
        return false;
    size_t head = tcp_frame_data(frame, at);

    *task = (struct card_task){.sum_from = (uint16_t)at,
                               .sum_at = (uint16_t)(at + TCP_SUM),
                               .data = (uint16_t)data,
                               .head = (uint16_t)head,
                               .is_v6 = at == TCP_AT_V6};
    if (!data)
        return size <= CARD_FRAME_MAX;
    return end == size && size <= CARD_CUT_MAX && data >= WORD_DATA_MIN &&
           head + data <= CARD_FRAME_MAX && size - head > data &&
           tcp_frame_is_plain(frame, at, end);
}

uint32_t tcp_frame_word(const struct card_task *task, const uint8_t *frame, size_t size)
{
    size_t end;
    bool is_tcp = task->sum_from && tcp_frame_at(frame, size, &end) == task->sum_from &&
                  task->sum_at == task->sum_from + TCP_SUM;

    return is_tcp ? WORD_NO_SUM : 0;
}

/* RFC 768: a sum of 0 would say that there is none; TCP takes the other zero, too. */
void tcp_frame_sum(uint8_t *frame, size_t size, const struct card_task *task)
{
    uint16_t sum = (uint16_t)~network_sum(frame + task->sum_from, (int)(size - task->sum_from));

    sum = sum ? sum : 0xffff;
    memcpy(frame + task->sum_at, &sum, sizeof(sum));
}

bool tcp_frame_cut_begin(struct tcp_frame_cut *cut, const uint8_t bytes[CARD_HEAD_MAX], size_t size,
                         const struct card_task *task, size_t most)
{
    size_t end, at = tcp_frame_at(bytes, size, &end), head = at ? tcp_frame_data(bytes, at) : 0;

    if (!at || end != size || task->sum_from != at || task->sum_at != at + TCP_SUM ||
        task->data < DATA_MIN || head + task->data > CARD_FRAME_MAX ||
        (bytes[at + TCP_SIGNS] & (TCP_SYN | TCP_RST | TCP_URG)))
        return false;
    *cut = (struct tcp_frame_cut){
        .at = at, .head_size = head, .left = size - head, .step = task->data, .word = WORD_NO_SUM};
    memcpy(cut->head, bytes, head);
    if (tcp_frame_is_plain(bytes, at, end) && task->data >= WORD_DATA_MIN &&
        most >= head + 2UL * task->data) {
        cut->step = (most - head) / task->data * task->data;
        cut->word |= task->data;
    }
    return true;
}

/* Its last one ends the stream or pushes, not those before. */
size_t tcp_frame_cut_next(struct tcp_frame_cut *cut, uint8_t *part)
{
    size_t data = cut->left < cut->step ? cut->left : cut->step, size = cut->head_size + data;
    uint8_t *tcp = cut->head + cut->at;
    uint32_t number = get32(tcp + TCP_NUMBER) + (uint32_t)data;

    if (data == 0)
        return 0;
    cut->left -= data;
    if (data <= (cut->word & WORD_DATA))
        cut->word = WORD_NO_SUM; /* what is left is one frame */
    tcp_frame_resize(cut->head, cut->at, size);
    uint16_t sum = tcp_frame_pseudo_sum(cut->head, cut->at, size);

    memcpy(tcp + TCP_SUM, &sum, sizeof(sum));
    memcpy(part, cut->head, cut->head_size);
    if (cut->left)
        part[cut->at + TCP_SIGNS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    put16(tcp + TCP_NUMBER, number >> 16);
    put16(tcp + TCP_NUMBER + 2, number & 0xffff);
    return size;
}
