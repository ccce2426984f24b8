/* SPDX-License-Identifier: Apache-2.0 */
/* Connections by their number, and what they have to say. */
#include "file/connection.h"

#include "lib/string.h"
#include "memory/heap.h"

#define CONNECTIONS_MAX 0x10000 /* so an index is half of a connection's number */

struct node_connections node_connections[NODES_MAX];
static struct connection **table;
static unsigned table_size, table_next;
static uint32_t generation;

void connections_init(void)
{
    for (uint32_t node = 0; node < NODES_MAX; node++) {
        list_init(&node_connections[node].all);
        list_init(&node_connections[node].pending);
    }
}

struct connection *connection_find(uint32_t node, const struct frame *frame)
{
    uint32_t index = frame->to % CONNECTIONS_MAX;
    struct connection *connection = index < table_size ? table[index] : NULL;

    if (!connection || connection->id != frame->to || connection->node != node)
        return NULL;
    return connection->remote == 0 || connection->remote == frame->from ? connection : NULL;
}

/* A free place; the table grows when half of it was searched in vain. */
static bool table_place(unsigned *place)
{
    for (unsigned tries = 0; tries < table_size; tries++) {
        table_next = table_next + 1 < table_size ? table_next + 1 : 0;
        if (!table[table_next]) {
            *place = table_next;
            return true;
        }
        if (tries >= table_size / 2 && table_size < CONNECTIONS_MAX)
            break;
    }
    if (table_size == CONNECTIONS_MAX)
        return false;
    unsigned size = table_size ? table_size * 2 : 64;
    struct connection **grown =
        heap_resize(table, table_size * sizeof(void *), size * sizeof(void *));

    if (!grown)
        return false;
    *place = table_next = table_size;
    table = grown;
    table_size = size;
    return true;
}

struct connection *connection_create(uint32_t node, struct socket *socket)
{
    unsigned place;
    struct connection *connection = HEAP_NEW(struct connection);

    if (!connection || !table_place(&place)) {
        heap_free(connection);
        return NULL;
    }
    generation = generation < 0xffff ? generation + 1 : 1;
    connection->id = generation * CONNECTIONS_MAX + place;
    connection->name = connection->id;
    connection->node = node;
    connection->socket = socket;
    list_insert(&node_connections[node].all, &connection->link);
    list_init(&connection->pending_link);
    table[place] = connection;
    if (socket)
        socket->local.connection = connection;
    else
        node_connections[node].orphans++;
    return connection;
}

void connection_end(struct connection *connection)
{
    if (connection->id) {
        table[connection->id % CONNECTIONS_MAX] = NULL;
        connection->id = 0;
        connection->pending = 0;
        list_remove(&connection->link);
        list_remove(&connection->pending_link);
    }
    if (!connection->socket) {
        node_connections[connection->node].orphans--;
        heap_free(connection);
    }
}

void connection_leave(struct connection *connection)
{
    connection->socket->local.connection = NULL;
    connection->socket = NULL;
    node_connections[connection->node].orphans++;
}

/* One pending kind as a frame. */
static bool connection_say(struct connection *connection, enum frame_kind kind)
{
    const void *payload = &connection->refusal;
    size_t size = sizeof(uint32_t);
    const char *name;

    if (kind == FRAME_CONNECT) {
        name = strchr(connection->path + 1, '/') + 1; /* of /node/N/NAME */
        payload = strchr(name, '/') + 1;
        size = strlen(payload);
    } else if (kind == FRAME_ACCEPT) {
        size = 0;
    } else if (kind == FRAME_CREDIT) {
        payload = &connection->told;
        size = sizeof(connection->told);
    } else if (kind == FRAME_SHUT) {
        payload = &connection->shut;
    } else if (kind == FRAME_RESET) {
        payload = &connection->reset;
    }
    return channel_send(connection->node, kind, connection->remote, connection->name, payload,
                        size);
}

/* Says what is pending; false: there was no room for all. Ends a connection that has said its last.
 */
static bool connection_flush(struct connection *connection)
{
    static const enum frame_kind order[] = {FRAME_CONNECT, FRAME_ACCEPT, FRAME_REFUSE,
                                            FRAME_CREDIT,  FRAME_SHUT,   FRAME_RESET};

    for (unsigned i = 0; i < COUNT_OF(order) && connection->pending; i++) {
        if (!(connection->pending & 1U << order[i]))
            continue;
        if (!connection_say(connection, order[i])) {
            list_remove(&connection->pending_link);
            list_insert(&node_connections[connection->node].pending, &connection->pending_link);
            return false;
        }
        connection->pending &= ~(1U << order[i]);
    }
    list_remove(&connection->pending_link);
    if (!connection->socket)
        connection_end(connection);
    return true;
}

void connection_want(struct connection *connection, enum frame_kind kind)
{
    connection->pending |= 1U << kind;
    (void)connection_flush(connection);
}

size_t connection_room(const struct connection *connection)
{
    size_t window = CHANNEL_WINDOW - (size_t)(connection->sent - connection->credit);
    size_t room;

    if (window == 0 || (connection->pending & ~(1U << FRAME_CREDIT)))
        return 0;
    room = channel_room(connection->node);
    return window < room ? window : room;
}

/* Room for a quarter of the window comes back even when nothing else happens:
 * the reader gives credit for each quarter. */
bool connection_is_writable(const struct connection *connection)
{
    return connection->sent - connection->credit <= CHANNEL_WINDOW / 4 * 3 &&
           connection_room(connection) > 0;
}

void connections_flush(uint32_t node)
{
    struct connection *connection;

    LIST_FOR_EACH (connection, &node_connections[node].pending, struct connection, pending_link) {
        if (!connection_flush(connection))
            return;
    }
}
