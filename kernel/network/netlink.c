/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_NETLINK, protocol ROUTE: what getifaddrs, getaddrinfo and `ip` ask. A dump of links, addresses
 * or routes is answered at once, whole, into the socket's own queue; anything else gets EOPNOTSUPP.
 */
#include <asm/errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "file/socket.h"
#include "lib/string.h"
#include "linux/socket_abi.h"
#include "memory/heap.h"
#include "network/interface.h"

#define REQUEST_MAX  4096
#define ANSWER_SIZE  2048 /* the largest dump: two interfaces, or a dozen addresses or routes */
#define QUEUE_LENGTH 1000U
enum { STATE_UNKNOWN = 0, STATE_UP = 6 }; /* IF_OPER_* */

struct answer {
    struct message *message;
    struct nlmsghdr *open; /* the message being built */
    uint32_t port;
    const struct nlmsghdr *request;
};

static void *piece_add(struct answer *answer, size_t size)
{
    void *piece = answer->message->bytes + answer->message->size;
    ASSERT(answer->message->size + NLMSG_ALIGN(size) <= ANSWER_SIZE);
    answer->message->size += NLMSG_ALIGN(size);
    return piece;
}

static void *part_open(struct answer *answer, uint16_t type, uint16_t flags, size_t size)
{
    answer->open = piece_add(answer, sizeof(struct nlmsghdr));
    *answer->open = (struct nlmsghdr){.nlmsg_type = type,
                                      .nlmsg_flags = flags,
                                      .nlmsg_seq = answer->request->nlmsg_seq,
                                      .nlmsg_pid = answer->port};
    return piece_add(answer, size);
}

static void part_close(struct answer *answer)
{
    answer->open->nlmsg_len =
        (uint32_t)(answer->message->bytes + answer->message->size - (uint8_t *)answer->open);
}

static void attribute_add(struct answer *answer, uint16_t type, const void *value, size_t size)
{
    struct rtattr *attribute = piece_add(answer, sizeof(*attribute) + size);
    attribute->rta_type = type;
    attribute->rta_len = (uint16_t)(sizeof(*attribute) + size);
    memcpy(attribute + 1, value, size);
}

static void link_add(struct answer *answer, const struct interface *interface)
{
    static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, nobody[6];
    const uint32_t queue = QUEUE_LENGTH;
    const uint8_t state = interface->index == LO_INDEX ? STATE_UNKNOWN : STATE_UP;
    struct ifinfomsg *link = part_open(answer, RTM_NEWLINK, NLM_F_MULTI, sizeof(*link));

    *link = (struct ifinfomsg){.ifi_type = interface->hardware_type,
                               .ifi_index = (int)interface->index,
                               .ifi_flags = interface->flags};
    attribute_add(answer, IFLA_IFNAME, interface->name, strlen(interface->name) + 1);
    attribute_add(answer, IFLA_TXQLEN, &queue, sizeof(queue));
    attribute_add(answer, IFLA_OPERSTATE, &state, sizeof(state));
    attribute_add(answer, IFLA_MTU, &interface->mtu, sizeof(interface->mtu));
    attribute_add(answer, IFLA_ADDRESS, interface->hardware, sizeof(interface->hardware));
    attribute_add(answer, IFLA_BROADCAST, interface->index == LO_INDEX ? nobody : everybody,
                  sizeof(nobody));
    part_close(answer);
}

static void address_v4_add(struct answer *answer, const struct interface_address *from)
{
    struct interface interface;
    uint8_t broadcast[4];

    attribute_add(answer, IFA_LOCAL, from->bytes, 4);
    if (!interface_at(from->index - 1, &interface))
        return;
    if (from->index != LO_INDEX) {
        interface_mask(from->prefix, broadcast);
        for (unsigned i = 0; i < sizeof(broadcast); i++)
            broadcast[i] = from->bytes[i] | (uint8_t)~broadcast[i];
        attribute_add(answer, IFA_BROADCAST, broadcast, sizeof(broadcast));
    }
    attribute_add(answer, IFA_LABEL, interface.name, strlen(interface.name) + 1);
}

static void address_add(struct answer *answer, const struct interface_address *from)
{
    struct ifaddrmsg *address = part_open(answer, RTM_NEWADDR, NLM_F_MULTI, sizeof(*address));

    *address = (struct ifaddrmsg){.ifa_family = from->is_v4 ? AF_INET : AF_INET6,
                                  .ifa_prefixlen = from->prefix,
                                  .ifa_flags = from->flags,
                                  .ifa_scope = from->scope,
                                  .ifa_index = from->index};
    attribute_add(answer, IFA_ADDRESS, from->bytes, from->is_v4 ? 4 : 16);
    if (from->is_v4)
        address_v4_add(answer, from);
    part_close(answer);
}

static void route_add(struct answer *answer, const struct interface_route *from)
{
    size_t size = from->is_v4 ? 4 : 16;
    struct rtmsg *route = part_open(answer, RTM_NEWROUTE, NLM_F_MULTI, sizeof(*route));

    *route = (struct rtmsg){.rtm_family = from->is_v4 ? AF_INET : AF_INET6,
                            .rtm_dst_len = from->prefix,
                            .rtm_table = RT_TABLE_MAIN,
                            .rtm_protocol = from->protocol,
                            .rtm_scope = from->scope,
                            .rtm_type = RTN_UNICAST};
    if (from->prefix)
        attribute_add(answer, RTA_DST, from->to, size);
    if (from->has_gateway)
        attribute_add(answer, RTA_GATEWAY, from->gateway, size);
    if (from->has_source)
        attribute_add(answer, RTA_PREFSRC, from->source, size);
    attribute_add(answer, RTA_OIF, &from->index, sizeof(from->index));
    part_close(answer);
}

