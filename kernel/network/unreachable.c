/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICMP that says that something we sent did not arrive: lwIP throws it away, sockets want to know
 * (RFC 792, RFC 4443, RFC 1122 4.2.3.9). A connection in the making fails; one that stands goes on;
 * a connected datagram socket gets what is not bound to pass. As on Linux without IP_RECVERR.
 */
#include <asm/errno.h>

#include <lwip/inet_chksum.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/icmp6.h>
#include <lwip/prot/tcp.h>
#include <lwip/prot/udp.h>
#include <lwip/udp.h>

#include "lib/string.h"
#include "network/connections.h"
#include "network/stack.h"
#include "network/switch.h"
#include "network/wire.h"

#define ICMP_HEAD        8 /* of v4 and v6, before the head of what we had sent */
#define PORTS            8 /* bytes of TCP or UDP that must follow it: ports and, of TCP, the number */
#define V4_TIME_EXCEEDED 11

struct verdict {
    uint8_t error; /* positive; 0: nothing for a socket */
    bool is_hard;  /* will not pass */
};
struct lost_packet { /* our own, as it comes back */
    ip_addr_t from, to;
    u8_t protocol;
    u16_t from_port, to_port;
    u32_t number;
};

/* Linux's icmp_err_convert, net/ipv4/icmp.c */
static struct verdict verdict_v4(u8_t type, u8_t code)
{
    static const struct verdict unreachable[] = {
        {ENETUNREACH, false},  {EHOSTUNREACH, false}, {ENOPROTOOPT, true},  {ECONNREFUSED, true},
        {EMSGSIZE, false},     {EOPNOTSUPP, false},   {ENETUNREACH, true},  {EHOSTDOWN, true},
        {ENONET, true},        {ENETUNREACH, true},   {EHOSTUNREACH, true}, {ENETUNREACH, false},
        {EHOSTUNREACH, false}, {EHOSTUNREACH, true},  {EHOSTUNREACH, true}, {EHOSTUNREACH, true},
    };

    if (type == V4_TIME_EXCEEDED)
        return (struct verdict){EHOSTUNREACH, false};
    if (type != ICMP_DUR || code == ICMP_DUR_FRAG || code >= COUNT_OF(unreachable))
        return (struct verdict){0, false};
    return unreachable[code];
}

/* Linux's icmpv6_err_convert, net/ipv6/icmp.c */
static struct verdict verdict_v6(u8_t type, u8_t code)
{
    static const struct verdict unreachable[] = {
        {ENETUNREACH, false}, {EACCES, true}, {EHOSTUNREACH, false}, {EHOSTUNREACH, false},
        {ECONNREFUSED, true}, {EACCES, true}, {EACCES, true},
    };

    if (type == ICMP6_TYPE_TE)
        return (struct verdict){EHOSTUNREACH, false};
    if (type != ICMP6_TYPE_DUR || code >= COUNT_OF(unreachable))
        return (struct verdict){0, false};
    return unreachable[code];
}

static void tell_udp(const struct lost_packet *packet, const struct verdict *verdict)
{
    for (const struct udp_pcb *pcb = udp_pcbs; pcb; pcb = pcb->next) {
        struct socket *socket = pcb->recv_arg;
        struct inet_address to;

        if (pcb->local_port != packet->from_port || !socket || !verdict->is_hard)
            continue;
        address_from_lwip(&packet->to, packet->to_port, &to);
        if (socket->state != SOCKET_CONNECTED || socket->inet.remote.port != to.port ||
            !inet_same_host(&socket->inet.remote, &to))
            continue;
        socket->error = verdict->error;
        wake_watchers(&socket->waits, EVENT_ERR | EVENT_IN | EVENT_OUT);
    }
}

/* Whoever wants to end a connection in the making has to know its number. */
static void tell_tcp(const struct lost_packet *packet, const struct verdict *verdict)
{
    struct tcp_pcb wanted = {.local_port = packet->from_port, .remote_port = packet->to_port};

    ip_addr_copy(wanted.local_ip, packet->from);
    ip_addr_copy(wanted.remote_ip, packet->to);
    connection_choose(&wanted);
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
        if (pcb->state != SYN_SENT || pcb->local_port != packet->from_port ||
            pcb->remote_port != packet->to_port || !ip_addr_cmp(&pcb->remote_ip, &packet->to) ||
            packet->number != pcb->snd_nxt - 1 || !pcb->callback_arg)
            continue;
        wire_lost(pcb, verdict->error);
        return;
    }
}

