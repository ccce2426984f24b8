/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream sockets to other nodes: what frames do to them, and what programs do. Frames come in from
 * the doorbell (kernel/node/channel.h): nothing there sleeps or looks at the running process.
 */
#include "file/socket_node.h"

#include <asm/errno.h>

#include "file/connection.h"
#include "file/inode.h"
#include "lib/format.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "linux/socket_abi.h"
#include "node/self.h"

#define PATH_OFFSET   2
#define BACKLOG_SPARE 128  /* a remote client cannot wait for room: it gets in, up to this */
#define ORPHANS_MAX   1024 /* answers that one node has not read, of closed sockets */
#define ALL_ENDED     (EVENT_ALL & ~EVENT_PRI & ~EVENT_NVAL)

static struct entry *own_directory; /* /node/SELF */
static const struct socket_ops node_ops, *local_stream_ops;

/* The other end, or the way to it, is gone. error: what the program learns once; 0: an end in
 * order. */
static void connection_break(struct connection *connection, int error)
{
    struct socket *socket = connection->socket;

    connection_end(connection);
    if (!socket)
        return;
    socket->error = error;
    if (socket->state == SOCKET_CONNECTING) {
        socket->state = SOCKET_FRESH;
        socket->ops = local_stream_ops;
        ring_free(&socket->ring);
    } else {
        socket->shutdown = SHUT_BOTH;
    }
    wake_watchers(&socket->waits, ALL_ENDED);
}

/* ---- frames ---- */

/* An answer about a connection that we do not have: to theirs, from what they call ours. false: the
 * peer asks without end. */
static bool answer(uint32_t node, uint32_t to, uint32_t from, enum frame_kind kind, int error,
                   enum violation *why)
{
    struct connection *connection;

    *why = VIOLATION_FLOOD;
    if (node_connections[node].orphans >= ORPHANS_MAX)
        return false;
    connection = connection_create(node, NULL);
    if (!connection)
        return true; /* without memory nothing can be promised */
    connection->remote = to;
    connection->name = from;
    connection->refusal = connection->reset = (uint32_t)error;
    connection_want(connection, kind);
    return true;
}

/* Who listens at /node/SELF/NAME and has room; NULL: nobody. */
static struct socket *listener_find(const char *name, size_t size)
{
    struct entry *entry;
    struct socket *listener = NULL;

    if (entry_lookup(own_directory, name, size, &entry) != 0)
        return NULL;
    if ((entry->inode->mode & S_IFMT) == S_IFSOCK)
        listener = entry->inode->data;
    entry_put(entry);
    if (!listener || listener->type != SOCK_STREAM || listener->state != SOCKET_LISTENING ||
        (listener->shutdown & SHUT_RECEIVE) ||
        listener->backlog_count > listener->backlog_max + BACKLOG_SPARE)
        return NULL;
    return listener;
}

static struct connection *pending_create(uint32_t node, struct socket *listener)
{
    struct connection *connection = NULL;
    struct socket *pending = socket_new(&node_ops, AF_UNIX, SOCK_STREAM, 0);

    if (!pending)
        return NULL;
    if (ring_init(&pending->ring, CHANNEL_WINDOW) == 0)
        connection = connection_create(node, pending);
    if (!connection) {
        ring_free(&pending->ring);
        socket_put(pending);
        return NULL;
    }
    pending->state = SOCKET_CONNECTED;
    pending->local.name = listener->local.name;
    pending->option_bits = listener->option_bits;
    pending->credentials = listener->credentials;
    format(connection->path, sizeof(connection->path), "/node/%u", node);
    return connection;
}

static bool connect_frame(uint32_t node, const struct frame *frame, const char *name,
                          enum violation *why)
{
    struct socket *listener = listener_find(name, frame->size);
    struct connection *connection;

    if (frame->from == 0 || frame->to != 0)
        return false;
    if (!listener)
        return answer(node, frame->from, 0, FRAME_REFUSE, ECONNREFUSED, why);
    connection = pending_create(node, listener);
    if (!connection)
        return answer(node, frame->from, 0, FRAME_REFUSE, ENOBUFS, why);
    connection->remote = frame->from;
    connection_want(connection, FRAME_ACCEPT);
    socket_backlog_add(listener, connection->socket);
    return true;
}

