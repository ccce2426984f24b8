/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_NETLINK, protocol ROUTE: only what getifaddrs and getaddrinfo ask. A dump request for links or
 * addresses is answered at once, into the socket's own queue, with the one interface lo; anything
 * else gets EOPNOTSUPP.
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

#define LO_INDEX    1
#define LO_MTU      65536U
#define LO_HARDWARE 772     /* ARPHRD_LOOPBACK */
#define LO_FLAGS    0x10049 /* IFF_UP IFF_LOOPBACK IFF_RUNNING IFF_LOWER_UP */
#define REQUEST_MAX 4096
#define ANSWER_SIZE 512 /* every dump of one interface fits */

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

static void link_add(struct answer *answer)
{
    static const uint8_t hardware[6];
    const uint32_t mtu = LO_MTU;
    struct ifinfomsg *link = part_open(answer, RTM_NEWLINK, NLM_F_MULTI, sizeof(*link));
    *link =
        (struct ifinfomsg){.ifi_type = LO_HARDWARE, .ifi_index = LO_INDEX, .ifi_flags = LO_FLAGS};
    attribute_add(answer, IFLA_IFNAME, "lo", 3);
    attribute_add(answer, IFLA_MTU, &mtu, sizeof(mtu));
    attribute_add(answer, IFLA_ADDRESS, hardware, sizeof(hardware));
    attribute_add(answer, IFLA_BROADCAST, hardware, sizeof(hardware));
    part_close(answer);
}

static void address_add(struct answer *answer, uint8_t family, uint8_t prefix, const uint8_t *bytes,
                        size_t size)
{
    struct ifaddrmsg *address = part_open(answer, RTM_NEWADDR, NLM_F_MULTI, sizeof(*address));
    *address = (struct ifaddrmsg){.ifa_family = family,
                                  .ifa_prefixlen = prefix,
                                  .ifa_flags = IFA_F_PERMANENT,
                                  .ifa_scope = RT_SCOPE_HOST,
                                  .ifa_index = LO_INDEX};
    attribute_add(answer, IFA_ADDRESS, bytes, size);
    if (family == AF_INET) {
        attribute_add(answer, IFA_LOCAL, bytes, size);
        attribute_add(answer, IFA_LABEL, "lo", 3);
    }
    part_close(answer);
}

static void answer_fill(struct answer *answer, uint8_t family)
{
    static const uint8_t v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    const struct nlmsghdr *request = answer->request;
    bool link = request->nlmsg_type == RTM_GETLINK, address = request->nlmsg_type == RTM_GETADDR;
    if (!link && !address) {
        struct nlmsgerr *error = part_open(answer, NLMSG_ERROR, 0, sizeof(*error));
        *error = (struct nlmsgerr){.error = -EOPNOTSUPP, .msg = *request};
        part_close(answer);
        return;
    }
    if (link)
        link_add(answer);
    if (address && family != AF_INET6)
        address_add(answer, AF_INET, 8, v4, sizeof(v4));
    if (address && family != AF_INET)
        address_add(answer, AF_INET6, 128, v6, sizeof(v6));
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
