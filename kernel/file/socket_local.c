/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_UNIX: stream, datagram and sequenced-packet sockets. Names are inodes (inode->data is the
 * bound socket while it lives) or abstract. A connect makes the server's end at once and puts it
 * into the listener's backlog, so a client can write before anyone accepts.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "file/doors.h"
#include "file/inode.h"
#include "file/socket.h"
#include "file/socket_node.h"
#include "lib/format.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "linux/socket_abi.h"

#define PATH_OFFSET   2
#define NAME_SIZE_MAX 110 /* struct sockaddr_un */
#define DATAGRAMS_MAX 10  /* net.unix.max_dgram_qlen */

static struct list abstract_names = {&abstract_names, &abstract_names};
static const struct socket_ops stream_ops, packet_ops, datagram_ops;

static bool is_abstract(const struct socket_name *name)
{
    return name->size > PATH_OFFSET && name->bytes[PATH_OFFSET] == 0;
}

/* Checks a name and gives it the form that getsockname tells: a path ends behind its 0. */
static int name_check(const struct socket_name *name, struct socket_name *clean)
{
    if (name->size <= PATH_OFFSET || name->size > NAME_SIZE_MAX || name->family != AF_UNIX)
        return -EINVAL;
    *clean = *name;
    if (!is_abstract(name)) {
        size_t length = strnlen((const char *)name->bytes + PATH_OFFSET, name->size - PATH_OFFSET);
        clean->bytes[PATH_OFFSET + length] = 0;
        clean->size = (uint32_t)(PATH_OFFSET + length + 1);
    }
    return 0;
}

static struct socket *abstract_find(const struct socket_name *name)
{
    struct socket *socket;
    LIST_FOR_EACH (socket, &abstract_names, struct socket, local.bound_link) {
        if (socket->local.name.size == name->size &&
            memcmp(socket->local.name.bytes, name->bytes, name->size) == 0)
            return socket;
    }
    return NULL;
}

/* The socket bound to a name, with a count: 0, -ECONNREFUSED, -EPROTOTYPE or what the path gave. */
static int name_find(const struct socket *from, const struct socket_name *name,
                     struct socket **found)
{
    struct socket_name clean;
    int error = name_check(name, &clean);
    if (error)
        return error;
    if (is_abstract(&clean)) {
        *found = abstract_find(&clean);
    } else {
        struct path_result path;
        error = path_find(AT_FDCWD, (const char *)clean.bytes + PATH_OFFSET, 0, &path);
        if (error)
            return error;
        struct inode *inode = path.entry->inode;
        error = inode_access(inode, 2);
        *found = (inode->mode & S_IFMT) == S_IFSOCK ? inode->data : NULL;
        path_release(&path);
        if (error)
            return error;
    }
    if (!*found)
        return -ECONNREFUSED;
    if ((*found)->type != from->type)
        return -EPROTOTYPE;
    socket_get(*found);
    return 0;
}

static int bind_path(struct socket *socket, const struct socket_name *name)
{
    struct path_result path;
    int error = path_find(AT_FDCWD, (const char *)name->bytes + PATH_OFFSET, PATH_CREATE, &path);
    if (error)
        return error == -EEXIST ? -EADDRINUSE : error;
    struct inode *inode = NULL;
    if (path.entry)
        error = -EADDRINUSE;
    else if (path.trailing_slash)
        error = -ENOENT;
    else if (!(inode = inode_create(S_IFSOCK | (0777 & ~caller_umask()), NULL)))
        error = -ENOMEM;
    else
        error = entry_create(path.parent, path.name, inode, NULL);
    path_release(&path);
    if (error) {
        if (inode)
            inode_put(inode);
        return error;
    }
    inode->data = socket;
    socket->local.inode = inode;
    socket->local.name = *name;
    return 0;
}

static void bind_abstract(struct socket *socket, const struct socket_name *name)
{
    socket->local.name = *name;
    list_insert(&abstract_names, &socket->local.bound_link);
}

