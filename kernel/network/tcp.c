/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream sockets over the wire: what lwIP tells of a connection, and what programs do. Received
 * bytes go into the socket's own ring, as large as the window, so lwIP's queues stay empty and
 * reading is stream_receive. socket->inet.wire is lwIP's connection for as long as lwIP has it for
 * us: until it says so, or both ends have ended it (then lwIP lets it fade away alone).
 */
#include <asm/errno.h>

#include <lwip/priv/tcp_priv.h>

#include "file/doors.h"
#include "file/inet.h"
#include "linux/socket_abi.h"
#include "memory/frames.h"
#include "memory/heap.h"
#include "network/connections.h"
#include "network/segment.h"
#include "network/shared.h"
#include "network/stack.h"
#include "network/wire.h"

#define ALL_ENDED   (EVENT_ALL & ~EVENT_PRI & ~EVENT_NVAL)
#define PORT_TRIES  16  /* while a connection to that end is still known from the one we chose */
#define BACKLOG_ALL 255 /* of lwIP: connections.c and the socket's own hold */

static const struct socket_ops wire_tcp_ops;
static size_t unread; /* bytes in the rings of all sockets */

/* lwIP may go on with it, but tells us nothing more. */
static struct tcp_pcb *detach(struct socket *socket)
{
    struct tcp_pcb *pcb = wire_pcb(socket);

    socket->inet.wire = NULL;
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
    connection_choose(pcb);
    connection_orphan(pcb);
    return pcb;
}

/* ---- what lwIP tells ---- */

/* The connection is gone, and lwIP's part of it too. error: 0: in order. */
static void lost(struct socket *socket, int error)
{
    if (socket->state == SOCKET_CONNECTING) {
        socket->ops = &tcp_ops;
        ring_free(&socket->ring);
        tcp_fail(socket, error);
        return;
    }
    if (error) {
        socket->error = error;
        socket->inet.reset = true;
    }
    socket->shutdown = SHUT_BOTH;
    wake_watchers(&socket->waits, ALL_ENDED);
}

static void failed(void *argument, err_t error)
{
    struct socket *socket = argument;

    socket->inet.wire = NULL;
    if (socket->state == SOCKET_CONNECTING)
        lost(socket, error == ERR_RST ? ECONNREFUSED : ETIMEDOUT);
    else if (error == ERR_CLSD)
        lost(socket, 0);
    else if (error == ERR_ABRT)
        lost(socket, ETIMEDOUT);
    else
        lost(socket, socket->ended ? EPIPE : ECONNRESET);
}

void wire_lost(struct tcp_pcb *pcb, int error)
{
    struct socket *socket = pcb->callback_arg;

    tcp_err(pcb, NULL);
    tcp_abandon(pcb, socket->state != SOCKET_CONNECTING);
    socket->inet.wire = NULL;
    lost(socket, error);
}

static err_t received_end(struct socket *socket, struct tcp_pcb *pcb)
{
    socket->shutdown |= SHUT_RECEIVE;
    socket->ended = true;
    /* We had ended before: nothing more can come of it. */
    if (pcb->state == CLOSING || pcb->state == TIME_WAIT)
        detach(socket);
    wake_watchers(&socket->waits, EVENT_IN | EVENT_RDNORM | EVENT_RDHUP |
                                      (socket->shutdown == SHUT_BOTH ? EVENT_HUP : 0));
    return ERR_OK;
}

/* Past an eighth of the memory each may have a little, past a quarter nobody. */
static bool has_room(const struct socket *socket, size_t size)
{
    size_t eighth = frames_total() * PAGE_SIZE / 8;

    return !socket_memory_is_short(size) && ring_room(&socket->ring) >= size &&
           (unread <= eighth || (unread <= 2 * eighth && socket->ring.used <= CROWDED_QUEUE));
}

/* Without memory lwIP keeps what came, and offers it again; but not to a connection whose ends are
 * both there, which it may forget any time. */
static err_t refused(struct socket *socket, struct tcp_pcb *pcb, struct pbuf *data)
{
    if (pcb->state != CLOSING && pcb->state != TIME_WAIT)
        return ERR_MEM;
    detach(socket);
    pbuf_free(data);
    lost(socket, ECONNRESET);
    return ERR_OK;
}