static bool data_frame(struct connection *connection, const struct frame *frame,
                       const void *payload, enum violation *why)
{
    struct socket *socket = connection->socket;
    struct io io;

    if (!socket || (socket->shutdown & SHUT_RECEIVE))
        return true; /* it was told, or will be */
    *why = VIOLATION_WINDOW;
    if (frame->size > ring_room(&socket->ring))
        return false;
    io_kernel(&io, (void *)(uintptr_t)payload, frame->size);
    if (ring_put(&socket->ring, &io, frame->size) != (long)frame->size) {
        connection_break(connection, ENOBUFS);
        return answer(connection->node, frame->from, frame->to, FRAME_RESET, ECONNRESET, why);
    }
    socket->put += frame->size;
    wake_watchers(&socket->waits, EVENT_IN | EVENT_RDNORM);
    return true;
}

static bool credit_frame(struct connection *connection, uint64_t credit)
{
    struct socket *socket = connection->socket;
    bool was_writable = connection_is_writable(connection);

    if (credit < connection->credit || credit > connection->sent)
        return false;
    connection->credit = credit;
    if (socket && !was_writable && connection_is_writable(connection))
        wake_watchers(&socket->waits, EVENT_OUT | EVENT_WRNORM);
    return true;
}

/* ACCEPT and REFUSE: what came of our CONNECT. */
static bool answer_frame(struct connection *connection, const struct frame *frame, uint32_t error)
{
    struct socket *socket = connection->socket;

    if (!socket || socket->state != SOCKET_CONNECTING ||
        (connection->pending & 1U << FRAME_CONNECT))
        return false;
    if (frame->kind == FRAME_REFUSE) {
        connection_break(connection, error > 0 && error < 134 ? (int)error : ECONNREFUSED);
        return true;
    }
    connection->remote = frame->from;
    socket->state = SOCKET_CONNECTED;
    wake_watchers(&socket->waits, EVENT_OUT | EVENT_WRNORM);
    return frame->from != 0;
}

static void shut_frame(struct connection *connection, uint32_t how)
{
    struct socket *socket = connection->socket;

    if (!socket)
        return;
    if (how & SHUT_RECEIVE)
        socket->shutdown |= SHUT_SEND;
    if (how & SHUT_SEND)
        socket->shutdown |= SHUT_RECEIVE;
    wake_watchers(&socket->waits, EVENT_IN | EVENT_OUT | EVENT_RDNORM | EVENT_WRNORM | EVENT_RDHUP |
                                      (socket->shutdown == SHUT_BOTH ? EVENT_HUP : 0));
}

static bool size_is_right(const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_CONNECT:
        return frame->size > 0 && frame->size <= CHANNEL_NAME_MAX;
    case FRAME_ACCEPT:
        return frame->size == 0;
    case FRAME_DATA:
        return frame->size > 0;
    case FRAME_CREDIT:
        return frame->size == sizeof(uint64_t);
    default:
        return frame->size == sizeof(uint32_t);
    }
}

static bool node_frame(uint32_t node, const struct frame *frame, const void *payload,
                       enum violation *why)
{
    struct connection *connection = connection_find(node, frame);
    uint32_t word = 0;

    *why = VIOLATION_PAYLOAD;
    if (!size_is_right(frame))
        return false;
    if (frame->size == sizeof(word))
        memcpy(&word, payload, sizeof(word));
    if (frame->kind == FRAME_CONNECT)
        return connect_frame(node, frame, payload, why);
    if (!connection) {
        /* Both may have closed it at the same time. */
        bool is_last = frame->kind == FRAME_RESET || frame->kind == FRAME_REFUSE;
        return is_last || answer(node, frame->from, frame->to, FRAME_RESET, ECONNRESET, why);
    }
    if (connection->remote == 0 &&
        (frame->kind == FRAME_DATA || frame->kind == FRAME_CREDIT || frame->kind == FRAME_SHUT))
        return false;
    switch (frame->kind) {
    case FRAME_DATA:
        return data_frame(connection, frame, payload, why);
    case FRAME_CREDIT:
        return credit_frame(connection, *(const uint64_t *)payload);
    case FRAME_SHUT:
        shut_frame(connection, word);
        return true;
    case FRAME_RESET:
        connection_break(connection, !connection->remote ? ECONNREFUSED : word ? ECONNRESET : 0);
        return true;
    default:
        return answer_frame(connection, frame, word);
    }
}