/* An abstract name of five hexadecimal digits, as Linux chooses. */
static int bind_automatically(struct socket *socket)
{
    static uint32_t last;
    struct socket_name name = {.size = PATH_OFFSET + 6};
    name.family = AF_UNIX;
    for (unsigned tries = 0; tries < 1U << 20; tries++) {
        char digits[8];
        last = (last + 1) & 0xfffff;
        format(digits, sizeof(digits), "%05x", last);
        memcpy(name.bytes + PATH_OFFSET + 1, digits, 5);
        if (!abstract_find(&name)) {
            bind_abstract(socket, &name);
            return 0;
        }
    }
    return -ENOSPC;
}

int local_bind(struct socket *socket, const struct socket_name *name)
{
    struct socket_name clean;
    if (name->size == PATH_OFFSET && name->family == AF_UNIX)
        return socket->local.name.size ? -EINVAL : bind_automatically(socket);
    int error = name_check(name, &clean);
    if (error)
        return error;
    if (socket->local.name.size)
        return -EINVAL;
    if (!is_abstract(&clean))
        return bind_path(socket, &clean);
    if (abstract_find(&clean))
        return -EADDRINUSE;
    bind_abstract(socket, &clean);
    return 0;
}

static int local_listen(struct socket *socket)
{
    if (!socket->local.name.size)
        return -EINVAL;
    return socket->state == SOCKET_FRESH || socket->state == SOCKET_LISTENING ? 0 : -EINVAL;
}

static int ends_connect(struct socket *a, struct socket *b)
{
    if (a->type == SOCK_STREAM)
        return stream_connect(a, b);
    a->peer = b;
    b->peer = a;
    a->state = b->state = SOCKET_CONNECTED;
    return 0;
}

/* The listener for a name, once it has room, with a count. */
static int listener_await(struct socket *socket, const struct socket_name *name, bool nonblocking,
                          struct socket **found)
{
    nanoseconds deadline = socket_deadline(socket->send_timeout);
    for (;;) {
        struct socket *listener;
        int error = name_find(socket, name, &listener);
        if (error)
            return error;
        if (listener->state != SOCKET_LISTENING || (listener->shutdown & SHUT_RECEIVE))
            error = -ECONNREFUSED;
        else if (!socket_backlog_is_full(listener)) {
            *found = listener;
            return 0;
        } else
            error = nonblocking ? -EAGAIN : socket_wait(&listener->waits, deadline);
        socket_put(listener);
        if (error)
            return error;
    }
}

static int local_connect(struct socket *socket, const struct socket_name *name, bool nonblocking)
{
    struct socket *listener;
    if (node_is_remote(socket, name))
        return node_connect(socket, name, nonblocking);
    int error = listener_await(socket, name, nonblocking, &listener);
    if (error)
        return error;
    struct socket *pending = NULL;
    if (socket->state == SOCKET_CONNECTED)
        error = -EISCONN;
    else if (socket->state != SOCKET_FRESH)
        error = -EINVAL;
    else if (!(pending = socket_new(listener->ops, AF_UNIX, listener->type, 0)))
        error = -ENOMEM;
    else if ((error = ends_connect(socket, pending)) != 0)
        socket_put(pending);
    if (!error) {
        pending->local.name = listener->local.name;
        pending->option_bits = listener->option_bits;
        pending->credentials = socket->peer_credentials = listener->credentials;
        caller_credentials(&pending->peer_credentials);
        socket->credentials = pending->peer_credentials;
        error = socket_backlog_add(listener, pending);
    }
    socket_put(listener);
    return error;
}

static void datagram_disconnect(struct socket *socket)
{
    list_remove(&socket->peer_link);
    socket->peer = NULL;
    socket->peer_lost = false;
    socket->state = SOCKET_FRESH;
}

static void datagram_set_peer(struct socket *socket, struct socket *peer)
{
    datagram_disconnect(socket);
    socket->peer = peer;
    socket->state = SOCKET_CONNECTED;
    list_insert(&peer->peers, &socket->peer_link);
}

