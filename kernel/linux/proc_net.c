/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net in Linux's forms (man 5 proc): what ifconfig, route and netstat read. */
#include "file/inet.h"
#include "lib/string.h"
#include "linux/proc.h"
#include "linux/socket_abi.h"
#include "network/interface.h"

enum { ROUTE_UP = 1, ROUTE_GATEWAY = 2 }; /* RTF_* */

static void text_dev(struct proc_text *text, const struct proc_source *source)
{
    struct interface i;

    proc_print(text,
               "Inter-|   Receive                                                |  Transmit\n"
               " face |bytes    packets errs drop fifo frame compressed multicast|"
               "bytes    packets errs drop fifo colls carrier compressed\n");
    for (unsigned n = 0; interface_at(n, &i); n++)
        proc_print(
            text,
            "%6s: %7lu %7lu    0    0    0     0          0         0 %8lu %7lu    0    0    "
            "0     0       0          0\n",
            i.name, i.bytes_in, i.frames_in, i.bytes_out, i.frames_out);
}

static const char *name_of(uint32_t index)
{
    return index == LO_INDEX ? "lo" : "eth0";
}

static void print_bytes(struct proc_text *text, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        proc_print(text, "%02x", bytes[i]);
}

static uint32_t word(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

static void text_if_inet6(struct proc_text *text, const struct proc_source *source)
{
    /* RT_SCOPE_* as the types of addresses that this file tells */
    struct interface_address a;

    for (unsigned n = 0; interface_address_at(n, &a); n++) {
        if (a.is_v4)
            continue;
        unsigned scope = a.scope == 254 ? 0x10 : a.scope == 253 ? 0x20 : a.scope == 200 ? 0x40 : 0;

        print_bytes(text, a.bytes, sizeof(a.bytes));
        proc_print(text, " %02x %02x %02x %02x %8s\n", a.index, a.prefix, scope, a.flags,
                   name_of(a.index));
    }
}

static void text_route(struct proc_text *text, const struct proc_source *source)
{
    struct interface_route r;
    uint8_t mask[4];

    proc_print(text,
               "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\t"
               "IRTT\n");
    for (unsigned n = 0; interface_route_at(n, &r); n++) {
        if (!r.is_v4)
            continue;
        interface_mask(r.prefix, mask);
        proc_print(text, "%s\t%08X\t%08X\t%04X\t0\t0\t0\t%08X\t0\t0\t0\n", name_of(r.index),
                   word(r.to), word(r.gateway), ROUTE_UP | (r.has_gateway ? ROUTE_GATEWAY : 0),
                   word(mask));
    }
}

static void text_ipv6_route(struct proc_text *text, const struct proc_source *source)
{
    static const uint8_t nowhere[16];
    struct interface_route r;

    for (unsigned n = 0; interface_route_at(n, &r); n++) {
        if (r.is_v4)
            continue;
        print_bytes(text, r.to, sizeof(r.to));
        proc_print(text, " %02x ", r.prefix);
        print_bytes(text, nowhere, sizeof(nowhere));
        proc_print(text, " 00 ");
        print_bytes(text, r.gateway, sizeof(r.gateway));
        proc_print(text, " %08x %08x %08x %08x %8s\n", r.has_gateway ? 1024 : 256, 1, 0,
                   ROUTE_UP | (r.has_gateway ? ROUTE_GATEWAY : 0), name_of(r.index));
    }
}

static void print_address(struct proc_text *text, const struct socket *socket,
                          const struct inet_address *address)
{
    proc_print(text, " ");
    for (unsigned i = socket->family == AF_INET ? 12 : 0; i < 16; i += 4)
        proc_print(text, "%08X", word(address->bytes + i));
    proc_print(text, ":%04X", address->port);
}

/* Numbers of Linux's net/tcp_states.h */
static unsigned state_of(const struct socket *socket)
{
    enum { ESTABLISHED = 1, SYN_SENT, FIN_WAIT = 5, CLOSE = 7, CLOSE_WAIT, LISTEN = 10 };

    if (socket->state == SOCKET_LISTENING)
        return LISTEN;
    if (socket->state == SOCKET_CONNECTING)
        return SYN_SENT;
    if (socket->state != SOCKET_CONNECTED || socket->shutdown == SHUT_BOTH)
        return CLOSE;
    return socket->shutdown & SHUT_SEND      ? FIN_WAIT
           : socket->shutdown & SHUT_RECEIVE ? CLOSE_WAIT
                                             : ESTABLISHED;
}

static void print_sockets(struct proc_text *text, int family, int type)
{
    static const struct inet_address nobody;
    unsigned line = 0;

    proc_print(text, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
                     "   uid  timeout inode\n");
    for (const struct socket *s = port_next(NULL); s; s = port_next(s)) {
        if (s->family != family || s->type != type)
            continue;
        bool has_peer = s->state == SOCKET_CONNECTED || s->state == SOCKET_CONNECTING;

        proc_print(text, "%4u:", line++);
        print_address(text, s, &s->inet.local);
        print_address(text, s, has_peer ? &s->inet.remote : &nobody);
        proc_print(text, " %02X %08X:%08lX 00:00000000 00000000 %5d        0 %lu 1\n", state_of(s),
                   0, s->ring.used + s->message_bytes, s->credentials.uid, s->number);
    }
}

static void text_tcp(struct proc_text *text, const struct proc_source *source)
{
    print_sockets(text, AF_INET, SOCK_STREAM);
}

static void text_tcp6(struct proc_text *text, const struct proc_source *source)
{
    print_sockets(text, AF_INET6, SOCK_STREAM);
}

static void text_udp(struct proc_text *text, const struct proc_source *source)
{
    print_sockets(text, AF_INET, SOCK_DGRAM);
}

static void text_udp6(struct proc_text *text, const struct proc_source *source)
{
    print_sockets(text, AF_INET6, SOCK_DGRAM);
}

static const struct {
    const char *name;
    void (*text)(struct proc_text *text, const struct proc_source *source);
} files[] = {
    {"dev", text_dev},     {"if_inet6", text_if_inet6},
    {"route", text_route}, {"ipv6_route", text_ipv6_route},
    {"tcp", text_tcp},     {"tcp6", text_tcp6},
    {"udp", text_udp},     {"udp6", text_udp6},
};

void proc_net(struct proc_text *text, const struct proc_source *source)
{
    files[source->fd].text(text, source);
}

const char *proc_net_name(unsigned n)
{
    return n < COUNT_OF(files) ? files[n].name : NULL;
}