static err_t received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct socket *socket = argument;

    if (!data)
        return received_end(socket, pcb);
    if (!has_room(socket, data->tot_len))
        return refused(socket, pcb, data);
    for (const struct pbuf *part = data; part; part = part->next) {
        struct io io;

        io_kernel(&io, part->payload, part->len);
        if (ring_put(&socket->ring, &io, part->len) != (long)part->len) {
            socket->inet.wire = NULL;
            tcp_arg(pcb, NULL);
            tcp_err(pcb, NULL);
            tcp_abort(pcb);
            pbuf_free(data);
            failed(socket, ERR_RST);
            return ERR_ABRT;
        }
    }
    socket->put += data->tot_len;
    unread += data->tot_len;
    pbuf_free(data);
    wake_watchers(&socket->waits, EVENT_IN | EVENT_RDNORM);
    return ERR_OK;
}

static err_t sent(void *argument, struct tcp_pcb *pcb, u16_t size)
{
    wire_room(argument);
    return ERR_OK;
}

static void attach(struct socket *socket, struct tcp_pcb *pcb)
{
    socket->ops = &wire_tcp_ops;
    socket->inet.wire = pcb;
    socket->inet.told = socket->taken = socket->put; /* its ring is empty */
    socket->inet.full = socket->inet.starved = false;
    tcp_arg(pcb, socket);
    tcp_recv(pcb, received);
    tcp_sent(pcb, sent);
    tcp_err(pcb, failed);
    wire_options(socket);
}

/* What the segment at hand, the other end's first, says besides its bytes. */
static void facts_keep(struct socket *socket)
{
    if (ip_current_is_v6()) {
        socket->inet.peer_tos = IP6H_TC(ip6_current_header());
        socket->inet.peer_ttl = IP6H_HOPLIM(ip6_current_header());
    } else {
        socket->inet.peer_tos = IPH_TOS(ip4_current_header());
        socket->inet.peer_ttl = IPH_TTL(ip4_current_header());
    }
}

static err_t connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct socket *socket = argument;

    segment_sizes(pcb);
    socket->state = SOCKET_CONNECTED;
    facts_keep(socket);
    wire_patience(socket);
    wake_watchers(&socket->waits, EVENT_OUT | EVENT_WRNORM);
    return ERR_OK;
}

static struct socket *pending_create(struct socket *listener)
{
    struct socket *pending = tcp_pending(listener);

    if (!pending)
        return NULL;
    if (ring_init(&pending->ring, TCP_WND) != 0) {
        heap_free(pending->inet.options);
        socket_put(pending);
        return NULL;
    }
    pending->state = SOCKET_CONNECTED;
    facts_keep(pending);
    return pending;
}

/* Of those who listen there (SO_REUSEPORT; lwIP takes the first it finds) the one with the shortest
 * queue. */
static struct socket *listener_of(const struct tcp_pcb_listen *found)
{
    struct socket *best = NULL;

    for (struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb; pcb = pcb->next) {
        struct socket *socket = pcb->callback_arg;

        if (pcb->local_port == found->local_port && ip_addr_cmp(&pcb->local_ip, &found->local_ip) &&
            socket && (!best || socket->backlog_count < best->backlog_count))
            best = socket;
    }
    return best;
}

bool listener_is_full(const struct tcp_pcb_listen *listener)
{
    const struct socket *socket = listener_of(listener);

    return !socket || socket_backlog_is_full(socket);
}

static err_t accepted(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct socket *listener, *pending;

    if (error != ERR_OK || !pcb->listener || socket_memory_is_short(TCP_WND))
        return ERR_MEM;
    listener = listener_of(pcb->listener);
    pending = listener ? pending_create(listener) : NULL;
    if (!pending)
        return ERR_MEM;
    address_from_lwip(&pcb->local_ip, pcb->local_port, &pending->inet.local);
    address_from_lwip(&pcb->remote_ip, pcb->remote_port, &pending->inet.remote);
    port_share(pending);
    segment_sizes(pcb);
    if (pcb->nrtx == 0)
        wire_clock(pcb);
    attach(pending, pcb);
    socket_backlog_add(listener, pending);
    return ERR_OK;
}

/* ---- what file/socket_inet.c asks ---- */

void wire_unlisten(struct socket *socket)
{
    struct tcp_pcb *pcb = wire_pcb(socket);
    uint16_t port = pcb->local_port;

    socket->inet.wire = NULL;
    tcp_arg(pcb, NULL);
    connections_listener_ends(pcb);
    tcp_close(pcb);
    shared_tell(false, port);
    stack_done();
}

