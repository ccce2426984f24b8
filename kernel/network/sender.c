/* SPDX-License-Identifier: Apache-2.0 */
#include "network/sender.h"

#include "lib/string.h"

/* Numbers of Ethernet, ARP (RFC 826), IPv4 (RFC 791), UDP (RFC 768), IPv6 (RFC 8200), ICMPv6 and
 * neighbour discovery (RFC 4861) */
enum {
    FROM = ADDRESS_SIZE,
    TYPE = 12,
    ARP_KINDS = ETHERNET_HEAD,
    ARP_HARDWARE = ETHERNET_HEAD + 8,
    ARP_ADDRESS = ARP_HARDWARE + ADDRESS_SIZE,
    ARP_END = ETHERNET_HEAD + 28,
    V4_PIECE = ETHERNET_HEAD + 6,
    V4_PROTOCOL = ETHERNET_HEAD + 9,
    V4_FROM = ETHERNET_HEAD + 12,
    V4_END = ETHERNET_HEAD + 20,
    V6_LENGTH = ETHERNET_HEAD + 4,
    V6_NEXT = ETHERNET_HEAD + 6,
    V6_FROM = ETHERNET_HEAD + 8,
    V6_END = ETHERNET_HEAD + 40,
    ND_TARGET = V6_END + 8,
    ND_END = V6_END + 24,
};
enum protocol {
    HOP_BY_HOP = 0,
    TCP = 6,
    UDP = 17,
    ROUTING = 43,
    PIECE = 44,
    ICMP6 = 58,
    TO_OPTIONS = 60
};
enum icmp6 {
    GROUP_ASKED = 130,
    GROUP_REPORT = 131,
    GROUP_DONE = 132,
    ROUTER_ASKED = 133,
    ROUTER = 134,
    NEIGHBOUR_ASKED = 135,
    NEIGHBOUR = 136,
    REDIRECT = 137,
    GROUP_REPORT_2 = 143
};
#define PIECE_OFFSET 0x1fff
#define DHCP_SERVER  67
#define V6_SIZE      16

