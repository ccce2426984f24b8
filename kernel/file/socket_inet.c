/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP within the node: a connect finds the listener in the table of ports and joins two stream
 * sockets at once. What the wire would do shows as Linux shows it: EINPROGRESS, refusal,
 * half-close, reset by a close with unread data.
 */
#include <asm/errno.h>

#include "file/doors.h"
#include "file/inet.h"
#include "lib/string.h"
#include "linux/socket_abi.h"
#include "memory/heap.h"

#define ENDED                                                                                      \
    (EVENT_IN | EVENT_OUT | EVENT_RDNORM | EVENT_WRNORM | EVENT_ERR | EVENT_HUP | EVENT_RDHUP)

static int tcp_listen(struct socket *socket)
{
    if (socket->state != SOCKET_FRESH && socket->state != SOCKET_LISTENING)
        return -EINVAL;
    if (!socket->inet.local.port) {
        struct inet_address any = {.port = 0};
        if (socket->family == AF_INET)
            any.bytes[10] = any.bytes[11] = 0xff;
        int error = port_take(socket, &any);
        if (error)
            return error;
    }
    if (port_listener_conflicts(socket))
        return -EADDRINUSE;
    socket->shutdown = 0;
    return inet_wire ? inet_wire->listen(socket) : 0;
}

struct socket *tcp_pending(const struct socket *listener)
{
    struct socket *pending =
        socket_new(listener->ops, listener->family, SOCK_STREAM, listener->protocol);
    if (!pending)
        return NULL;
    if (!inet_options_copy(pending, listener)) {
        socket_put(pending);
        return NULL;
    }
    pending->device = listener->device;
    pending->option_bits = listener->option_bits;
    pending->send_size = listener->send_size;
    pending->receive_size = listener->receive_size;
    pending->linger_on = listener->linger_on;
    pending->linger_seconds = listener->linger_seconds;
    pending->inet.only_v6 = listener->inet.only_v6;
    return pending;
}

static uint8_t tcp_tos(const struct socket *socket)
{
    enum { LEVEL_IP = 0, IP_TOS = 1, LEVEL_V6 = 41, V6_TCLASS = 67 };
    return (uint8_t)(inet_is_v4(&socket->inet.remote)
                         ? inet_option_number(socket, LEVEL_IP, IP_TOS)
                         : inet_option_number(socket, LEVEL_V6, V6_TCLASS));
}

static uint8_t tcp_ttl(const struct socket *socket)
{
    enum { LEVEL_IP = 0, IP_TTL = 2, LEVEL_V6 = 41, V6_HOPS = 16 };
    return (uint8_t)(inet_is_v4(&socket->inet.remote)
                         ? inet_option_number(socket, LEVEL_IP, IP_TTL)
                         : inet_option_number(socket, LEVEL_V6, V6_HOPS));
}

/* Joins a client to a new socket in the listener's backlog. */
static int tcp_join(struct socket *client, struct socket *listener)
{
    struct socket *pending = tcp_pending(listener);
    if (!pending)
        return -ENOBUFS;
    int error = stream_connect(client, pending);
    if (error) {
        heap_free(pending->inet.options);
        socket_put(pending);
        return -ENOBUFS;
    }
    pending->inet.local = client->inet.remote;
    pending->inet.remote = client->inet.local;
    port_share(pending);
    pending->inet.peer_tos = tcp_tos(client);
    pending->inet.peer_ttl = tcp_ttl(client);
    client->inet.peer_tos = tcp_tos(pending);
    client->inet.peer_ttl = tcp_ttl(pending);
    client->shutdown = 0;
    return socket_backlog_add(listener, pending);
}

/* A connection attempt failed: what SO_ERROR and poll show, until connect is called again. */
void tcp_fail(struct socket *socket, int error)
{
    list_remove(&socket->inet.connecting_link);
    inet_unbind_source(socket);
    socket->state = SOCKET_FRESH;
    socket->error = error;
    socket->shutdown = SHUT_BOTH;
    wake_watchers(&socket->waits, ENDED);
}

/* Room came up in the backlog: those who knocked in vain get in, first come first served. */
static void tcp_accepted(struct socket *listener, struct socket *taken)
{
    while (!list_is_empty(&listener->inet.connecting) && !socket_backlog_is_full(listener)) {
        struct socket *client =
            LIST_FIRST(&listener->inet.connecting, struct socket, inet.connecting_link);
        list_remove(&client->inet.connecting_link);
        int error = tcp_join(client, listener);
        if (error)
            tcp_fail(client, -error);
        else
            wake_watchers(&client->waits, EVENT_OUT | EVENT_WRNORM);
    }
}

/* What connect answers on a socket that has been through one; 1: a new attempt may start. */
static int tcp_connect_again(struct socket *socket)
{
    bool pending = socket->inet.connect_pending;
    switch (socket->state) {
    case SOCKET_CONNECTED:
        socket->inet.connect_pending = false;
        return pending ? 0 : -EISCONN;
    case SOCKET_LISTENING:
        return -EISCONN;
    case SOCKET_CONNECTING:
        return -EALREADY;
    default:
        break;
    }
    socket->inet.connect_pending = false;
    socket->shutdown = 0;
    if (!pending)
        return 1;
    int error = socket_take_error(socket);
    return error ? error : -ECONNABORTED;
}

