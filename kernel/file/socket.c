/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets as files: making, closing, accepting, and the way from read/write/poll to the family's
 * own calls. */
#include "file/socket.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>

#include "linux/abi.h"
#include "linux/socket_abi.h"
#include "memory/frames.h"
#include "memory/heap.h"

#define SIZE_DEFAULT        212992U /* net.core.wmem_default, rmem_default */
#define TCP_SEND_DEFAULT    16384U
#define TCP_RECEIVE_DEFAULT 131072U

static const struct file_ops socket_file_ops;

struct socket *socket_new(const struct socket_ops *ops, int family, int type, int protocol)
{
    struct socket *socket = HEAP_NEW(struct socket);
    if (!socket)
        return NULL;
    bool tcp = family != AF_UNIX && type == SOCK_STREAM;
    socket->ops = ops;
    socket->count = 1;
    socket->family = family;
    socket->type = type;
    socket->protocol = protocol;
    socket->number = anonymous_number();
    socket->send_size = tcp ? TCP_SEND_DEFAULT : SIZE_DEFAULT;
    socket->receive_size = tcp ? TCP_RECEIVE_DEFAULT : SIZE_DEFAULT;
    socket->receive_low = 1;
    wait_queue_init(&socket->waits);
    list_init(&socket->peers);
    list_init(&socket->peer_link);
    list_init(&socket->notes);
    list_init(&socket->messages);
    list_init(&socket->backlog);
    list_init(&socket->backlog_link);
    if (family == AF_UNIX) {
        list_init(&socket->local.bound_link);
        list_insert(&local_sockets, &socket->local.all_link);
    } else if (family != AF_NETLINK) {
        list_init(&socket->inet.port_link);
        list_init(&socket->inet.connecting);
        list_init(&socket->inet.connecting_link);
        list_init(&socket->inet.groups);
    }
    return socket;
}

void socket_put(struct socket *socket)
{
    if (--socket->count)
        return;
    if (socket->family == AF_UNIX)
        list_remove(&socket->local.all_link);
    heap_free(socket);
}

void socket_close(struct socket *socket)
{
    socket->file = NULL;
    socket->ops->release(socket);
    socket->shutdown = SHUT_BOTH;
    stream_free(socket);
    messages_free(socket);
    wait_queue_end(&socket->waits, EVENT_ALL);
    socket_put(socket);
}

int socket_take_error(struct socket *socket)
{
    int error = socket->error;
    socket->error = 0;
    return -error;
}

bool socket_memory_is_short(size_t size)
{
    return frames_free() < size / PAGE_SIZE + 64;
}

nanoseconds socket_deadline(nanoseconds timeout)
{
    return timeout ? arch_clock() + timeout : NO_DEADLINE;
}

int socket_wait(struct wait_queue *queue, nanoseconds deadline)
{
    int error = wait_on(queue, deadline);
    if (error == -ETIMEDOUT)
        return -EAGAIN;
    if (error == -EINTR && deadline == NO_DEADLINE)
        return -RESTART_CALL;
    return error;
}

bool socket_backlog_is_full(const struct socket *listener)
{
    return listener->backlog_count > listener->backlog_max;
}

int socket_backlog_add(struct socket *listener, struct socket *pending)
{
    pending->listener = listener;
    list_insert(&listener->backlog, &pending->backlog_link);
    listener->backlog_count++;
    wake_watchers(&listener->waits, EVENT_IN | EVENT_RDNORM);
    return 0;
}

struct socket *socket_of(struct file *file)
{
    return file->ops == &socket_file_ops ? file->data : NULL;
}

static const struct socket_ops *ops_of(int family, int type, int *protocol, int *error)
{
    if (family < 0 || family >= AF_MAX) {
        *error = -EAFNOSUPPORT;
        return NULL;
    }
    if (type < 0 || type > 10) {
        *error = -EINVAL;
        return NULL;
    }
    if (family == AF_UNIX)
        return local_ops(type, *protocol, error);
    if (family == AF_INET || family == AF_INET6)
        return inet_ops(type, protocol, error);
    if (family == AF_NETLINK)
        return route_ops(type, *protocol, error);
    *error = -EAFNOSUPPORT;
    return NULL;
}

static int socket_file(struct socket *socket, unsigned flags, struct file **file)
{
    *file = file_create(&socket_file_ops, O_RDWR | flags, socket);
    if (!*file)
        return -ENFILE;
    socket->file = *file;
    return 0;
}

int socket_create(int family, int type, int protocol, unsigned flags, struct file **file)
{
    int error = 0;
    const struct socket_ops *ops = ops_of(family, type, &protocol, &error);
    if (!ops)
        return error;
    /* AF_UNIX takes SOCK_RAW for SOCK_DGRAM. */
    if (family == AF_UNIX && type == SOCK_RAW)
        type = SOCK_DGRAM;
    struct socket *socket = socket_new(ops, family, type, protocol);
    if (!socket)
        return -ENOBUFS;
    caller_credentials(&socket->credentials);
    error = socket_file(socket, flags, file);
    if (error)
        socket_put(socket);
    return error;
}