static unsigned number16(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

/* An address that SLAAC made of this hardware address, whatever its network (RFC 4291, A). */
static bool is_of(const uint8_t address[V6_SIZE], const uint8_t hardware[ADDRESS_SIZE])
{
    const uint8_t *h = hardware;
    const uint8_t low[8] = {h[0] ^ 2, h[1], h[2], 0xff, 0xfe, h[3], h[4], h[5]};

    return memcmp(address + 8, low, sizeof(low)) == 0;
}

/* All of IPv6 that this node may say it has. */
static bool is_own(const struct sender *sender, const uint8_t address[V6_SIZE])
{
    return is_of(address, sender->hardware) ||
           (sender->six && memcmp(address, sender->six, V6_SIZE) == 0);
}

static bool is_arp(const uint8_t *frame, size_t size)
{
    static const uint8_t kinds[] = {0, 1, 8, 0, ADDRESS_SIZE, 4};

    return size >= ARP_END && memcmp(frame + ARP_KINDS, kinds, sizeof(kinds)) == 0;
}

static uint32_t word(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static bool arp_is_true(const struct sender *sender, const uint8_t *frame, size_t size)
{
    if (!is_arp(frame, size) || memcmp(frame + ARP_HARDWARE, sender->hardware, ADDRESS_SIZE) != 0)
        return false;
    uint32_t address = word(frame + ARP_ADDRESS);

    return address == 0 || address == sender->address; /* 0: it asks whether one is free */
}

/* The first piece of a datagram has its ports, however small it is: pieces are of eight bytes, but
 * for the last one, which may have a single one. */
static bool v4_is_true(const struct sender *sender, const uint8_t *frame, size_t size)
{
    if (size < V4_END)
        return false;
    size_t head = (size_t)(frame[ETHERNET_HEAD] & 15) * 4, ports = ETHERNET_HEAD + head;
    uint32_t address = word(frame + V4_FROM);
    bool is_own =
        address == 0 || address == sender->address || (sender->shared && address == sender->shared);

    if (!is_own || frame[ETHERNET_HEAD] >> 4 != 4 || size < ports)
        return false;
    if (sender->is_to_wire || frame[V4_PROTOCOL] != UDP ||
        (number16(frame + V4_PIECE) & PIECE_OFFSET) != 0)
        return true;
    return size >= ports + 2 && number16(frame + ports) != DHCP_SERVER;
}

/* Options of neighbour discovery: none may name another hardware address. */
static bool options_are_true(const struct sender *sender, const uint8_t *option, size_t size)
{
    while (size >= 8) {
        size_t length = (size_t)option[1] * 8;
        bool is_hardware = option[0] == 1 || option[0] == 2;

        if (length == 0 || length > size ||
            (is_hardware && memcmp(option + 2, sender->hardware, ADDRESS_SIZE) != 0))
            return false;
        option += length;
        size -= length;
    }
    return true;
}

static bool is_nobody(const uint8_t address[V6_SIZE])
{
    static const uint8_t nobody[V6_SIZE];

    return memcmp(address, nobody, V6_SIZE) == 0;
}

/* Who asks for an address and has none is about to have it: whoever else is, does without. */
static bool discovery_is_true(const struct sender *sender, const uint8_t *frame, size_t size)
{
    if (size < V6_END + 8)
        return false;
    switch (frame[V6_END]) {
    case ROUTER:
    case REDIRECT:
        return false;
    case ROUTER_ASKED:
        return options_are_true(sender, frame + V6_END + 8, size - V6_END - 8);
    case NEIGHBOUR:
    case NEIGHBOUR_ASKED:
        if (size < ND_END || ((frame[V6_END] == NEIGHBOUR || is_nobody(frame + V6_FROM)) &&
                              !is_own(sender, frame + ND_TARGET)))
            return false;
        return options_are_true(sender, frame + ND_END, size - ND_END);
    default:
        return true;
    }
}

/* Of the headers that may stand between, nodes use those of groups and of pieces. Behind any other
 * one neighbour discovery could hide; in pieces, which others refuse (RFC 6980), lwIP would take
 * it. */
static bool v6_is_true(const struct sender *sender, const uint8_t *frame, size_t size)
{
    if (size < V6_END + 2 || frame[ETHERNET_HEAD] >> 4 != 6)
        return false;
    if (!is_own(sender, frame + V6_FROM) && !is_nobody(frame + V6_FROM) &&
        (!sender->shared_six || memcmp(frame + V6_FROM, sender->shared_six, V6_SIZE) != 0))
        return false;
    size_t next = V6_END + ((size_t)frame[V6_END + 1] + 1) * 8;

    switch (frame[V6_NEXT]) {
    case TCP:
    case UDP:
        return true;
    case ICMP6:
        return discovery_is_true(sender, frame, size);
    case PIECE:
        return sender->is_to_wire || frame[V6_END] == TCP || frame[V6_END] == UDP;
    case HOP_BY_HOP:
        return frame[V6_END] == ICMP6 && size > next &&
               ((frame[next] >= GROUP_ASKED && frame[next] <= GROUP_DONE) ||
                frame[next] == GROUP_REPORT_2);
    default:
        return false;
    }
}

bool sender_is_true(const struct sender *sender, const uint8_t *frame, size_t size)
{
    if (size < ETHERNET_HEAD || memcmp(frame + FROM, sender->hardware, ADDRESS_SIZE) != 0)
        return false;
    switch (number16(frame + TYPE)) {
    case 0x0800:
        return v4_is_true(sender, frame, size);
    case 0x0806:
        return arp_is_true(sender, frame, size);
    case 0x86dd:
        return v6_is_true(sender, frame, size);
    default:
        return false;
    }
}

uint32_t sender_says(const uint8_t *frame, size_t size)
{
    return size >= ETHERNET_HEAD && number16(frame + TYPE) == 0x0806 && is_arp(frame, size)
               ? word(frame + ARP_ADDRESS)
               : 0;
}

/* One of these, or a node's, whose last byte is its number. */
static bool is_of_machine(const uint8_t card[ADDRESS_SIZE], uint32_t node_count,
                          const struct sender_sixes *sixes, const uint8_t address[V6_SIZE])
{
    uint8_t hardware[ADDRESS_SIZE];

    for (unsigned i = 0; i < sixes->count; i++) {
        if (memcmp(address, sixes->address[i], V6_SIZE) == 0)
            return true;
    }
    switch_address(card, address[V6_SIZE - 1], hardware);
    return switch_node(card, node_count, hardware) < node_count && is_of(address, hardware);
}

/* Neighbour discovery behind headers that nobody puts there, or in pieces (RFC 6980); or nobody can
 * see what stands behind them. A later piece may stand there: whatever comes of it, the node's own
 * stack takes no discovery that came in pieces (pieces.c). */
static bool discovery_hides(const uint8_t *frame, size_t size)
{
    size_t at = V6_END, end = V6_END + number16(frame + V6_LENGTH);
    unsigned next = frame[V6_NEXT];

    end = end < size ? end : size;
    while (next == HOP_BY_HOP || next == ROUTING || next == TO_OPTIONS || next == PIECE) {
        if (at + 8 > end)
            return true;
        if (next == PIECE && number16(frame + at + 2) >= 8)
            return false;
        size_t more = next == PIECE ? 0 : frame[at + 1];

        next = frame[at];
        at += (more + 1) * 8;
    }
    return at > V6_END && next == ICMP6 &&
           (at >= end || (frame[at] >= ROUTER_ASKED && frame[at] <= REDIRECT));
}

bool sender_says_node(const uint8_t card[ADDRESS_SIZE], uint32_t node_count,
                      const struct sender_sixes *sixes, const uint8_t *frame, size_t size)
{
    if (size < V6_END || number16(frame + TYPE) != 0x86dd)
        return false;
    if (is_of_machine(card, node_count, sixes, frame + V6_FROM) || discovery_hides(frame, size))
        return true;
    return frame[V6_NEXT] == ICMP6 && size >= ND_END && frame[V6_END] == NEIGHBOUR &&
           is_of_machine(card, node_count, sixes, frame + ND_TARGET);
}
