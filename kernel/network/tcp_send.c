/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending over a connection: a piece at a time into lwIP's queue, and who waits for room there, or
 * for memory.
 */
#include <asm/errno.h>

#include <lwip/priv/tcp_priv.h>

#include "file/inet.h"
#include "linux/socket_abi.h"
#include "memory/frames.h"
#include "network/stack.h"
#include "network/wire.h"

#define ROOM_LOW (TCP_SND_BUF / 4) /* writable again from here: fewer, larger turns */

static bool has_enough(const struct tcp_pcb *pcb)
{
    return stack_is_crowded() && pcb->snd_buf < TCP_SND_BUF - CROWDED_QUEUE;
}

bool wire_is_writable(const struct socket *socket)
{
    const struct tcp_pcb *pcb = wire_pcb(socket);

    return pcb && pcb->snd_buf >= ROOM_LOW && pcb->snd_queuelen < TCP_SND_QUEUELEN / 2 &&
           !has_enough(pcb) && !socket->inet.starved;
}

void wire_room(struct socket *socket)
{
    if (!socket->inet.full || !wire_is_writable(socket))
        return;
    socket->inet.full = false;
    wake_watchers(&socket->waits, EVENT_OUT | EVENT_WRNORM);
}

size_t wire_queued(const struct socket *socket)
{
    return socket->inet.wire ? TCP_SND_BUF - wire_pcb(socket)->snd_buf : 0;
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
    const struct tcp_pcb *pcb = wire_pcb(socket);

    return pcb->snd_buf && pcb->snd_queuelen < TCP_SND_QUEUELEN && !has_enough(pcb) ? 0 : -EAGAIN;
}

/* One piece through a page of ours: the copy may sleep, and then everything may have changed. */
static long piece_send(struct socket *socket, struct socket_message *message, void *page)
{
    struct io start = *message->io;
    size_t size = wire_pcb(socket)->snd_buf;

    if (size > PAGE_SIZE)
        size = PAGE_SIZE;
    if (size > message->io->remaining)
        size = message->io->remaining;
    long moved = io_get(message->io, page, size);

    if (moved <= 0)
        return moved;
    int error = send_state(socket);
    bool more = message->io->remaining || (message->flags & MSG_MORE);

    if (!error && tcp_write(wire_pcb(socket), page, (u16_t)moved,
                            TCP_WRITE_FLAG_COPY | (more ? TCP_WRITE_FLAG_MORE : 0)) != ERR_OK) {
        socket->inet.starved = true;
        error = -EAGAIN;
    }
    if (!error)
        return moved;
    *message->io = start;
    return error;
}

void wire_room_ask(struct socket *socket)
{
    socket->inet.full = true;
    if (socket->inet.wire)
        wire_patience(socket);
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
        if (wire_is_connection(socket)) {
            tcp_output(socket->inet.wire);
            stack_done();
        }
        if (moved == -EAGAIN)
            wire_room_ask(socket);
        if (moved == -EAGAIN)
            moved = message->nonblocking ? -EAGAIN : socket_wait(&socket->waits, message->deadline);
        if (moved)
            return total ? total : moved == -EPIPE ? broken_pipe(message) : moved;
    }
    return total;
}

/* MSG_MORE is a cork for this call alone: an answer of the other end, or lwIP's clock, lets go. */
static void output(struct tcp_pcb *pcb, bool more)
{
    u16_t corked = pcb->flags & CORKED;

    if (more)
        tcp_set_flags(pcb, CORKED);
    tcp_output(pcb);
    if (!corked)
        tcp_clear_flags(pcb, CORKED);
    stack_done();
}

long wire_tcp_send(struct socket *socket, struct socket_message *message)
{
    phys_addr page = frame_alloc(FRAME_USER);

    if (!page)
        return -ENOBUFS;
    long total = pieces_send(socket, message, direct_pointer(page));

    frame_put(page);
    if (wire_is_connection(socket))
        output(socket->inet.wire, message->flags & MSG_MORE);
    return total;
}
