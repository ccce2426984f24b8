/* SPDX-License-Identifier: Apache-2.0 */
#include "network/steer.h"

#include "lib/string.h"

/* Numbers of Ethernet, ARP (RFC 826), IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293), UDP (RFC
 * 768), neighbour discovery (RFC 4861) */
enum {
    TYPE = 12,
    IP_HEAD = ETHERNET_HEAD,
    IP_PIECE = IP_HEAD + 6,
    IP_PROTOCOL = IP_HEAD + 9,
    IP_FROM = IP_HEAD + 12,
    IP_TO = IP_HEAD + 16,
    IP_HEAD_MIN = 20,
    SIX_LENGTH = IP_HEAD + 4,
    SIX_NEXT = IP_HEAD + 6,
    SIX_HOPS = IP_HEAD + 7,
    SIX_FROM = IP_HEAD + 8,
    SIX_TO = IP_HEAD + 24,
    SIX_END = IP_HEAD + 40,
    SIX_SIZE = 16,
    ND_SUM = SIX_END + 2,
    ND_FLAGS = SIX_END + 4,
    ND_TARGET = SIX_END + 8,
    ND_OPTION = ND_TARGET + SIX_SIZE,
    TCP_HEAD_MIN = 20,
    TCP_NUMBER = 4,
    TCP_ACKNOWLEDGED = 8,
    TCP_FLAGS = 13,
    UDP_HEAD = 8,
    ARP_KINDS = ETHERNET_HEAD,
    ARP_SENDER = ETHERNET_HEAD + 8,
    ARP_SENDER_IP = ARP_SENDER + ADDRESS_SIZE,
    ARP_TARGET = ARP_SENDER_IP + 4,
    ARP_TARGET_IP = ARP_TARGET + ADDRESS_SIZE,
    ARP_END = ARP_TARGET_IP + 4,
};
#define PIECE_BITS      0x3fff /* more follows, or not the first */
#define PROTOCOL_TCP    6
#define PROTOCOL_UDP    17
#define PROTOCOL_PIECE  44
#define PROTOCOL_ICMP6  58
#define FLAG_SYN        2
#define FLAG_ACK        16
#define NEIGHBOUR_ASKED 135
#define NEIGHBOUR       136
#define FLAG_OVERRIDE   0x20
#define FLAG_SOLICITED  0x40
#define HOPS            255

static uint16_t number16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t number32(const uint8_t *at)
{
    return (uint32_t)number16(at) << 16 | number16(at + 2);
}

/* Each bit of the input changes half of the output's (the end of MurmurHash3). */
static uint32_t mix(uint32_t value)
{
    value = (value ^ value >> 16) * 0x85ebca6bU;
    value = (value ^ value >> 13) * 0xc2b2ae35U;
    return value ^ value >> 16;
}

/* Multilinear; the upper half is the good one (as in connections.c). */
static uint32_t hash(const uint64_t key[STEER_KEY], const struct segment *segment)
{
    uint64_t sum = key[5] + key[4] * ((uint32_t)segment->from_port << 16 | segment->to_port);

    for (unsigned i = 0; i < 4; i++)
        sum += key[i] * segment->from[i];
    return (uint32_t)(sum >> 32);
}