static bool is_asked(uint8_t family, bool is_v4)
{
    return family == AF_UNSPEC || family == (is_v4 ? AF_INET : AF_INET6);
}

static void answer_fill(struct answer *answer, uint8_t family)
{
    const struct nlmsghdr *request = answer->request;
    unsigned type = request->nlmsg_type;
    struct interface interface;
    struct interface_address address;
    struct interface_route route;

    if (type != RTM_GETLINK && type != RTM_GETADDR && type != RTM_GETROUTE) {
        struct nlmsgerr *error = part_open(answer, NLMSG_ERROR, 0, sizeof(*error));
        *error = (struct nlmsgerr){.error = -EOPNOTSUPP, .msg = *request};
        part_close(answer);
        return;
    }
    for (unsigned n = 0; type == RTM_GETLINK && interface_at(n, &interface); n++)
        link_add(answer, &interface);
    for (unsigned n = 0; type == RTM_GETADDR && interface_address_at(n, &address); n++) {
        if (is_asked(family, address.is_v4))
            address_add(answer, &address);
    }
    for (unsigned n = 0; type == RTM_GETROUTE && interface_route_at(n, &route); n++) {
        if (is_asked(family, route.is_v4))
            route_add(answer, &route);
    }
    int *status = part_open(answer, NLMSG_DONE, NLM_F_MULTI, sizeof(*status));
    *status = 0;
    part_close(answer);
}

static void name_fill(struct socket_name *name, uint32_t port)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_pid = port};
    memset(name, 0, sizeof(*name));
    name->size = sizeof(address);
    memcpy(name->bytes, &address, sizeof(address));
}

static void port_choose(struct socket *socket, uint32_t wanted)
{
    static uint32_t last = 0x80000000U;
    socket->netlink_port = wanted ? wanted : last++;
}

static int netlink_bind(struct socket *socket, const struct socket_name *name)
{
    struct sockaddr_nl address;
    if (name->size < sizeof(address) || name->family != AF_NETLINK)
        return -EINVAL;
    memcpy(&address, name->bytes, sizeof(address));
    if (socket->netlink_port && address.nl_pid && address.nl_pid != socket->netlink_port)
        return -EINVAL;
    if (!socket->netlink_port)
        port_choose(socket, address.nl_pid);
    return 0;
}

static int netlink_connect(struct socket *socket, const struct socket_name *name, bool nonblocking)
{
    return name->size < sizeof(struct sockaddr_nl) || name->family != AF_NETLINK ? -EINVAL : 0;
}

static long netlink_send(struct socket *socket, struct socket_message *call)
{
    struct {
        struct nlmsghdr header;
        uint8_t family, pad[3];
    } request = {0};
    size_t size = call->io->remaining;
    if (size > REQUEST_MAX || size < sizeof(request.header))
        return -EINVAL;
    if (socket->message_bytes > socket->receive_size || socket_memory_is_short(ANSWER_SIZE))
        return -ENOBUFS;
    if (!socket->netlink_port)
        port_choose(socket, 0);
    struct message *message = heap_alloc(sizeof(*message) + ANSWER_SIZE);
    if (!message)
        return -ENOBUFS;
    list_init(&message->link);
    if (io_get(call->io, &request, size < sizeof(request) ? size : sizeof(request)) <= 0) {
        heap_free(message);
        return -EFAULT;
    }
    struct answer answer = {
        .message = message, .port = socket->netlink_port, .request = &request.header};
    answer_fill(&answer, request.family);
    name_fill(&message->from, 0);
    message_push(socket, message);
    return (long)size;
}

static unsigned netlink_poll(struct socket *socket)
{
    return EVENT_OUT | EVENT_WRNORM |
           (list_is_empty(&socket->messages) ? 0 : EVENT_IN | EVENT_RDNORM);
}

static int netlink_shutdown(struct socket *socket, unsigned how)
{
    return -EOPNOTSUPP;
}

static int netlink_name(struct socket *socket, bool peer, struct socket_name *name)
{
    name_fill(name, peer ? 0 : socket->netlink_port);
    return 0;
}

static void netlink_release(struct socket *socket)
{
}

static const struct socket_ops netlink_ops = {
    .bind = netlink_bind,
    .connect = netlink_connect,
    .send = netlink_send,
    .receive = message_receive,
    .poll = netlink_poll,
    .shutdown = netlink_shutdown,
    .name = netlink_name,
    .release = netlink_release,
};

const struct socket_ops *route_ops(int type, int protocol, int *error)
{
    if (type != SOCK_RAW && type != SOCK_DGRAM)
        *error = -ESOCKTNOSUPPORT;
    else if (protocol != NETLINK_ROUTE)
        *error = -EPROTONOSUPPORT;
    else
        return &netlink_ops;
    return NULL;
}