static int datagram_connect(struct socket *socket, const struct socket_name *name, bool nonblocking)
{
    if (name->size >= PATH_OFFSET && name->family == AF_UNSPEC) {
        datagram_disconnect(socket);
        return 0;
    }
    struct socket *peer;
    int error = name_find(socket, name, &peer);
    if (error)
        return error;
    if (peer->peer && peer->peer != socket)
        error = -EPERM; /* it talks to another only */
    else
        datagram_set_peer(socket, peer);
    socket_put(peer);
    return error;
}

static int local_pair(struct socket *a, struct socket *b)
{
    a->peer_credentials = b->credentials;
    b->peer_credentials = a->credentials;
    if (a->type != SOCK_DGRAM)
        return ends_connect(a, b);
    datagram_set_peer(a, b);
    datagram_set_peer(b, a);
    return 0;
}

static long local_stream_send(struct socket *socket, struct socket_message *message)
{
    if (message->name && message->name->size)
        return socket->state == SOCKET_CONNECTED ? -EISCONN : -EOPNOTSUPP;
    if (socket->state != SOCKET_CONNECTED)
        return -ENOTCONN;
    long result = stream_send(socket, message);
    return result == -EPIPE ? broken_pipe(message) : result;
}

static bool queue_is_full(const struct socket *from, const struct socket *to)
{
    if (to->message_bytes && to->message_bytes >= from->send_size)
        return true;
    return from->type == SOCK_DGRAM && to->message_count > DATAGRAMS_MAX;
}

/* Where this message goes, with a count. */
static int packet_target(struct socket *socket, struct socket_message *call, struct socket **target)
{
    if (socket->type == SOCK_DGRAM && call->name && call->name->size)
        return name_find(socket, call->name, target);
    if (socket->peer_lost) {
        datagram_disconnect(socket);
        return -ECONNREFUSED;
    }
    if (socket->type == SOCK_SEQPACKET && (socket->shutdown & SHUT_SEND))
        return -EPIPE;
    if (!socket->peer)
        return -ENOTCONN;
    *target = socket->peer;
    socket_get(*target);
    return 0;
}

static long packet_send(struct socket *socket, struct socket_message *call)
{
    size_t size = call->io->remaining;
    if (socket->error)
        return socket_take_error(socket);
    if (size > socket->send_size - 32)
        return -EMSGSIZE;
    for (;;) {
        struct socket *target;
        int error = packet_target(socket, call, &target);
        if (error)
            return error;
        struct message *message;
        if (socket->type == SOCK_DGRAM && target->peer && target->peer != socket)
            error = -EPERM;
        else if ((socket->shutdown & SHUT_SEND) || (target->shutdown & SHUT_RECEIVE))
            error = -EPIPE;
        else if (queue_is_full(socket, target))
            error = call->nonblocking
                        ? -EAGAIN
                        : socket_wait(target == socket->peer ? &socket->waits : &target->waits,
                                      call->deadline);
        else if ((error = message_create(call, &message)) == 0) {
            message->from = socket->local.name;
            message_push(target, message);
            socket_put(target);
            return (long)size;
        }
        socket_put(target);
        if (error)
            return error;
    }
}

static long packet_receive(struct socket *socket, struct socket_message *call)
{
    if (socket->type == SOCK_SEQPACKET && socket->state != SOCKET_CONNECTED)
        return -ENOTCONN;
    return message_receive(socket, call);
}

unsigned local_end_events(const struct socket *socket)
{
    unsigned events = 0;
    if (socket->error)
        events |= EVENT_ERR;
    if (socket->shutdown == SHUT_BOTH)
        events |= EVENT_HUP;
    if (socket->shutdown & SHUT_RECEIVE)
        events |= EVENT_RDHUP | EVENT_IN | EVENT_RDNORM;
    return events;
}

