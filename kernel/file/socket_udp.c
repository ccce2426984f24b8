/* SPDX-License-Identifier: Apache-2.0 */
/* UDP: within the node a datagram goes straight into the receiver's list, or is lost when that is
 * full, as on a wire. */
#include <asm/errno.h>

#include "file/inet.h"
#include "lib/string.h"
#include "linux/socket_abi.h"
#include "memory/heap.h"

#define SIZE_MAX_V4 65507
#define SIZE_MAX_V6 65527
#define TTL_DEFAULT 64

static int udp_connect(struct socket *socket, const struct socket_name *name, bool nonblocking)
{
    struct inet_address to;
    if (name->size >= sizeof(name->family) && name->family == AF_UNSPEC) {
        socket->state = SOCKET_FRESH;
        socket->inet.remote = (struct inet_address){.port = 0};
        inet_unbind_source(socket);
        return 0;
    }
    int error = inet_parse(socket, name, &to);
    if (!error)
        error = inet_route(socket, &to);
    if (!error)
        error = inet_bind_source(socket, &to);
    if (error)
        return error;
    socket->inet.remote = to;
    socket->state = SOCKET_CONNECTED;
    return 0;
}

static int udp_target(struct socket *socket, const struct socket_message *call,
                      struct inet_address *to)
{
    if (call->name && call->name->size) {
        int error = inet_parse(socket, call->name, to);
        if (!error && to->port == 0)
            error = -EINVAL;
        return error ? error : inet_route(socket, to);
    }
    if (socket->state != SOCKET_CONNECTED)
        return -EDESTADDRREQ;
    *to = socket->inet.remote;
    return 0;
}

/* The address that the receiver sees: a socket bound to "any" sends from what talks to it. */
static struct inet_address udp_source(const struct socket *socket,
                                      const struct socket_message *call,
                                      const struct inet_address *to)
{
    struct inet_address source = socket->inet.local;
    if (call->packet.has_host)
        memcpy(source.bytes, call->packet.host.bytes, sizeof(source.bytes));
    else if (inet_is_any(&source) || inet_is_multicast(&source))
        inet_source(to, &source);
    return source;
}

/* What the datagram carries besides its bytes: of this call, else as the socket's options say. */
static void udp_facts(const struct socket *socket, const struct socket_message *call,
                      const struct inet_address *to, struct packet_facts *facts)
{
    enum { LEVEL_IP = 0, IP_TOS = 1, IP_TTL = 2, LEVEL_V6 = 41, V6_HOPS = 16, V6_TCLASS = 67 };
    bool v4 = inet_is_v4(to);
    int ttl = inet_option_number(socket, v4 ? LEVEL_IP : LEVEL_V6, v4 ? IP_TTL : V6_HOPS);
    int tos = inet_option_number(socket, v4 ? LEVEL_IP : LEVEL_V6, v4 ? IP_TOS : V6_TCLASS);
    *facts = call->packet;
    if (!facts->has_ttl)
        facts->ttl = (uint8_t)(ttl < 0 ? TTL_DEFAULT : ttl);
    if (!facts->has_tos)
        facts->tos = (uint8_t)(tos < 0 ? 0 : tos);
}

static long udp_send_wire(struct socket *socket, struct socket_message *call,
                          const struct inet_address *to)
{
    struct message *message;
    int error = message_create(call, &message);
    if (error)
        return error;
    long size = (long)message->size;
    udp_facts(socket, call, to, &message->packet);
    error = inet_wire->send(socket, to, message);
    message_free(message);
    return error ? error : size;
}

static long udp_send(struct socket *socket, struct socket_message *call)
{
    struct inet_address to;
    size_t size = call->io->remaining;
    if (size > (socket->family == AF_INET ? SIZE_MAX_V4 : SIZE_MAX_V6))
        return -EMSGSIZE;
    int error = udp_target(socket, call, &to);
    if (error)
        return error;
    if (socket->shutdown & SHUT_SEND)
        return broken_pipe(call);
    if (socket->error)
        return socket_take_error(socket);
    if (!socket->inet.local.port) {
        struct inet_address any = {.port = 0};
        if (socket->family == AF_INET)
            any.bytes[10] = any.bytes[11] = 0xff;
        if (port_take(socket, &any) != 0 || inet_bind_wire(socket) != 0)
            return -EAGAIN;
    }
    if (inet_is_multicast(&to)) {
        udp_facts(socket, call, &to, &call->packet);
        return multicast_send(socket, call, &to);
    }
    if (!inet_is_local(&to))
        return udp_send_wire(socket, call, &to);
    struct inet_address from = udp_source(socket, call, &to);
    struct socket *target = port_receiver(&to, &from, LO_DEVICE);
    if (!target) {
        /* "Port unreachable" comes back to those who are connected. */
        if (socket->state == SOCKET_CONNECTED) {
            socket->error = ECONNREFUSED;
            wake_watchers(&socket->waits, EVENT_ERR | EVENT_IN | EVENT_OUT);
        }
        return (long)size;
    }
    if (target->message_bytes + size + MESSAGE_OVERHEAD > target->receive_size ||
        (target->shutdown & SHUT_RECEIVE))
        return (long)size;
    struct message *message;
    error = message_create(call, &message);
    if (error)
        return error;
    inet_format(target, &from, &message->from);
    udp_facts(socket, call, &to, &message->packet);
    message->packet.host = to;
    message->packet.has_host = true;
    message->packet.interface = LO_DEVICE;
    message_push(target, message);
    return (long)size;
}

static unsigned udp_poll(struct socket *socket)
{
    unsigned events = EVENT_OUT | EVENT_WRNORM;
    if (socket->error)
        events |= EVENT_ERR;
    if (!list_is_empty(&socket->messages))
        events |= EVENT_IN | EVENT_RDNORM;
    if (socket->shutdown & SHUT_RECEIVE)
        events |= EVENT_IN | EVENT_RDNORM | EVENT_RDHUP;
    if (socket->shutdown == SHUT_BOTH)
        events |= EVENT_HUP;
    return events;
}

static int udp_shutdown(struct socket *socket, unsigned how)
{
    socket->shutdown |= how; /* as Linux, also when it says ENOTCONN */
    wake_watchers(&socket->waits, EVENT_ALL);
    return socket->state == SOCKET_CONNECTED ? 0 : -ENOTCONN;
}

static void udp_release(struct socket *socket)
{
    if (socket->inet.wire)
        inet_wire->leave(socket);
    multicast_release(socket);
    port_leave(socket);
    heap_free(socket->inet.options);
    socket->inet.options = NULL;
}

const struct socket_ops udp_ops = {
    .bind = inet_bind,
    .connect = udp_connect,
    .send = udp_send,
    .receive = message_receive,
    .poll = udp_poll,
    .shutdown = udp_shutdown,
    .name = inet_name,
    .set_option = inet_set_option,
    .get_option = inet_get_option,
    .release = udp_release,
};