int socket_create_pair(int family, int type, int protocol, unsigned flags, struct file *files[2])
{
    int error = socket_create(family, type, protocol, flags, &files[0]);
    if (error)
        return error;
    error = socket_create(family, type, protocol, flags, &files[1]);
    if (error) {
        file_put(files[0]);
        return error;
    }
    struct socket *a = files[0]->data, *b = files[1]->data;
    error = a->ops->pair ? a->ops->pair(a, b) : -EOPNOTSUPP;
    if (error) {
        file_put(files[0]);
        file_put(files[1]);
    }
    return error;
}

int socket_listen(struct socket *socket, int backlog)
{
    if (!socket->ops->listen)
        return -EOPNOTSUPP;
    socket->backlog_max =
        (unsigned)backlog > SOCKET_BACKLOG_MAX ? SOCKET_BACKLOG_MAX : (unsigned)backlog;
    int error = socket->ops->listen(socket);
    if (error)
        return error;
    socket->state = SOCKET_LISTENING;
    caller_credentials(&socket->credentials);
    return 0;
}

int socket_accept(struct file *file, unsigned flags, struct file **accepted)
{
    struct socket *listener = file->data;
    if (!listener->ops->listen)
        return -EOPNOTSUPP;
    nanoseconds deadline = socket_deadline(listener->receive_timeout);
    while (list_is_empty(&listener->backlog)) {
        if (listener->state != SOCKET_LISTENING || (listener->shutdown & SHUT_RECEIVE))
            return -EINVAL;
        if (file_nonblocking(file))
            return -EAGAIN;
        int error = socket_wait(&listener->waits, deadline);
        if (error)
            return error;
    }
    struct socket *pending = LIST_FIRST(&listener->backlog, struct socket, backlog_link);
    int error = socket_file(pending, flags, accepted);
    if (error)
        return error;
    bool was_full = socket_backlog_is_full(listener);
    list_remove(&pending->backlog_link);
    listener->backlog_count--;
    pending->listener = NULL;
    if (listener->ops->accepted)
        listener->ops->accepted(listener, pending);
    if (was_full)
        wake_watchers(&listener->waits, EVENT_OUT);
    return 0;
}

long socket_send(struct file *file, struct socket_message *message)
{
    struct socket *socket = file->data;
    if (message->flags & MSG_OOB)
        return -EOPNOTSUPP;
    message->nonblocking = file_nonblocking(file) || (message->flags & MSG_DONTWAIT);
    message->deadline = socket_deadline(socket->send_timeout);
    return socket->ops->send(socket, message);
}

long socket_receive(struct file *file, struct socket_message *message)
{
    struct socket *socket = file->data;
    if (message->flags & MSG_OOB)
        return socket->family == AF_UNIX ? -EOPNOTSUPP : -EINVAL;
    if (message->flags & MSG_ERRQUEUE)
        return -EAGAIN;
    message->nonblocking = file_nonblocking(file) || (message->flags & MSG_DONTWAIT);
    message->deadline = socket_deadline(socket->receive_timeout);
    return socket->ops->receive(socket, message);
}

static long socket_read(struct file *file, struct io *io, int64_t *position)
{
    struct socket_message message = {.io = io};
    if (io->remaining == 0)
        return 0;
    long result = socket_receive(file, &message);
    attachment_drop(message.attachment);
    return result;
}

static long socket_write(struct file *file, struct io *io, int64_t *position)
{
    struct socket_message message = {.io = io};
    return socket_send(file, &message);
}

static unsigned socket_poll(struct file *file, struct waiter *waiter)
{
    struct socket *socket = file->data;
    if (waiter)
        wait_add(&socket->waits, waiter);
    return socket->ops->poll(socket);
}

static long socket_ioctl(struct file *file, unsigned command, uintptr_t argument)
{
    struct socket *socket = file->data;
    int value;
    if (command == FIONREAD) {
        if (socket->state == SOCKET_LISTENING)
            return -EINVAL;
        value = (int)socket->ring.used;
        if (!list_is_empty(&socket->messages))
            value = (int)LIST_FIRST(&socket->messages, struct message, link)->size;
    } else if (command == TIOCOUTQ) {
        value = (int)(socket->ops->queued ? socket->ops->queued : stream_queued)(socket);
    } else {
        return interface_ioctl(command, argument);
    }
    return copy_out(argument, &value);
}

static int socket_stat(struct file *file, struct linux_stat *stat)
{
    const struct socket *socket = file->data;
    anonymous_stat(stat, S_IFSOCK | 0777, socket->number);
    return 0;
}

static void socket_file_close(struct file *file)
{
    socket_close(file->data);
}

static const struct file_ops socket_file_ops = {
    .kind = "socket",
    .read = socket_read,
    .write = socket_write,
    .poll = socket_poll,
    .ioctl = socket_ioctl,
    .stat = socket_stat,
    .close = socket_file_close,
};