int tcp_connect_wait(struct socket *socket)
{
    nanoseconds deadline = socket_deadline(socket->send_timeout);
    while (socket->state == SOCKET_CONNECTING) {
        int error = socket_wait(&socket->waits, deadline);
        if (error)
            return error == -EAGAIN ? -EINPROGRESS : error;
    }
    socket->inet.connect_pending = false;
    if (socket->state == SOCKET_CONNECTED)
        return 0;
    socket->shutdown = 0;
    return socket_take_error(socket);
}

static void wire_leave(struct socket *socket)
{
    if (socket->inet.wire)
        inet_wire->leave(socket);
}

static void peer_leave(struct socket *socket, bool reset);
static void backlog_drop(struct socket *listener);

void tcp_undone(struct socket *socket)
{
    if (socket->state == SOCKET_CONNECTING ||
        (socket->state == SOCKET_CONNECTED && !inet_is_over(socket)))
        socket->error = ECONNRESET;
    stream_free(socket);
    inet_unbind_source(socket);
    socket->state = SOCKET_FRESH;
    socket->inet.connect_pending = socket->ended = false;
    socket->shutdown = 0;
    wake_watchers(&socket->waits, ENDED);
}

static void tcp_disconnect(struct socket *socket)
{
    list_remove(&socket->inet.connecting_link);
    wire_leave(socket);
    peer_leave(socket, true);
    if (socket->state == SOCKET_LISTENING)
        backlog_drop(socket);
    tcp_undone(socket);
}

static int tcp_connect(struct socket *socket, const struct socket_name *name, bool nonblocking)
{
    struct inet_address to;
    if (name->size >= sizeof(name->family) && name->family == AF_UNSPEC) {
        tcp_disconnect(socket);
        return 0;
    }
    if (socket->state == SOCKET_CONNECTING && !nonblocking)
        return tcp_connect_wait(socket);
    int error = tcp_connect_again(socket);
    if (error <= 0)
        return error;
    error = inet_parse(socket, name, &to);
    if (!error)
        error = inet_route(socket, &to);
    if (!error)
        error = inet_bind_source(socket, &to);
    if (error)
        return error;
    socket->inet.remote = to;
    socket->error = 0;
    socket->inet.reset = socket->ended = false;
    socket->inet.connect_pending = nonblocking;
    if (!inet_is_local(&to)) {
        error = inet_wire->connect(socket);
        if (error) {
            inet_unbind_source(socket);
            return error;
        }
        return nonblocking ? -EINPROGRESS : tcp_connect_wait(socket);
    }
    struct socket *listener = port_listener(&to, LO_DEVICE);
    if (!listener) {
        tcp_fail(socket, ECONNREFUSED);
    } else if (socket_backlog_is_full(listener)) {
        socket->state = SOCKET_CONNECTING;
        list_insert(&listener->inet.connecting, &socket->inet.connecting_link);
    } else {
        error = tcp_join(socket, listener);
        if (error)
            tcp_fail(socket, -error);
    }
    return nonblocking ? -EINPROGRESS : tcp_connect_wait(socket);
}

/* The peer is gone. A first write still "arrives" and is answered by a reset; the next one fails.
 */
static long tcp_send_to_nobody(struct socket *socket, struct socket_message *message)
{
    long size = (long)message->io->remaining;
    socket->error = EPIPE;
    socket->shutdown = SHUT_BOTH;
    socket->inet.reset = true;
    wake_watchers(&socket->waits, ENDED);
    return size;
}

static long tcp_send(struct socket *socket, struct socket_message *message)
{
    while (socket->state == SOCKET_CONNECTING) {
        if (message->nonblocking)
            return -EAGAIN;
        int error = socket_wait(&socket->waits, message->deadline);
        if (error)
            return error;
    }
    if (socket->state == SOCKET_CONNECTED && !socket->peer && !socket->error &&
        !(socket->shutdown & SHUT_SEND))
        return tcp_send_to_nobody(socket, message);
    long result = socket->error ? socket_take_error(socket) : -EPIPE;
    if (socket->state == SOCKET_CONNECTED && result == -EPIPE)
        result = stream_send(socket, message);
    return result == -EPIPE ? broken_pipe(message) : result;
}

static unsigned tcp_poll(struct socket *socket)
{
    unsigned events = 0;
    if (socket->state == SOCKET_LISTENING)
        return list_is_empty(&socket->backlog) ? 0 : EVENT_IN | EVENT_RDNORM;
    if (socket->error)
        events |= EVENT_ERR;
    if (socket->state == SOCKET_CONNECTING)
        return events;
    if (socket->shutdown == SHUT_BOTH || socket->state == SOCKET_FRESH)
        events |= EVENT_HUP;
    if (socket->shutdown & SHUT_RECEIVE)
        events |= EVENT_IN | EVENT_RDNORM | EVENT_RDHUP;
    if (stream_is_readable(socket))
        events |= EVENT_IN | EVENT_RDNORM;
    if ((socket->shutdown & SHUT_SEND) || stream_is_writable(socket))
        events |= EVENT_OUT | EVENT_WRNORM;
    return events;
}

