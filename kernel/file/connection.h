/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of stream sockets to other nodes, for socket_node.c. A connection belongs to a
 * socket; what it still has to tell the other end (the bits of `pending`) waits, when the ring is
 * full, and may outlive the socket. Data never waits here: it goes from the program into the ring,
 * or the program waits.
 */
#pragma once
#include "file/socket.h"
#include "node/channel.h"

#define CONNECTION_PATH 108 /* of sun_path */

struct connection {
    struct socket *socket; /* NULL: closed; here until nothing is pending */
    uint32_t node;
    uint32_t id, remote; /* id 0: it ended. remote 0: not answered yet */
    uint32_t name;       /* what we call it in frames: id; of one that we do not have: its */
    struct list link;    /* all of the node */
    struct list pending_link;
    unsigned pending;               /* bit: enum frame_kind */
    uint32_t refusal, reset, shut;  /* payloads of those kinds */
    uint64_t sent, credit;          /* our bytes: put into the ring; known to be read */
    uint64_t told;                  /* their bytes: as far as the credit we gave */
    char path[CONNECTION_PATH + 1]; /* of the other end: /node/N/NAME; /node/N: of a client */
};
struct node_connections {
    struct list all, pending;
    unsigned orphans; /* without a socket */
};
extern struct node_connections node_connections[NODES_MAX];

void connections_init(void);
struct connection *connection_create(uint32_t node,
                                     struct socket *socket) MUST_CHECK; /* NULL: no memory */
/* Whom the frame is for; NULL: nobody, or the sender is not its other end. */
struct connection *connection_find(uint32_t node, const struct frame *frame);
/* Nothing is said or heard of it any more; with a socket it stays for its path, else it is freed.
 */
void connection_end(struct connection *connection);
/* The socket goes. */
void connection_leave(struct connection *connection);
/* Says a kind as soon as there is room. Frees one without a socket that has said its last. */
void connection_want(struct connection *connection, enum frame_kind kind);
void connections_flush(uint32_t node); /* there is room again */
/* Bytes that its program may send now. 0: a credit or room will come. */
size_t connection_room(const struct connection *connection);
bool connection_is_writable(const struct connection *connection); /* as poll says */
