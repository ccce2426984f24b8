/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_UNIX sockets can be sent into each other's queues and then closed: nobody can reach them, yet
 * each is held. Here such ones are found: roots are sockets whose file has more counts than there
 * are attachments with it; what hangs in the queues of what is reached, is reached. The attachments
 * of the rest are dropped, which closes them.
 */
#include "file/doors.h"
#include "file/socket.h"
#include "linux/socket_abi.h"

#define WORTH_A_LOOK 64 /* descriptors in flight */

struct list local_sockets = {&local_sockets, &local_sockets};
static unsigned due = WORTH_A_LOOK;

#define LOCAL_EACH(socket) LIST_FOR_EACH (socket, &local_sockets, struct socket, local.all_link)

static struct socket *local_of(struct file *file)
{
    struct socket *socket = socket_of(file);
    return socket && socket->family == AF_UNIX ? socket : NULL;
}

static void attachment_visit(const struct attachment *attachment, void (*visit)(struct socket *))
{
    for (unsigned i = 0; attachment && i < attachment->file_count; i++) {
        struct socket *socket = local_of(attachment->files[i]);
        if (socket)
            visit(socket);
    }
}

/* All that hangs in the socket's own queues. */
static void queues_visit(struct socket *socket, void (*visit)(struct socket *))
{
    struct attachment *note;
    struct message *message;
    LIST_FOR_EACH (note, &socket->notes, struct attachment, link)
        attachment_visit(note, visit);
    LIST_FOR_EACH (message, &socket->messages, struct message, link)
        attachment_visit(message->attachment, visit);
}

static void flight_count(struct socket *socket)
{
    socket->local.flights++;
}

static struct socket *to_follow;

static void reach(struct socket *socket)
{
    if (socket->local.reached)
        return;
    socket->local.reached = true;
    socket->local.reached_next = to_follow;
    to_follow = socket;
}

static void follow_all(void)
{
    while (to_follow) {
        struct socket *socket = to_follow, *pending;
        to_follow = socket->local.reached_next;
        queues_visit(socket, reach);
        LIST_FOR_EACH (pending, &socket->backlog, struct socket, backlog_link)
            reach(pending);
    }
}

/* Moves the attachments of an unreachable socket to a list: dropping them closes sockets, this one
 * perhaps. */
static void queues_take(struct socket *socket, struct list *taken)
{
    struct attachment *note;
    struct message *message;
    LIST_FOR_EACH (note, &socket->notes, struct attachment, link) {
        list_remove(&note->link);
        socket->note_count--;
        list_insert(taken, &note->link);
    }
    LIST_FOR_EACH (message, &socket->messages, struct message, link) {
        if (message->attachment)
            list_insert(taken, &message->attachment->link);
        message->attachment = NULL;
    }
}

void socket_collect(void)
{
    struct socket *socket;
    struct list taken;
    list_init(&taken);
    LOCAL_EACH(socket)
    {
        socket->local.flights = 0;
        socket->local.reached = false;
    }
    LOCAL_EACH(socket)
    queues_visit(socket, flight_count);
    LOCAL_EACH(socket)
    {
        if (socket->file && socket->file->count > socket->local.flights)
            reach(socket);
    }
    follow_all();
    LOCAL_EACH(socket)
    {
        /* One without a file waits to be accepted by a listener that was not reached, or is just
         * being made. */
        if (!socket->local.reached && (socket->file || socket->listener))
            queues_take(socket, &taken);
    }
    while (!list_is_empty(&taken))
        attachment_drop(LIST_FIRST(&taken, struct attachment, link));
    due = attachment_files_in_flight() * 2 + WORTH_A_LOOK;
}

void socket_collect_if_due(void)
{
    if (attachment_files_in_flight() >= due ||
        attachment_files_in_flight() > caller_files_max() / 2)
        socket_collect();
}