static void backlog_drop(struct socket *listener)
{
    struct socket *other;
    LIST_FOR_EACH (other, &listener->backlog, struct socket, backlog_link) {
        list_remove(&other->backlog_link);
        socket_close(other);
    }
    listener->backlog_count = 0;
    while (!list_is_empty(&listener->inet.connecting))
        tcp_fail(LIST_FIRST(&listener->inet.connecting, struct socket, inet.connecting_link),
                 ECONNREFUSED);
}

/* FIN: the peer reads to the end of what is there. */
static void peer_half_close(struct socket *peer)
{
    peer->shutdown |= SHUT_RECEIVE;
    peer->ended = true;
    wake_watchers(&peer->waits, EVENT_IN | EVENT_RDNORM | EVENT_RDHUP |
                                    (peer->shutdown == SHUT_BOTH ? EVENT_HUP : 0));
}

static int tcp_shutdown(struct socket *socket, unsigned how)
{
    if (socket->state == SOCKET_LISTENING && (how & SHUT_RECEIVE)) {
        socket->state = SOCKET_FRESH;
        wire_leave(socket);
        backlog_drop(socket);
        wake_watchers(&socket->waits, ENDED);
        return 0;
    }
    if (socket->state == SOCKET_FRESH)
        socket->shutdown |= how; /* as Linux, although it says ENOTCONN */
    if (socket->state != SOCKET_CONNECTED || inet_is_over(socket))
        return -ENOTCONN;
    bool sent_end = socket->shutdown & SHUT_SEND;
    socket->shutdown |= how;
    if ((how & SHUT_SEND) && !sent_end && socket->peer)
        peer_half_close(socket->peer);
    wake_watchers(&socket->waits, ENDED);
    return 0;
}

static void peer_leave(struct socket *socket, bool reset)
{
    struct socket *peer = socket->peer;
    if (!peer)
        return;
    socket->peer = NULL;
    peer->peer = NULL;
    if (!reset) {
        peer_half_close(peer);
        return;
    }
    /* A peer that already saw our end learns it as a broken pipe: Linux's CLOSE_WAIT. */
    peer->error = peer->ended && (socket->shutdown & SHUT_SEND) ? EPIPE : ECONNRESET;
    peer->shutdown = SHUT_BOTH;
    peer->inet.reset = true;
    wake_watchers(&peer->waits, ENDED);
}

/* SO_LINGER: until the other end has read enough for the rest to be on its side, or the time is up,
 * or a signal comes. */
static void tcp_linger(struct socket *socket)
{
    nanoseconds deadline = arch_clock() + (nanoseconds)socket->linger_seconds * 1000000000;
    (void)tcp_shutdown(socket, SHUT_SEND);
    while (!stream_is_writable(socket)) {
        if (socket_wait(&socket->waits, deadline) != 0)
            return;
    }
}

/* Whoever ends has no descriptors any more, and waits for nothing (man 7 socket). */
static void tcp_release(struct socket *socket)
{
    bool reset =
        socket->ring.used || socket->listener || (socket->linger_on && socket->linger_seconds == 0);
    if (socket->linger_on && !reset && caller_files())
        tcp_linger(socket);
    list_remove(&socket->inet.connecting_link);
    wire_leave(socket);
    if (socket->state == SOCKET_LISTENING)
        backlog_drop(socket);
    peer_leave(socket, reset);
    port_leave(socket);
    heap_free(socket->inet.options);
    socket->inet.options = NULL;
}

const struct socket_ops tcp_ops = {
    .bind = inet_bind,
    .listen = tcp_listen,
    .connect = tcp_connect,
    .accepted = tcp_accepted,
    .send = tcp_send,
    .receive = stream_receive,
    .poll = tcp_poll,
    .shutdown = tcp_shutdown,
    .name = inet_name,
    .set_option = inet_set_option,
    .get_option = inet_get_option,
    .release = tcp_release,
};

const struct socket_ops *inet_ops(int type, int *protocol, int *error)
{
    static const int protocols[] = {[SOCK_STREAM] = 6, [SOCK_DGRAM] = 17};
    if (type != SOCK_STREAM && type != SOCK_DGRAM) {
        *error = type == SOCK_RAW ? -EPROTONOSUPPORT : -ESOCKTNOSUPPORT;
        return NULL;
    }
    if (*protocol && *protocol != protocols[type]) {
        *error = -EPROTONOSUPPORT;
        return NULL;
    }
    *protocol = protocols[type];
    return type == SOCK_STREAM ? &tcp_ops : &udp_ops;
}
