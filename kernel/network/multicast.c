/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of IPv4 and IPv6: who joined which on lo or eth0, and datagrams to them. What the wire
 * brings is lwIP's and goes to all who are bound to the port (IP_MULTICAST_ALL is on); what this
 * node sends comes back to its own members here (IP_MULTICAST_LOOP).
 */
#include "network/multicast.h"

#include <asm/errno.h>

#include "lib/string.h"
#include "linux/socket_abi.h"
#include "memory/heap.h"
#include "network/interface.h"

#define GROUPS_MAX 20U /* of a socket: net.ipv4.igmp_max_memberships */
enum { LEVEL_IP = 0, IP_IF = 32, IP_TTL, IP_LOOP, IP_JOIN, IP_LEAVE };
enum { LEVEL_V6 = 41, V6_IF = 17, V6_HOPS, V6_LOOP, V6_JOIN, V6_LEAVE };

struct group {
    struct list link, all_link; /* of its socket, of all */
    uint32_t interface;
    struct inet_address host;
};
static struct list all = {&all, &all};

static bool is_joined(const struct list *groups, bool of_socket, uint32_t interface,
                      const struct inet_address *host)
{
    for (const struct list *at = groups->next; at != groups; at = at->next) {
        const struct group *group =
            of_socket ? LIST_ENTRY(at, struct group, link) : LIST_ENTRY(at, struct group, all_link);

        if (group->interface == interface && inet_same_host(&group->host, host))
            return true;
    }
    return false;
}

static void group_leave(struct group *group)
{
    list_remove(&group->link);
    list_remove(&group->all_link);
    if (group->interface == CARD_INDEX && !is_joined(&all, false, CARD_INDEX, &group->host))
        (void)interface_card->group(false, &group->host);
    heap_free(group);
}

static int group_join(struct socket *socket, uint32_t interface, const struct inet_address *host)
{
    unsigned count = 0;

    if (is_joined(&socket->inet.groups, true, interface, host))
        return -EADDRINUSE;
    for (const struct list *at = socket->inet.groups.next; at != &socket->inet.groups;
         at = at->next)
        count++;
    struct group *group = count < GROUPS_MAX ? HEAP_NEW(struct group) : NULL;

    if (!group)
        return -ENOBUFS;
    group->interface = interface;
    group->host = *host;
    if (interface == CARD_INDEX && !is_joined(&all, false, interface, host) &&
        interface_card->group(true, host) != 0) {
        heap_free(group);
        return -ENOBUFS;
    }
    list_insert(&socket->inet.groups, &group->link);
    list_insert(&all, &group->all_link);
    return 0;
}

/* The interface of an address of this node; 0: none. */
static uint32_t interface_of(const uint8_t v4[4])
{
    struct interface_address address;

    if (v4[0] == 127)
        return LO_INDEX;
    for (unsigned n = 0; interface_address_at(n, &address); n++) {
        if (address.is_v4 && memcmp(address.bytes, v4, 4) == 0)
            return address.index;
    }
    return 0;
}

static uint32_t interface_known(uint32_t index)
{
    struct interface interface;

    return index && interface_at(index - 1, &interface) ? index : 0;
}

static uint32_t interface_default(void)
{
    return interface_card ? CARD_INDEX : 0;
}

/* struct ip_mreq, ip_mreqn: group, own address, perhaps an index. */
static int request_v4(const uint8_t *value, uint32_t size, struct inet_address *host,
                      uint32_t *interface)
{
    static const uint8_t any[4];
    uint32_t index = 0;

    if (size < 8)
        return -EINVAL;
    inet_set_loopback(host, true);
    memcpy(host->bytes + 12, value, 4);
    if (size >= 12)
        memcpy(&index, value + 8, sizeof(index));
    if (index)
        *interface = interface_known(index);
    else
        *interface = memcmp(value + 4, any, 4) ? interface_of(value + 4) : interface_default();
    return 0;
}

/* struct ipv6_mreq: group, index. */
static int request_v6(const uint8_t *value, uint32_t size, struct inet_address *host,
                      uint32_t *interface)
{
    uint32_t index;

    if (size < 20)
        return -EINVAL;
    memcpy(host->bytes, value, 16);
    memcpy(&index, value + 16, sizeof(index));
    *interface = index ? interface_known(index) : interface_default();
    return 0;
}

int multicast_option(struct socket *socket, int level, int option, const void *value, uint32_t size)
{
    struct inet_address host = {.port = 0};
    bool v4 = level == LEVEL_IP, is_join = option == (v4 ? IP_JOIN : V6_JOIN);
    uint32_t interface;
    struct group *group;

    if (socket->type == SOCK_STREAM)
        return -EPROTO;
    int error = v4 ? request_v4(value, size, &host, &interface)
                   : request_v6(value, size, &host, &interface);

    if (error || !inet_is_multicast(&host))
        return -EINVAL;
    if (!interface)
        return -ENODEV;
    if (is_join)
        return group_join(socket, interface, &host);
    LIST_FOR_EACH (group, &socket->inet.groups, struct group, link) {
        if (group->interface == interface && inet_same_host(&group->host, &host)) {
            group_leave(group);
            return 0;
        }
    }
    return -EADDRNOTAVAIL;
}