static void node_room(uint32_t node)
{
    struct connection *connection;

    connections_flush(node);
    LIST_FOR_EACH (connection, &node_connections[node].all, struct connection, link) {
        if (connection->socket && connection_is_writable(connection))
            wake_watchers(&connection->socket->waits, EVENT_OUT | EVENT_WRNORM);
    }
}

/* A connect that has not been sent yet may still go to the node's next life. */
static void node_down(uint32_t node)
{
    struct connection *connection;

    LIST_FOR_EACH (connection, &node_connections[node].all, struct connection, link) {
        bool is_asking = connection->pending & 1U << FRAME_CONNECT;

        if (!is_asking)
            connection_break(connection, connection->remote ? ECONNRESET : ECONNREFUSED);
        else if (!channel_can_be(node))
            connection_break(connection, EHOSTUNREACH);
    }
}

/* ---- socket calls ---- */

/* The node's number of /node/N/NAME; -1: no such path. */
static long path_node(const struct socket_name *name)
{
    const char *path = (const char *)name->bytes + PATH_OFFSET, *at = path + 6;
    long node = 0;

    if (name->size <= PATH_OFFSET + 8 || name->size > PATH_OFFSET + CONNECTION_PATH ||
        name->family != AF_UNIX || memcmp(path, "/node/", 6) != 0)
        return -1;
    for (; *at >= '0' && *at <= '9' && node < NODES_MAX; at++)
        node = node * 10 + (*at - '0');
    bool is_whole =
        at > path + 6 && *at == '/' && at + 1 < path + (name->size - PATH_OFFSET) && at[1] != 0;
    return is_whole && node < (long)machine->node_count ? node : -1;
}

bool node_is_remote(const struct socket *socket, const struct socket_name *name)
{
    long node = path_node(name);

    return socket->type == SOCK_STREAM && node >= 0 && node != (long)self_node();
}

static int connect_wait(struct socket *socket)
{
    nanoseconds deadline = socket_deadline(socket->send_timeout);

    while (socket->state == SOCKET_CONNECTING) {
        int error = socket_wait(&socket->waits, deadline);

        if (error)
            return error == -EAGAIN ? -EINPROGRESS : error;
    }
    return socket->state == SOCKET_CONNECTED ? 0 : socket_take_error(socket);
}

void node_forget(struct socket *socket)
{
    struct connection *connection = socket->local.connection;

    if (!connection)
        return;
    connection_leave(connection);
    connection_end(connection);
}

int node_connect(struct socket *socket, const struct socket_name *name, bool nonblocking)
{
    struct connection *connection;
    long node = path_node(name);

    if (socket->state == SOCKET_CONNECTING)
        return nonblocking ? -EALREADY : connect_wait(socket);
    if (socket->state != SOCKET_FRESH)
        return socket->state == SOCKET_CONNECTED ? -EISCONN : -EINVAL;
    if (node < 0)
        return -EINVAL;
    if (!channel_can_be((uint32_t)node))
        return -EHOSTUNREACH;
    node_forget(socket);
    if (ring_init(&socket->ring, CHANNEL_WINDOW) != 0)
        return -ENOMEM;
    connection = connection_create((uint32_t)node, socket);
    if (!connection) {
        ring_free(&socket->ring);
        return -ENOMEM;
    }
    memcpy(connection->path, name->bytes + PATH_OFFSET,
           strnlen((const char *)name->bytes + PATH_OFFSET, name->size - PATH_OFFSET));
    socket->ops = &node_ops;
    socket->state = SOCKET_CONNECTING;
    socket->shutdown = 0;
    socket->error = 0;
    connection_want(connection, FRAME_CONNECT);
    return nonblocking ? -EINPROGRESS : connect_wait(socket);
}

/* Why nothing can be sent now: 0 or -errno; -EAGAIN may also mean: wait. */
static int send_state(struct socket *socket)
{
    if (socket->error)
        return socket_take_error(socket);
    if (socket->state == SOCKET_CONNECTING)
        return -EAGAIN;
    return (socket->shutdown & SHUT_SEND) ? -EPIPE : 0;
}