static void tcp_read(const uint8_t *tcp, struct segment *segment)
{
    segment->number = number32(tcp + TCP_NUMBER);
    segment->acknowledged = number32(tcp + TCP_ACKNOWLEDGED);
    segment->has_acknowledged = tcp[TCP_FLAGS] & FLAG_ACK;
    segment->begins = (tcp[TCP_FLAGS] & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN;
}

/* Where the protocol's head begins; 0: it is none that can be read. */
static size_t four_read(const uint8_t *head, size_t size, struct segment *segment,
                        unsigned *protocol)
{
    size_t ip_size = (size_t)(head[IP_HEAD] & 15) * 4;

    if (size < IP_HEAD + IP_HEAD_MIN || head[IP_HEAD] >> 4 != 4 || ip_size < IP_HEAD_MIN)
        return 0;
    memcpy(segment->from, head + IP_FROM, 4);
    memcpy(segment->to, head + IP_TO, 4);
    *protocol = head[IP_PROTOCOL];
    if ((*protocol == PROTOCOL_TCP || *protocol == PROTOCOL_UDP) &&
        (number16(head + IP_PIECE) & PIECE_BITS))
        *protocol = PROTOCOL_PIECE;
    return IP_HEAD + ip_size;
}

static size_t six_read(const uint8_t *head, size_t size, struct segment *segment,
                       unsigned *protocol)
{
    if (size < SIX_END || head[IP_HEAD] >> 4 != 6)
        return 0;
    segment->is_six = true;
    memcpy(segment->from, head + SIX_FROM, SIX_SIZE);
    memcpy(segment->to, head + SIX_TO, SIX_SIZE);
    *protocol = head[SIX_NEXT];
    return SIX_END;
}

enum steer_kind steer_read(const uint64_t key[STEER_KEY], const uint8_t *head, size_t size,
                           struct segment *segment)
{
    unsigned protocol = 0;
    size_t at = 0;

    *segment = (struct segment){.is_six = false};
    if (size > IP_HEAD && number16(head + TYPE) == 0x0800)
        at = four_read(head, size, segment, &protocol);
    else if (size > IP_HEAD && number16(head + TYPE) == 0x86dd)
        at = six_read(head, size, segment, &protocol);
    if (at == 0)
        return STEER_OTHER;
    if (protocol == PROTOCOL_PIECE)
        return STEER_PIECE;
    bool is_tcp = protocol == PROTOCOL_TCP;

    if ((!is_tcp && protocol != PROTOCOL_UDP) || size < at + (is_tcp ? TCP_HEAD_MIN : UDP_HEAD))
        return STEER_OTHER;
    segment->from_port = number16(head + at);
    segment->to_port = number16(head + at + 2);
    segment->hash = hash(key, segment);
    if (is_tcp)
        tcp_read(head + at, segment);
    return is_tcp ? STEER_TCP : STEER_UDP;
}

uint32_t steer_next(uint32_t hash, uint64_t able, uint64_t listening)
{
    uint32_t best = STEER_NONE, best_weight = 0;

    if (able & listening)
        able &= listening;
    for (; able; able &= able - 1) {
        uint32_t node = (uint32_t)__builtin_ctzl(able);
        uint32_t weight = mix(hash + (node + 1) * 0x9e3779b9U);

        if (best == STEER_NONE || weight > best_weight) {
            best = node;
            best_weight = weight;
        }
    }
    return best;
}

static size_t arp_answer(const uint8_t *frame, size_t size, const struct steer_shared *shared,
                         uint8_t *answer)
{
    static const uint8_t question[] = {0, 1, 8, 0, ADDRESS_SIZE, 4, 0, 1};
    static const uint8_t reply[] = {8, 6, 0, 1, 8, 0, ADDRESS_SIZE, 4, 0, 2};

    if (!shared->four || size < ARP_END ||
        memcmp(frame + ARP_KINDS, question, sizeof(question)) != 0 ||
        memcmp(frame + ARP_TARGET_IP, &shared->four, 4) != 0)
        return 0;
    memcpy(answer, frame + ARP_SENDER, ADDRESS_SIZE);
    memcpy(answer + TYPE, reply, sizeof(reply));
    memcpy(answer + ARP_SENDER, shared->hardware, ADDRESS_SIZE);
    memcpy(answer + ARP_SENDER_IP, &shared->four, 4);
    memcpy(answer + ARP_TARGET, frame + ARP_SENDER, ADDRESS_SIZE + 4);
    return ARP_FRAME;
}

/* Over IPv6's pseudo header, whose parts stand in the frame (RFC 8200, 8.1). */
static void icmp6_sum_set(uint8_t *frame, size_t size)
{
    uint32_t sum = PROTOCOL_ICMP6 + (uint32_t)(size - SIX_END);

    for (size_t i = SIX_FROM; i < size; i += 2)
        sum += number16(frame + i);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    frame[ND_SUM] = (uint8_t)(~sum >> 8);
    frame[ND_SUM + 1] = (uint8_t)~sum;
}

/* Who asks without an address wants to take it: all are told that it is taken. */
static size_t neighbour_answer(const uint8_t *frame, size_t size, const struct steer_shared *shared,
                               uint8_t *answer)
{
    static const uint8_t nobody[SIX_SIZE], all[SIX_SIZE] = {0xff, 2, [15] = 1};
    static const uint8_t all_hardware[ADDRESS_SIZE] = {0x33, 0x33, 0, 0, 0, 1};

    if (!shared->has_six || size < ND_OPTION || frame[SIX_NEXT] != PROTOCOL_ICMP6 ||
        frame[SIX_HOPS] != HOPS || frame[SIX_END] != NEIGHBOUR_ASKED ||
        memcmp(frame + ND_TARGET, shared->six, SIX_SIZE) != 0)
        return 0;
    bool is_claim = memcmp(frame + SIX_FROM, nobody, SIX_SIZE) == 0;

    memcpy(answer, is_claim ? all_hardware : frame + ADDRESS_SIZE, ADDRESS_SIZE);
    memcpy(answer + TYPE, (const uint8_t[]){0x86, 0xdd, 0x60}, 3);
    answer[SIX_LENGTH + 1] = STEER_ANSWER_MAX - SIX_END;
    answer[SIX_NEXT] = PROTOCOL_ICMP6;
    answer[SIX_HOPS] = HOPS;
    memcpy(answer + SIX_FROM, shared->six, SIX_SIZE);
    memcpy(answer + SIX_TO, is_claim ? all : frame + SIX_FROM, SIX_SIZE);
    answer[SIX_END] = NEIGHBOUR;
    answer[ND_FLAGS] = FLAG_OVERRIDE | (is_claim ? 0 : FLAG_SOLICITED);
    memcpy(answer + ND_TARGET, shared->six, SIX_SIZE);
    answer[ND_OPTION] = 2; /* the target's hardware address, eight bytes in all */
    answer[ND_OPTION + 1] = 1;
    memcpy(answer + ND_OPTION + 2, shared->hardware, ADDRESS_SIZE);
    icmp6_sum_set(answer, STEER_ANSWER_MAX);
    return STEER_ANSWER_MAX;
}

size_t steer_answers(const uint8_t *frame, size_t size, const struct steer_shared *shared,
                     uint8_t answer[STEER_ANSWER_MAX])
{
    if (size < ARP_END)
        return 0;
    memset(answer, 0, STEER_ANSWER_MAX);
    memcpy(answer + ADDRESS_SIZE, shared->hardware, ADDRESS_SIZE);
    switch (number16(frame + TYPE)) {
    case 0x0806:
        return arp_answer(frame, size, shared, answer);
    case 0x86dd:
        return neighbour_answer(frame, size, shared, answer);
    default:
        return 0;
    }
}
