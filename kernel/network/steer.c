/* SPDX-License-Identifier: Apache-2.0 */
#include "network/steer.h"

#include "lib/string.h"

/* Numbers of Ethernet, ARP (RFC 826), IPv4 (RFC 791) and TCP (RFC 9293) */
enum {
    TYPE = 12,
    IP_HEAD = ETHERNET_HEAD,
    IP_PIECE = IP_HEAD + 6,
    IP_PROTOCOL = IP_HEAD + 9,
    IP_FROM = IP_HEAD + 12,
    IP_TO = IP_HEAD + 16,
    IP_HEAD_MIN = 20,
    TCP_HEAD_MIN = 20,
    TCP_NUMBER = 4,
    TCP_ACKNOWLEDGED = 8,
    TCP_FLAGS = 13,
    ARP_KINDS = ETHERNET_HEAD,
    ARP_SENDER = ETHERNET_HEAD + 8,
    ARP_SENDER_IP = ARP_SENDER + ADDRESS_SIZE,
    ARP_TARGET = ARP_SENDER_IP + 4,
    ARP_TARGET_IP = ARP_TARGET + ADDRESS_SIZE,
    ARP_END = ARP_TARGET_IP + 4,
};
#define PIECE_BITS   0x3fff /* more follows, or not the first */
#define PROTOCOL_TCP 6
#define FLAG_SYN     2
#define FLAG_ACK     16

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

enum steer_kind steer_read(const uint8_t *head, size_t size, struct segment *segment)
{
    if (size < IP_HEAD + IP_HEAD_MIN || number16(head + TYPE) != 0x0800 || head[IP_HEAD] >> 4 != 4)
        return STEER_OTHER;
    size_t tcp = IP_HEAD + (size_t)(head[IP_HEAD] & 15) * 4;

    if (head[IP_PROTOCOL] != PROTOCOL_TCP || tcp < IP_HEAD + IP_HEAD_MIN)
        return STEER_OTHER;
    if (number16(head + IP_PIECE) & PIECE_BITS)
        return STEER_PIECE;
    if (size < tcp + TCP_HEAD_MIN)
        return STEER_OTHER;
    memcpy(&segment->from, head + IP_FROM, 4);
    memcpy(&segment->to, head + IP_TO, 4);
    segment->from_port = number16(head + tcp);
    segment->to_port = number16(head + tcp + 2);
    segment->number = number32(head + tcp + TCP_NUMBER);
    segment->acknowledged = number32(head + tcp + TCP_ACKNOWLEDGED);
    segment->has_acknowledged = head[tcp + TCP_FLAGS] & FLAG_ACK;
    segment->begins = (head[tcp + TCP_FLAGS] & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN;
    segment->hash = mix(mix(segment->from) ^ number32(head + tcp));
    return STEER_TCP;
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

bool steer_answers(const uint8_t *frame, size_t size, uint32_t shared,
                   const uint8_t address[ADDRESS_SIZE], uint8_t answer[ARP_FRAME])
{
    static const uint8_t question[] = {0, 1, 8, 0, ADDRESS_SIZE, 4, 0, 1};
    static const uint8_t reply[] = {8, 6, 0, 1, 8, 0, ADDRESS_SIZE, 4, 0, 2};

    if (size < ARP_END || number16(frame + TYPE) != 0x0806 ||
        memcmp(frame + ARP_KINDS, question, sizeof(question)) != 0 ||
        memcmp(frame + ARP_TARGET_IP, &shared, 4) != 0)
        return false;
    memset(answer, 0, ARP_FRAME);
    memcpy(answer, frame + ARP_SENDER, ADDRESS_SIZE);
    memcpy(answer + ADDRESS_SIZE, address, ADDRESS_SIZE);
    memcpy(answer + TYPE, reply, sizeof(reply));
    memcpy(answer + ARP_SENDER, address, ADDRESS_SIZE);
    memcpy(answer + ARP_SENDER_IP, &shared, 4);
    memcpy(answer + ARP_TARGET, frame + ARP_SENDER, ADDRESS_SIZE + 4);
    return true;
}