static u8_t lwip_family(const struct socket *socket, const struct inet_address *address)
{
    if (inet_is_v4(address))
        return IPADDR_TYPE_V4;
    return inet_is_any(address) && !socket->inet.only_v6 ? IPADDR_TYPE_ANY : IPADDR_TYPE_V6;
}

/* Ports are given in file/inet_ports.c: here all may be shared. */
static struct tcp_pcb *bound(const struct socket *socket)
{
    const struct inet_address *local = &socket->inet.local;
    u8_t family = lwip_family(socket, local);
    struct tcp_pcb *pcb = tcp_new_ip_type(family);
    ip_addr_t address;

    if (!pcb)
        return NULL;
    address_to_lwip(local, &address);
    if (family == IPADDR_TYPE_ANY)
        address = *IP_ANY_TYPE;
    ip_set_option(pcb, SOF_REUSEADDR);
    wire_clock(pcb);
    if (tcp_bind(pcb, &address, local->port) == ERR_OK)
        return pcb;
    tcp_close(pcb);
    return NULL;
}

int wire_listen(struct socket *socket)
{
    struct tcp_pcb *pcb, *listener;
    err_t error;

    if (inet_is_loopback(&socket->inet.local) || socket->device == LO_DEVICE)
        return 0;
    if (socket->inet.wire)
        return 0;
    pcb = bound(socket);
    if (!pcb)
        return -EADDRINUSE;
    ip_reset_option(pcb, SOF_REUSEADDR); /* for lwIP would let only one listen */
    listener = tcp_listen_with_backlog_and_err(pcb, BACKLOG_ALL, &error);
    if (!listener) {
        tcp_close(pcb);
        return error == ERR_USE ? -EADDRINUSE : -ENOBUFS;
    }
    ip_set_option(listener, SOF_REUSEADDR);
    socket->inet.wire = listener;
    tcp_arg(listener, socket);
    tcp_accept(listener, accepted);
    shared_tell(false, listener->local_port);
    return 0;
}

static int connect_from_here(struct socket *socket)
{
    struct tcp_pcb *pcb;
    ip_addr_t address;

    if (ring_init(&socket->ring, TCP_WND) != 0)
        return -ENOBUFS;
    pcb = bound(socket);
    if (!pcb) {
        ring_free(&socket->ring);
        return -ENOBUFS;
    }
    address_to_lwip(&socket->inet.remote, &address);
    /* For the choice of a list, as tcp_connect does it. */
    const ip_addr_t *own = ip_netif_get_local_ip(&stack_link, &address);

    if (own && ip_addr_isany(&pcb->local_ip))
        ip_addr_copy(pcb->local_ip, *own);
    struct tcp_pcb *old =
        connection_known(&address, socket->inet.remote.port, &pcb->local_ip, pcb->local_port);

    /* Nobody waits for it any more; else another port will do. */
    if (old && old->state == TIME_WAIT && socket->inet.port_asked)
        tcp_abort(old);
    socket->state = SOCKET_CONNECTING;
    attach(socket, pcb);
    err_t error = tcp_connect(pcb, &address, socket->inet.remote.port, connected);

    if (error != ERR_OK) {
        detach(socket);
        tcp_close(pcb);
        ring_free(&socket->ring);
        socket->ops = &tcp_ops;
        socket->state = SOCKET_FRESH;
        return error == ERR_RTE ? -ENETUNREACH : error == ERR_USE ? -EADDRNOTAVAIL : -ENOBUFS;
    }
    stack_done();
    return 0;
}

int wire_connect(struct socket *socket)
{
    int error;

    for (unsigned i = 0; i < PORT_TRIES; i++) {
        error = connect_from_here(socket);
        if (error != -EADDRNOTAVAIL || socket->inet.port_asked)
            break;
        inet_unbind_source(socket);
        if (inet_bind_source(socket, &socket->inet.remote) != 0)
            break;
    }
    return error;
}

/* ---- socket calls ---- */

static int wire_tcp_connect(struct socket *socket, const struct socket_name *name, bool nonblocking)
{
    bool is_end = name->size >= sizeof(name->family) && name->family == AF_UNSPEC;

    if (!is_end)
        return tcp_ops.connect(socket, name, nonblocking);
    if (socket->inet.wire)
        tcp_abort(detach(socket));
    stack_done();
    unread -= socket->put - socket->inet.told;
    socket->ops = &tcp_ops;
    tcp_undone(socket);
    return 0;
}