static unsigned local_poll(struct socket *socket)
{
    unsigned events = local_end_events(socket);
    if (socket->ring.used || !list_is_empty(&socket->messages) || !list_is_empty(&socket->backlog))
        events |= EVENT_IN | EVENT_RDNORM;
    if (socket->state == SOCKET_LISTENING)
        return events;
    if (socket->type != SOCK_DGRAM && socket->state == SOCKET_FRESH)
        events |= EVENT_HUP;
    bool writable = socket->type == SOCK_STREAM
                        ? stream_is_writable(socket)
                        : !socket->peer || !queue_is_full(socket, socket->peer);
    return events | (writable ? EVENT_OUT | EVENT_WRNORM : 0);
}

static int local_shutdown(struct socket *socket, unsigned how)
{
    struct socket *peer = socket->type == SOCK_DGRAM ? NULL : socket->peer;
    socket->shutdown |= how;
    wake_watchers(&socket->waits, EVENT_ALL);
    if (peer) {
        peer->shutdown |=
            (how & SHUT_RECEIVE ? SHUT_SEND : 0) | (how & SHUT_SEND ? SHUT_RECEIVE : 0);
        wake_watchers(&peer->waits, EVENT_IN | EVENT_OUT | EVENT_RDNORM | EVENT_WRNORM |
                                        EVENT_RDHUP |
                                        (peer->shutdown == SHUT_BOTH ? EVENT_HUP : 0));
    }
    return 0;
}

static int local_name(struct socket *socket, bool peer, struct socket_name *name)
{
    if (peer && !socket->peer)
        return -ENOTCONN;
    *name = peer ? socket->peer->local.name : socket->local.name;
    if (name->size == 0) {
        name->size = PATH_OFFSET;
        name->family = AF_UNIX;
    }
    return 0;
}

void local_unbind(struct socket *socket)
{
    list_remove(&socket->local.bound_link);
    if (socket->local.inode) {
        socket->local.inode->data = NULL;
        inode_put(socket->local.inode);
        socket->local.inode = NULL;
    }
}

static void local_release(struct socket *socket)
{
    struct socket *other;
    local_unbind(socket);
    node_forget(socket);
    if (socket->type == SOCK_DGRAM) {
        datagram_disconnect(socket);
    } else if (socket->peer) {
        other = socket->peer;
        other->peer = NULL;
        socket->peer = NULL;
        other->shutdown = SHUT_BOTH;
        if (socket->ring.used || !list_is_empty(&socket->messages) || socket->listener)
            other->error = ECONNRESET;
        wake_watchers(&other->waits, EVENT_ALL);
    }
    LIST_FOR_EACH (other, &socket->peers, struct socket, peer_link) {
        datagram_disconnect(other);
        other->peer_lost = true;
        wake_watchers(&other->waits, EVENT_OUT | EVENT_WRNORM);
    }
    LIST_FOR_EACH (other, &socket->backlog, struct socket, backlog_link) {
        list_remove(&other->backlog_link);
        socket_close(other);
    }
}

/* What all kinds do alike. */
#define LOCAL_OPS                                                                                  \
    .bind = local_bind, .poll = local_poll, .shutdown = local_shutdown, .name = local_name,        \
    .pair = local_pair, .release = local_release

static const struct socket_ops stream_ops = {
    LOCAL_OPS,
    .listen = local_listen,
    .connect = local_connect,
    .send = local_stream_send,
    .receive = stream_receive,
};
static const struct socket_ops packet_ops = {
    LOCAL_OPS,           .listen = local_listen,    .connect = local_connect,
    .send = packet_send, .receive = packet_receive,
};
static const struct socket_ops datagram_ops = {
    LOCAL_OPS,
    .connect = datagram_connect,
    .send = packet_send,
    .receive = packet_receive,
};

const struct socket_ops *local_ops(int type, int protocol, int *error)
{
    if (protocol && protocol != AF_UNIX) {
        *error = -EPROTONOSUPPORT;
        return NULL;
    }
    switch (type) {
    case SOCK_STREAM:
        return &stream_ops;
    case SOCK_SEQPACKET:
        return &packet_ops;
    case SOCK_DGRAM:
    case SOCK_RAW:
        return &datagram_ops;
    default:
        *error = -ESOCKTNOSUPPORT;
        return NULL;
    }
}