static long node_send(struct socket *socket, struct socket_message *message)
{
    long total = 0;

    if (message->name && message->name->size)
        return socket->state == SOCKET_CONNECTED ? -EISCONN : -EOPNOTSUPP;
    if (message->attachment && message->attachment->file_count)
        return -EOPNOTSUPP; /* descriptors mean nothing on another node */
    while (message->io->remaining) {
        struct connection *connection = socket->local.connection;
        int error = total && socket->error ? -EPIPE : send_state(socket);
        size_t room = error ? 0 : connection_room(connection);

        if (room) {
            size_t size = message->io->remaining < room ? message->io->remaining : room;
            long moved = channel_send_data(connection->node, connection->remote, connection->id,
                                           message->io, size);

            if (moved < 0)
                return total ? total : moved;
            connection->sent += (uint64_t)moved;
            total += moved;
            continue;
        }
        if (!error || error == -EAGAIN)
            error = message->nonblocking ? -EAGAIN : socket_wait(&socket->waits, message->deadline);
        if (error)
            return total ? total : error == -EPIPE ? broken_pipe(message) : error;
    }
    return total;
}

/* What stands in the ring is taken at once: the doorbell may be on its way. */
static long node_receive(struct socket *socket, struct socket_message *message)
{
    if (socket->ring.used == 0)
        channel_look();
    return stream_receive(socket, message);
}

static void node_taken(struct socket *socket)
{
    struct connection *connection = socket->local.connection;

    if (!connection->id || socket->taken - connection->told < CHANNEL_WINDOW / 4)
        return;
    connection->told = socket->taken;
    connection_want(connection, FRAME_CREDIT);
}

static unsigned node_poll(struct socket *socket)
{
    struct connection *connection = socket->local.connection;
    unsigned events = local_end_events(socket);

    if (socket->ring.used)
        events |= EVENT_IN | EVENT_RDNORM;
    if (socket->state == SOCKET_CONNECTING)
        return events;
    bool is_writable = (socket->shutdown & SHUT_SEND) || connection_is_writable(connection);
    return events | (is_writable ? EVENT_OUT | EVENT_WRNORM : 0);
}

static int node_shutdown(struct socket *socket, unsigned how)
{
    struct connection *connection = socket->local.connection;

    if (socket->state != SOCKET_CONNECTED)
        return -ENOTCONN;
    socket->shutdown |= how;
    if (connection->id) {
        connection->shut |= how;
        connection_want(connection, FRAME_SHUT);
    }
    wake_watchers(&socket->waits, EVENT_ALL);
    return 0;
}

static int node_name(struct socket *socket, bool peer, struct socket_name *name)
{
    const struct connection *connection = socket->local.connection;
    size_t size;

    if (peer && socket->state != SOCKET_CONNECTED)
        return -ENOTCONN;
    *name = socket->local.name;
    if (peer) {
        size = strnlen(connection->path, CONNECTION_PATH);
        memcpy(name->bytes + PATH_OFFSET, connection->path, size);
        name->bytes[PATH_OFFSET + size] = 0;
        name->size = (uint32_t)(PATH_OFFSET + size + 1);
    }
    name->size = name->size ? name->size : PATH_OFFSET;
    name->family = AF_UNIX;
    return 0;
}

static void node_release(struct socket *socket)
{
    struct connection *connection = socket->local.connection;
    bool is_cut =
        socket->ring.used || socket->listener || (socket->linger_on && !socket->linger_seconds);

    local_unbind(socket);
    if (!connection->id || !connection->remote) {
        node_forget(socket);
        return;
    }
    connection_leave(connection);
    connection->reset = is_cut ? ECONNRESET : 0;
    connection_want(connection, FRAME_RESET);
}

static const struct socket_ops node_ops = {
    .bind = local_bind,
    .connect = node_connect,
    .taken = node_taken,
    .send = node_send,
    .receive = node_receive,
    .poll = node_poll,
    .shutdown = node_shutdown,
    .name = node_name,
    .release = node_release,
};

unsigned node_connection_count(uint32_t node)
{
    unsigned count = 0;
    struct connection *connection;

    LIST_FOR_EACH (connection, &node_connections[node].all, struct connection, link)
        count += connection->socket != NULL;
    return count;
}

int node_socket_init(void)
{
    static const struct channel_user user = {
        .down = node_down, .up = node_room, .frame = node_frame, .room = node_room};
    char path[32];
    int error = 0;

    connections_init();
    format(path, sizeof(path), "/node/%u", self_node());
    own_directory = tree_directory(path, 0755);
    local_stream_ops = local_ops(SOCK_STREAM, 0, &error);
    if (!own_directory)
        return -ENOMEM;
    channel_listen(&user);
    return 0;
}