/* An empty ring keeps a page, for speed; with thousands of connections that is most of their
 * memory. */
static void ring_idle(struct ring *ring)
{
    if (ring->used || !ring->pages || !ring->pages[0])
        return;
    frame_put(direct_phys(ring->pages[0]));
    ring->pages[0] = NULL;
}

static void taken(struct socket *socket)
{
    while (socket->inet.told < socket->taken) {
        uint64_t size = socket->taken - socket->inet.told;

        size = size < 0xffff ? size : 0xffff;
        socket->inet.told += size;
        unread -= size;
        if (socket->inet.wire)
            tcp_recved(wire_pcb(socket), (u16_t)size);
    }
    ring_idle(&socket->ring);
    stack_done();
}

static unsigned wire_tcp_poll(struct socket *socket)
{
    unsigned events = socket->error ? EVENT_ERR : 0;

    if (socket->state == SOCKET_CONNECTING)
        return events;
    if (socket->shutdown == SHUT_BOTH || socket->state == SOCKET_FRESH)
        events |= EVENT_HUP;
    if (socket->shutdown & SHUT_RECEIVE)
        events |= EVENT_IN | EVENT_RDNORM | EVENT_RDHUP;
    if (stream_is_readable(socket))
        events |= EVENT_IN | EVENT_RDNORM;
    if ((socket->shutdown & SHUT_SEND) || socket->state == SOCKET_FRESH || wire_is_writable(socket))
        events |= EVENT_OUT | EVENT_WRNORM;
    else
        wire_room_ask(socket);
    return events;
}

/* Who has a connection, or is making one, cannot listen: man 2 listen has another error, Linux this
 * one. */
static int wire_tcp_listen(struct socket *socket)
{
    return -EINVAL;
}

static int wire_tcp_shutdown(struct socket *socket, unsigned how)
{
    if (socket->state != SOCKET_CONNECTED || inet_is_over(socket))
        return -ENOTCONN;
    bool sent_end = socket->shutdown & SHUT_SEND;

    socket->shutdown |= how;
    if ((how & SHUT_SEND) && !sent_end && socket->inet.wire) {
        tcp_shutdown(wire_pcb(socket), 0, 1);
        stack_done();
    }
    wake_watchers(&socket->waits, ALL_ENDED);
    return 0;
}

/* SO_LINGER: until all that was sent has arrived, or the time is up, or a signal comes. */
static void linger(struct socket *socket)
{
    nanoseconds deadline = arch_clock() + (nanoseconds)socket->linger_seconds * 1000000000;

    if (socket->state == SOCKET_CONNECTED)
        (void)wire_tcp_shutdown(socket, SHUT_SEND);
    while (wire_queued(socket)) {
        wire_room_ask(socket);
        if (socket_wait(&socket->waits, deadline) != 0)
            return;
    }
}

/* What was not read, or SO_LINGER of 0 seconds, makes the end a reset. lwIP itself sees unread
 * bytes, since it was told of each that was read. */
static void wire_tcp_release(struct socket *socket)
{
    bool reset = socket->listener || (socket->linger_on && socket->linger_seconds == 0);

    if (socket->linger_on && !reset && !socket->ring.used && caller_files())
        linger(socket);
    if (socket->inet.wire) {
        struct tcp_pcb *pcb = detach(socket);

        if (reset || tcp_close(pcb) != ERR_OK)
            tcp_abort(pcb);
        stack_done();
    }
    unread -= socket->put - socket->inet.told;
    list_remove(&socket->inet.connecting_link);
    port_leave(socket);
    heap_free(socket->inet.options);
    socket->inet.options = NULL;
}

static const struct socket_ops wire_tcp_ops = {
    .bind = inet_bind,
    .listen = wire_tcp_listen,
    .connect = wire_tcp_connect,
    .send = wire_tcp_send,
    .receive = stream_receive,
    .taken = taken,
    .poll = wire_tcp_poll,
    .queued = wire_queued,
    .shutdown = wire_tcp_shutdown,
    .name = inet_name,
    .set_option = inet_set_option,
    .get_option = inet_get_option,
    .release = wire_tcp_release,
};
