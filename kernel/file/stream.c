/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes between two connected sockets: AF_UNIX streams and TCP over loopback. The sender writes
 * into the peer's ring. Notes (descriptors, credentials) hang at positions: a read takes those of
 * the first noted piece that it touches and ends with that piece, as Linux does with its socket
 * buffers.
 */
#include <asm/errno.h>
#include <linux/in.h>

#include "file/socket.h"
#include "lib/string.h"
#include "linux/socket_abi.h"
#include "memory/heap.h"

/* Waiting ones at one socket; more senders' pieces wait as if the ring were full. */
#define NOTES_MAX 1024

int stream_connect(struct socket *a, struct socket *b)
{
    int error = ring_init(&a->ring, stream_limit(b));
    if (!error)
        error = ring_init(&b->ring, stream_limit(a));
    if (error) {
        ring_free(&a->ring);
        return error;
    }
    a->peer = b;
    b->peer = a;
    a->state = b->state = SOCKET_CONNECTED;
    return 0;
}

void stream_free(struct socket *socket)
{
    struct attachment *note;
    LIST_FOR_EACH (note, &socket->notes, struct attachment, link)
        attachment_drop(note);
    socket->note_count = 0;
    ring_free(&socket->ring);
}

size_t stream_limit(const struct socket *socket)
{
    size_t limit = socket->send_size;
    if (socket->family != AF_UNIX)
        limit += socket->peer ? socket->peer->receive_size : socket->receive_size;
    return limit;
}

static size_t stream_room(struct socket *socket)
{
    struct socket *peer = socket->peer;
    size_t limit = stream_limit(socket);
    if (peer->note_count >= NOTES_MAX || peer->ring.used >= limit)
        return 0;
    /* SO_SNDBUF was raised since; without memory the old capacity stays. */
    if (limit > peer->ring.capacity && ring_resize(&peer->ring, limit) != 0)
        limit = peer->ring.capacity;
    return limit > peer->ring.used ? limit - peer->ring.used : 0;
}

bool stream_is_writable(const struct socket *socket)
{
    const struct socket *peer = socket->peer;
    return !peer || (peer->note_count < NOTES_MAX && peer->ring.used <= stream_limit(socket) / 2);
}

size_t stream_queued(const struct socket *socket)
{
    const struct socket *peer = socket->peer;
    size_t used = peer ? peer->ring.used : 0;
    size_t arrived = peer && socket->family != AF_UNIX ? peer->receive_size : 0;
    return used > arrived ? used - arrived : 0;
}

/* SO_RCVLOWAT; a ring that is half full is always enough, as on Linux. */
static size_t stream_low(const struct socket *socket)
{
    size_t low = (size_t)socket->receive_low, half = socket->ring.capacity / 2;
    return low < half || !half ? low : half;
}

bool stream_is_readable(const struct socket *socket)
{
    return socket->ring.used >= stream_low(socket);
}

long broken_pipe(const struct socket_message *message)
{
    if (!(message->flags & MSG_NOSIGNAL))
        caller_broken_pipe();
    return -EPIPE;
}

static bool same_credentials(const struct attachment *a, const struct attachment *b)
{
    return a->has_credentials == b->has_credentials &&
           memcmp(&a->credentials, &b->credentials, sizeof(a->credentials)) == 0;
}

/* Hangs a note at the next position of `to`, which takes the attachment over. Its end is set by
 * note_extend. */
static int note_add(struct socket *to, struct attachment **attachment)
{
    int error = attachment_fly(*attachment);
    if (error)
        return error;
    (*attachment)->start = (*attachment)->end = to->put;
    list_insert(&to->notes, &(*attachment)->link);
    to->note_count++;
    *attachment = NULL;
    return 0;
}

/* The credentials' note for a piece without descriptors: the last one goes on when it is the same
 * sender's. */
static int note_credentials(struct socket *from, struct socket *to, struct attachment **last)
{
    struct attachment want = {.has_credentials = true};
    caller_credentials(&want.credentials);
    *last = NULL;
    if (!list_is_empty(&to->notes)) {
        struct attachment *note = LIST_ENTRY(to->notes.previous, struct attachment, link);
        if (note->end == to->put && note->file_count == 0 && same_credentials(note, &want)) {
            *last = note;
            return 0;
        }
    }
    struct attachment *note = attachment_create(0);
    if (!note)
        return -ENOMEM;
    note->has_credentials = true;
    note->credentials = want.credentials;
    *last = note;
    return note_add(to, &note);
}

/* One piece into the peer's ring, with what belongs to it. Bytes or -errno. */
static long piece_send(struct socket *socket, struct socket_message *message, size_t room)
{
    struct socket *peer = socket->peer;
    struct attachment *note = message->attachment;
    if (note) {
        if (!note->has_credentials &&
            (socket_option_on(socket, SO_PASSCRED) || socket_option_on(peer, SO_PASSCRED))) {
            note->has_credentials = true;
            caller_credentials(&note->credentials);
        }
        int error = note_add(peer, &message->attachment);
        if (error)
            return error;
    } else if (socket_option_on(socket, SO_PASSCRED) || socket_option_on(peer, SO_PASSCRED)) {
        int error = note_credentials(socket, peer, &note);
        if (error)
            return error;
    }
    long moved = ring_put(&peer->ring, message->io, room);
    if (moved > 0)
        peer->put += (uint64_t)moved;
    if (note)
        note->end = peer->put;
    if (note && note->end == note->start) {
        peer->note_count--;
        attachment_drop(note);
    }
    return moved;
}

