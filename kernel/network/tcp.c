/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream sockets over the wire: what lwIP tells of a connection, and what programs do. Received
 * bytes go into the socket's own ring, as large as the window, so lwIP's queues stay empty and
 * reading is stream_receive. socket->inet.wire is lwIP's connection for as long as lwIP has it for
 * us: until it says so, or both ends have ended it (then lwIP lets it fade away alone).
 */
#include <asm/errno.h>

#include <lwip/priv/tcp_priv.h>

#include "file/inet.h"
#include "linux/socket_abi.h"
#include "memory/frames.h"
#include "memory/heap.h"
#include "network/connections.h"
#include "network/shared.h"
#include "network/stack.h"
#include "network/wire.h"

#define ALL_ENDED   (EVENT_ALL & ~EVENT_PRI & ~EVENT_NVAL)
#define BACKLOG_ALL 255               /* of lwIP: connections.c and the socket's own hold */
#define ROOM_LOW    (TCP_SND_BUF / 4) /* writable again from here: fewer, larger turns */

/* When memory is short of half of its limit: what may wait in one connection each way. */
#define CROWDED_QUEUE (16 * 1024)

static const struct socket_ops wire_tcp_ops;
static size_t unread; /* bytes in the rings of all sockets */

static struct tcp_pcb *pcb_of(const struct socket *socket)
{
    return socket->inet.wire;
}