int multicast_interface_set(int level, const void *value, uint32_t size, int *number)
{
    static const uint8_t any[4];
    const uint8_t *bytes = value;
    uint32_t index = 0;
    struct interface_address address;

    if (size < 4)
        return -EINVAL;
    if (level == LEVEL_V6 || size >= 12)
        memcpy(&index, bytes + (level == LEVEL_V6 ? 0 : 8), sizeof(index));
    if (index && !interface_known(index))
        return level == LEVEL_V6 ? -ENODEV : -EADDRNOTAVAIL;
    if (level == LEVEL_V6) {
        *number = (int)index;
        return 0;
    }
    if (size >= 8)
        bytes += 4; /* behind a group */
    if (index && interface_v4(index, &address))
        bytes = address.bytes;
    else if (memcmp(bytes, any, 4) != 0 && !interface_of(bytes))
        return -EADDRNOTAVAIL;
    memcpy(number, bytes, sizeof(*number));
    return 0;
}

static uint32_t way(const struct socket *socket, const struct socket_message *call,
                    const struct inet_address *to)
{
    bool v4 = inet_is_v4(to);
    int chosen = inet_option_number(socket, v4 ? LEVEL_IP : LEVEL_V6, v4 ? IP_IF : V6_IF);
    uint8_t bytes[4];

    memcpy(bytes, &chosen, sizeof(bytes));
    if (call && call->packet.interface)
        return call->packet.interface;
    if (socket->device)
        return socket->device;
    if (chosen)
        return v4 ? interface_of(bytes) : (uint32_t)chosen;
    if (socket->inet.local.port && inet_is_loopback(&socket->inet.local))
        return LO_INDEX;
    return interface_default();
}

static bool wants(const struct socket *socket, const struct inet_address *to,
                  const struct inet_address *from, uint32_t interface)
{
    const struct inet_address *local = &socket->inet.local, *remote = &socket->inet.remote;
    bool v4 = inet_is_v4(to);

    if (socket->type != SOCK_DGRAM || local->port != to->port ||
        (socket->device && socket->device != interface) || (socket->shutdown & SHUT_RECEIVE))
        return false;
    if (!inet_same_host(local, to) &&
        (!inet_is_any(local) ||
         (v4 ? !inet_is_v4(local) && socket->inet.only_v6 : inet_is_v4(local))))
        return false;
    return socket->state != SOCKET_CONNECTED ||
           (remote->port == from->port && inet_same_host(remote, from));
}

static void loop(const struct message *message, const struct inet_address *to,
                 const struct inet_address *from, uint32_t interface)
{
    size_t size = sizeof(*message) + message->size;

    for (struct socket *socket = port_next(NULL); socket; socket = port_next(socket)) {
        if (!wants(socket, to, from, interface) || socket_memory_is_short(size) ||
            socket->message_bytes + message->size + MESSAGE_OVERHEAD > socket->receive_size)
            continue;
        struct message *copy = heap_alloc(size);

        if (!copy)
            return;
        memcpy(copy, message, size);
        list_init(&copy->link);
        inet_format(socket, from, &copy->from);
        copy->packet.host = *to;
        copy->packet.has_host = true;
        copy->packet.interface = interface;
        message_push(socket, copy);
    }
}

bool multicast_has_way(const struct socket *socket, const struct inet_address *to)
{
    return way(socket, NULL, to) != 0;
}

static struct inet_address source_of(const struct socket *socket, const struct inet_address *to,
                                     uint32_t interface)
{
    struct inet_address source = socket->inet.local;

    if (!inet_is_any(&source) && !inet_is_multicast(&source))
        return source;
    inet_set_loopback(&source, inet_is_v4(to));
    if (interface == CARD_INDEX)
        (void)inet_wire->source(to, &source);
    source.port = socket->inet.local.port;
    return source;
}

long multicast_send(struct socket *socket, struct socket_message *call,
                    const struct inet_address *to)
{
    bool v4 = inet_is_v4(to);
    int level = v4 ? LEVEL_IP : LEVEL_V6;
    uint32_t interface = way(socket, call, to);
    struct message *message;

    if (!interface)
        return -ENETUNREACH;
    if (!call->packet.has_ttl) {
        int hops = inet_option_number(socket, level, v4 ? IP_TTL : V6_HOPS);

        call->packet.ttl = (uint8_t)(hops < 0 ? 1 : hops);
        call->packet.has_ttl = true;
    }
    int error = message_create(call, &message);

    if (error)
        return error;
    long size = (long)message->size;
    struct inet_address from = source_of(socket, to, interface);

    message->packet = call->packet;
    if (is_joined(&all, false, interface, to) &&
        (interface == LO_INDEX || inet_option_number(socket, level, v4 ? IP_LOOP : V6_LOOP)))
        loop(message, to, &from, interface);
    if (interface == CARD_INDEX)
        error = inet_wire->send(socket, to, message);
    message_free(message);
    return error ? error : size;
}

void multicast_release(struct socket *socket)
{
    while (!list_is_empty(&socket->inet.groups))
        group_leave(LIST_FIRST(&socket->inet.groups, struct group, link));
}