long stream_send(struct socket *socket, struct socket_message *message)
{
    long total = 0;
    while (message->io->remaining) {
        struct socket *peer = socket->peer;
        long moved = 0;
        if (socket->error && !total)
            return socket_take_error(socket);
        if ((socket->shutdown & SHUT_SEND) || !peer)
            return total ? total : -EPIPE;
        size_t room = stream_room(socket);
        if (room) {
            moved = piece_send(socket, message, room);
            if (moved < 0)
                return total ? total : moved;
            total += moved;
            wake_watchers(&peer->waits, EVENT_IN | EVENT_RDNORM);
            continue;
        }
        if (message->nonblocking)
            return total ? total : -EAGAIN;
        int error = socket_wait(&socket->waits, message->deadline);
        if (error)
            return total ? total : error;
    }
    return total;
}

/* The first note that ends behind `position`, or NULL. */
static struct attachment *note_at(struct socket *socket, uint64_t position)
{
    struct attachment *note;
    LIST_FOR_EACH (note, &socket->notes, struct attachment, link) {
        if (note->end > position)
            return note;
    }
    return NULL;
}

/* Drops notes that were read to their end. */
static void notes_pass(struct socket *socket)
{
    struct attachment *note;
    LIST_FOR_EACH (note, &socket->notes, struct attachment, link) {
        if (note->end > socket->taken)
            break;
        list_remove(&note->link);
        socket->note_count--;
        attachment_drop(note);
    }
}

/* Gives the call the note's descriptors; they stay in flight when the call only peeks. */
static int note_take(struct attachment *note, struct socket_message *message)
{
    struct attachment *taken = attachment_copy(note);
    if (!taken)
        return -ENOMEM;
    message->attachment = taken;
    if (!(message->flags & MSG_PEEK)) {
        attachment_land(note);
        unsigned count = note->file_count;
        note->file_count = 0;
        for (unsigned i = 0; i < count; i++)
            file_put(note->files[i]); /* never the last count: the copy has one */
    }
    return 0;
}

/* How much of the next piece this call may take, *last: and then no more. 0: not even that. */
static long piece_limit(struct socket *socket, struct socket_message *message, uint64_t position,
                        long total, bool *last)
{
    size_t size = message->io->remaining;
    struct attachment *note = note_at(socket, position);
    bool noted = note && note->start <= position;
    if (socket_option_on(socket, SO_PASSCRED)) {
        struct caller_credentials nobody = {0, 65534, 65534};
        const struct caller_credentials *sender =
            noted && note->has_credentials ? &note->credentials : &nobody;
        if (total && memcmp(sender, &message->credentials, sizeof(*sender)) != 0)
            return 0;
        message->has_credentials = true;
        message->credentials = *sender;
    }
    if (!note)
        return (long)size;
    uint64_t border = noted ? note->end : note->start;
    if (noted && note->file_count) {
        if (message->attachment)
            return 0;
        int error = note_take(note, message);
        if (error)
            return error;
        *last = true;
    }
    return border - position < size ? (long)(border - position) : (long)size;
}

static int stream_await(struct socket *socket, struct socket_message *message)
{
    if (socket->error && !socket->ended) /* the end that came before a reset is the end */
        return socket_take_error(socket);
    if (socket->shutdown & SHUT_RECEIVE)
        return 1; /* the end */
    if (socket->state == SOCKET_FRESH || socket->state == SOCKET_LISTENING)
        return socket->family == AF_UNIX ? -EINVAL : -ENOTCONN;
    if (message->nonblocking)
        return -EAGAIN;
    return socket_wait(&socket->waits, message->deadline);
}

static void sender_wake(struct socket *socket, bool was_writable)
{
    if (socket->ops->taken)
        socket->ops->taken(socket);
    if (!was_writable && socket->peer && stream_is_writable(socket->peer))
        wake_watchers(&socket->peer->waits, EVENT_OUT | EVENT_WRNORM);
}

long stream_receive(struct socket *socket, struct socket_message *message)
{
    bool peek = message->flags & MSG_PEEK, last = false;
    size_t enough = message->flags & MSG_WAITALL ? message->io->remaining : stream_low(socket);
    long total = 0;
    while (message->io->remaining && !last) {
        size_t skip = peek ? (size_t)total : 0;
        if (socket->ring.used <= skip) {
            if (total && (size_t)total >= enough)
                break;
            int error = stream_await(socket, message);
            if (error)
                return total || error == 1 ? total : error;
            continue;
        }
        long limit = piece_limit(socket, message, socket->taken + skip, total, &last);
        if (limit <= 0)
            return total ? total : limit;
        bool was_writable = !socket->peer || stream_is_writable(socket->peer);
        long moved;
        if ((message->flags & MSG_TRUNC) && socket->family != AF_UNIX) { /* TCP: throw away */
            moved =
                limit < (long)(socket->ring.used - skip) ? limit : (long)(socket->ring.used - skip);
            message->io->remaining -= (size_t)moved;
        } else {
            moved = ring_peek(&socket->ring, skip, message->io, (size_t)limit);
        }
        if (moved < 0)
            return total ? total : moved;
        total += moved;
        if (peek)
            continue;
        ring_drop(&socket->ring, (size_t)moved);
        socket->taken += (uint64_t)moved;
        if (!list_is_empty(&socket->notes))
            notes_pass(socket);
        sender_wake(socket, was_writable);
    }
    return total;
}