/* lwIP may go on with it, but tells us nothing more. */
static struct tcp_pcb *detach(struct socket *socket)
{
    struct tcp_pcb *pcb = pcb_of(socket);

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

static bool has_enough(const struct tcp_pcb *pcb)
{
    return stack_is_crowded() && pcb->snd_buf < TCP_SND_BUF - CROWDED_QUEUE;
}

static bool is_writable(const struct socket *socket)
{
    const struct tcp_pcb *pcb = pcb_of(socket);

    return pcb && pcb->snd_buf >= ROOM_LOW && pcb->snd_queuelen < TCP_SND_QUEUELEN / 2 &&
           !has_enough(pcb);
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
        lost(socket, socket->shutdown & SHUT_RECEIVE ? EPIPE : ECONNRESET);
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
    if (socket->shutdown & SHUT_RECEIVE) {
        tcp_recved(pcb, data->tot_len);
        pbuf_free(data);
        return ERR_OK;
    }
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
    struct socket *socket = argument;

    if (is_writable(socket))
        wake_watchers(&socket->waits, EVENT_OUT | EVENT_WRNORM);
    return ERR_OK;
}

static void attach(struct socket *socket, struct tcp_pcb *pcb)
{
    socket->ops = &wire_tcp_ops;
    socket->inet.wire = pcb;
    socket->inet.told = socket->taken = socket->put; /* its ring is empty */
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

bool listener_is_full(const struct tcp_pcb_listen *listener)
{
    return !listener->callback_arg || socket_backlog_is_full(listener->callback_arg);
}

static err_t accepted(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct socket *listener = argument, *pending;

    if (error != ERR_OK || !listener || socket_memory_is_short(TCP_WND))
        return ERR_MEM;
    pending = pending_create(listener);
    if (!pending)
        return ERR_MEM;
    address_from_lwip(&pcb->local_ip, pcb->local_port, &pending->inet.local);
    address_from_lwip(&pcb->remote_ip, pcb->remote_port, &pending->inet.remote);
    port_share(pending);
    attach(pending, pcb);
    socket_backlog_add(listener, pending);
    return ERR_OK;
}

/* ---- what file/socket_inet.c asks ---- */

void wire_unlisten(struct socket *socket)
{
    struct tcp_pcb *pcb = pcb_of(socket);
    uint16_t port = pcb->local_port;

    socket->inet.wire = NULL;
    tcp_arg(pcb, NULL);
    connections_listener_ends(pcb);
    tcp_close(pcb);
    shared_tell(port);
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
    listener = tcp_listen_with_backlog_and_err(pcb, BACKLOG_ALL, &error);
    if (!listener) {
        tcp_close(pcb);
        return error == ERR_USE ? -EADDRINUSE : -ENOBUFS;
    }
    socket->inet.wire = listener;
    tcp_arg(listener, socket);
    tcp_accept(listener, accepted);
    shared_tell(listener->local_port);
    return 0;
}

int wire_connect(struct socket *socket)
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
    /* For connection_choose, as tcp_connect does it. */
    const ip_addr_t *own = ip_netif_get_local_ip(&stack_link, &address);

    if (own && ip_addr_isany(&pcb->local_ip))
        ip_addr_copy(pcb->local_ip, *own);
    ip_addr_copy(pcb->remote_ip, address);
    pcb->remote_port = socket->inet.remote.port;
    connection_choose(pcb);
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
    inet_unbind_source(socket);
    stream_free(socket);
    socket->ops = &tcp_ops;
    socket->state = SOCKET_FRESH;
    socket->shutdown = 0;
    return 0;
}

/* Why nothing can be sent now: 0 or -errno; -EAGAIN: wait. */
static int send_state(struct socket *socket)
{
    if (socket->error)
        return socket_take_error(socket);
    if (socket->state == SOCKET_CONNECTING)
        return -EAGAIN;
    if (socket->state != SOCKET_CONNECTED || (socket->shutdown & SHUT_SEND) || !socket->inet.wire)
        return -EPIPE;
    const struct tcp_pcb *pcb = pcb_of(socket);

    return pcb->snd_buf && pcb->snd_queuelen < TCP_SND_QUEUELEN && !has_enough(pcb) ? 0 : -EAGAIN;
}

/* One piece through a page of ours: the copy may sleep, and then everything may have changed. */
static long piece_send(struct socket *socket, struct socket_message *message, void *page)
{
    struct io start = *message->io;
    size_t size = pcb_of(socket)->snd_buf;

    if (size > PAGE_SIZE)
        size = PAGE_SIZE;
    if (size > message->io->remaining)
        size = message->io->remaining;
    long moved = io_get(message->io, page, size);

    if (moved <= 0)
        return moved;
    int error = send_state(socket);
    u8_t more = message->io->remaining ? TCP_WRITE_FLAG_MORE : 0;

    if (!error &&
        tcp_write(pcb_of(socket), page, (u16_t)moved, TCP_WRITE_FLAG_COPY | more) != ERR_OK)
        error = -EAGAIN;
    if (!error)
        return moved;
    *message->io = start;
    return error;
}

static long pieces_send(struct socket *socket, struct socket_message *message, void *page)
{
    long total = 0;

    while (message->io->remaining) {
        long moved = total && socket->error ? -EPIPE : send_state(socket);

        if (!moved)
            moved = piece_send(socket, message, page);
        if (moved > 0) {
            total += moved;
            continue;
        }
        if (socket->inet.wire) {
            tcp_output(socket->inet.wire);
            stack_done();
        }
        if (moved == -EAGAIN)
            moved = message->nonblocking ? -EAGAIN : socket_wait(&socket->waits, message->deadline);
        if (moved)
            return total ? total : moved == -EPIPE ? broken_pipe(message) : moved;
    }
    return total;
}

static long wire_tcp_send(struct socket *socket, struct socket_message *message)
{
    phys_addr page = frame_alloc(FRAME_USER);

    if (!page)
        return -ENOBUFS;
    long total = pieces_send(socket, message, direct_pointer(page));

    frame_put(page);
    if (socket->inet.wire) {
        tcp_output(socket->inet.wire);
        stack_done();
    }
    return total;
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
            tcp_recved(pcb_of(socket), (u16_t)size);
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
    if (socket->ring.used)
        events |= EVENT_IN | EVENT_RDNORM;
    if ((socket->shutdown & SHUT_SEND) || socket->state == SOCKET_FRESH || is_writable(socket))
        events |= EVENT_OUT | EVENT_WRNORM;
    return events;
}

static int wire_tcp_shutdown(struct socket *socket, unsigned how)
{
    if (socket->state != SOCKET_CONNECTED || socket->inet.reset)
        return -ENOTCONN;
    bool sent_end = socket->shutdown & SHUT_SEND;

    socket->shutdown |= how;
    if ((how & SHUT_SEND) && !sent_end && socket->inet.wire) {
        tcp_shutdown(pcb_of(socket), 0, 1);
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
    while (socket->inet.wire && pcb_of(socket)->snd_buf < TCP_SND_BUF) {
        if (socket_wait(&socket->waits, deadline) != 0)
            return;
    }
}

/* What was not read, or SO_LINGER of 0 seconds, makes the end a reset. lwIP itself sees unread
 * bytes, since it was told of each that was read. */
static void wire_tcp_release(struct socket *socket)
{
    bool reset = socket->listener || (socket->linger_on && socket->linger_seconds == 0);

    if (socket->linger_on && !reset && !socket->ring.used)
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
    .connect = wire_tcp_connect,
    .send = wire_tcp_send,
    .receive = stream_receive,
    .taken = taken,
    .poll = wire_tcp_poll,
    .shutdown = wire_tcp_shutdown,
    .name = inet_name,
    .set_option = inet_set_option,
    .get_option = inet_get_option,
    .release = wire_tcp_release,
};