static void tell(struct lost_packet *packet, const u8_t *transport, const struct verdict *verdict)
{
    u16_t ports[2];

    memcpy(ports, transport, sizeof(ports));
    memcpy(&packet->number, transport + sizeof(ports), sizeof(packet->number));
    packet->from_port = lwip_ntohs(ports[0]);
    packet->to_port = lwip_ntohs(ports[1]);
    packet->number = lwip_ntohl(packet->number);
    if (packet->protocol == IP_PROTO_UDP)
        tell_udp(packet, verdict);
    else if (packet->protocol == IP_PROTO_TCP)
        tell_tcp(packet, verdict);
}

/* At ip: size bytes. Its sums are checked here, since lwIP has not seen it yet. */
static void seen_v4(const u8_t *ip, size_t size)
{
    size_t head = (size_t)(ip[0] & 15) * 4, whole = (size_t)ip[2] << 8 | ip[3];

    if (ip[0] >> 4 != 4 || head < IP_HLEN || whole > size || ip[9] != IP_PROTO_ICMP ||
        whole < head + ICMP_HEAD + IP_HLEN + PORTS || ((ip[6] & 0x3f) | ip[7]) != 0)
        return;
    const u8_t *icmp = ip + head, *inner = icmp + ICMP_HEAD;
    size_t inner_head = (size_t)(inner[0] & 15) * 4;
    struct verdict verdict = verdict_v4(icmp[0], icmp[1]);

    if (!verdict.error || inner[0] >> 4 != 4 || inner_head < IP_HLEN ||
        whole < head + ICMP_HEAD + inner_head + PORTS || ((inner[6] & 0x1f) | inner[7]) != 0 ||
        inet_chksum(ip, (u16_t)head) != 0 || inet_chksum(icmp, (u16_t)(whole - head)) != 0)
        return;
    struct lost_packet packet = {.protocol = inner[9]};
    u32_t from, to;

    memcpy(&from, inner + 12, sizeof(from));
    memcpy(&to, inner + 16, sizeof(to));
    ip_addr_set_ip4_u32(&packet.from, from);
    ip_addr_set_ip4_u32(&packet.to, to);
    if (from == netif_ip4_addr(&stack_link)->addr)
        tell(&packet, inner + inner_head, &verdict);
}

static void address_v6(const u8_t *from, ip_addr_t *to)
{
    struct inet_address address = {.port = 0};

    memcpy(address.bytes, from, sizeof(address.bytes));
    address_to_lwip(&address, to);
}

/* Without extension headers on either: we send none. */
static void seen_v6(struct pbuf *frame, const u8_t *ip, size_t size)
{
    size_t length = (size_t)ip[4] << 8 | ip[5];
    const u8_t *icmp = ip + IP6_HLEN, *inner = icmp + ICMP_HEAD;

    if (ip[6] != IP6_NEXTH_ICMP6 || IP6_HLEN + length > size ||
        length < ICMP_HEAD + IP6_HLEN + PORTS)
        return;
    struct verdict verdict = verdict_v6(icmp[0], icmp[1]);
    struct lost_packet packet = {.protocol = inner[6]};
    ip_addr_t from, to;

    if (!verdict.error)
        return;
    address_v6(ip + 8, &from);
    address_v6(ip + 24, &to);
    pbuf_remove_header(frame, ETHERNET_HEAD + IP6_HLEN);
    u16_t sum = ip6_chksum_pseudo_partial(frame, IP6_NEXTH_ICMP6, (u16_t)length, (u16_t)length,
                                          ip_2_ip6(&from), ip_2_ip6(&to));
    pbuf_add_header_force(frame, ETHERNET_HEAD + IP6_HLEN);
    address_v6(inner + 8, &packet.from);
    address_v6(inner + 24, &packet.to);
    if (sum == 0 && netif_get_ip6_addr_match(&stack_link, ip_2_ip6(&packet.from)) >= 0)
        tell(&packet, inner + IP6_HLEN, &verdict);
}

void unreachable_seen(struct pbuf *frame)
{
    const u8_t *bytes = frame->payload, *ip = bytes + ETHERNET_HEAD;
    size_t size = frame->len - ETHERNET_HEAD;
    unsigned kind = (unsigned)bytes[12] << 8 | bytes[13];

    if (kind == ETHTYPE_IP && ip[9] == IP_PROTO_ICMP && ip[0] >> 4 == 4)
        seen_v4(ip, size);
    else if (kind == ETHTYPE_IPV6 && size > IP6_HLEN && ip[6] == IP6_NEXTH_ICMP6)
        seen_v6(frame, ip, size);
}
