/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that keep their borders: AF_UNIX datagrams and sequenced packets, UDP. Each waits in its
 * receiver's list. */
#include <asm/errno.h>

#include "file/socket.h"
#include "linux/socket_abi.h"
#include "memory/heap.h"

int message_create(struct socket_message *call, struct message **made)
{
    size_t size = call->io->remaining;
    if (socket_memory_is_short(size + sizeof(struct message)))
        return -ENOBUFS;
    struct message *message = heap_alloc(sizeof(*message) + size);
    if (!message)
        return -ENOBUFS;
    list_init(&message->link);
    message->size = size;
    caller_credentials(&message->credentials);
    if (io_get(call->io, message->bytes, size) != (long)size) {
        heap_free(message);
        return -EFAULT;
    }
    if (call->attachment) {
        int error = attachment_fly(call->attachment);
        if (error) {
            heap_free(message);
            return error;
        }
        message->attachment = call->attachment;
        call->attachment = NULL;
        if (message->attachment->has_credentials)
            message->credentials = message->attachment->credentials;
    }
    *made = message;
    return 0;
}

void message_push(struct socket *to, struct message *message)
{
    list_insert(&to->messages, &message->link);
    if (socket_option_on(to, SO_TIMESTAMP_OLD) || socket_option_on(to, SO_TIMESTAMPNS_OLD))
        message->time = arch_clock() + arch_wall_offset();
    to->message_bytes += message->size + MESSAGE_OVERHEAD;
    to->message_count++;
    wake_watchers(&to->waits, EVENT_IN | EVENT_RDNORM);
}

void message_free(struct message *message)
{
    attachment_drop(message->attachment);
    heap_free(message);
}

static void message_unlink(struct socket *socket, struct message *message)
{
    list_remove(&message->link);
    socket->message_bytes -= message->size + MESSAGE_OVERHEAD;
    socket->message_count--;
}

void messages_free(struct socket *socket)
{
    struct message *message;
    LIST_FOR_EACH (message, &socket->messages, struct message, link) {
        message_unlink(socket, message);
        message_free(message);
    }
}

static struct message *message_await(struct socket *socket, struct socket_message *call,
                                     long *result)
{
    for (;;) {
        *result = socket_take_error(socket);
        if (*result)
            return NULL;
        if (!list_is_empty(&socket->messages))
            return LIST_FIRST(&socket->messages, struct message, link);
        if (socket->shutdown & SHUT_RECEIVE)
            return NULL;
        *result = call->nonblocking ? -EAGAIN : socket_wait(&socket->waits, call->deadline);
        if (*result)
            return NULL;
    }
}

/* Who may go on sending: the peer, or all whose default destination this is. */
static void senders_wake(struct socket *socket)
{
    struct socket *sender;
    if (socket->type != SOCK_DGRAM) {
        if (socket->peer)
            wake_watchers(&socket->peer->waits, EVENT_OUT | EVENT_WRNORM);
        return;
    }
    LIST_FOR_EACH (sender, &socket->peers, struct socket, peer_link)
        wake_watchers(&sender->waits, EVENT_OUT | EVENT_WRNORM);
    wake_watchers(&socket->waits, EVENT_OUT | EVENT_WRNORM); /* unconnected senders sleep here */
}

long message_receive(struct socket *socket, struct socket_message *call)
{
    long result;
    bool peek = call->flags & MSG_PEEK;
    struct message *message = message_await(socket, call, &result);
    if (!message)
        return result;
    size_t copied = message->size < call->io->remaining ? message->size : call->io->remaining;
    if (io_put(call->io, message->bytes, copied) != (long)copied)
        return -EFAULT;
    if (copied < message->size)
        call->flags_out |= MSG_TRUNC;
    result = (long)((call->flags & MSG_TRUNC) ? message->size : copied);
    if (call->name)
        *call->name = message->from;
    call->packet = message->packet;
    call->time = message->time;
    if (socket_option_on(socket, SO_PASSCRED)) {
        call->has_credentials = true;
        call->credentials = message->credentials;
    }
    if (peek) {
        if (message->attachment && message->attachment->file_count &&
            !(call->attachment = attachment_copy(message->attachment)))
            return -ENOMEM;
        return result;
    }
    message_unlink(socket, message);
    if (message->attachment) {
        attachment_land(message->attachment);
        call->attachment = message->attachment;
        message->attachment = NULL;
    }
    message_free(message);
    senders_wake(socket);
    return result;
}
