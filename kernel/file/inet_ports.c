/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of ports: every socket with a local port stands in the bucket of that port, whatever
 * its type. Two may share one when their addresses do not meet, or when both allow it (SO_REUSEADDR
 * unless one listens, SO_REUSEPORT).
 */
#include <asm/errno.h>

#include "file/inet.h"
#include "lib/random.h"
#include "lib/string.h"
#include "linux/socket_abi.h"

#define BUCKETS    256U
#define FREE_FIRST 32768U /* net.ipv4.ip_local_port_range */
#define FREE_LAST  60999U

static struct list buckets[BUCKETS];

static struct list *bucket_of(uint16_t port)
{
    struct list *bucket = &buckets[port % BUCKETS];
    if (!bucket->next)
        list_init(bucket);
    return bucket;
}

/* Would something sent to host `to` reach a socket bound to `local`? */
static bool covers(const struct inet_address *local, bool only_v6, const struct inet_address *to)
{
    if (inet_same_host(local, to))
        return true;
    if (!inet_is_any(local))
        return false;
    return inet_is_v4(to) ? inet_is_v4(local) || !only_v6 : !inet_is_v4(local);
}

static bool may_share(const struct socket *socket, const struct socket *other)
{
    if (socket_option_on(socket, SO_REUSEPORT) && socket_option_on(other, SO_REUSEPORT))
        return true;
    return socket_option_on(socket, SO_REUSEADDR) && socket_option_on(other, SO_REUSEADDR) &&
           other->state != SOCKET_LISTENING;
}

static bool port_is_taken(const struct socket *socket, const struct inet_address *local, bool share)
{
    struct socket *other;
    LIST_FOR_EACH (other, bucket_of(local->port), struct socket, inet.port_link) {
        const struct inet_address *theirs = &other->inet.local;
        if (other == socket || other->type != socket->type || theirs->port != local->port)
            continue;
        if (!covers(local, socket->inet.only_v6, theirs) &&
            !covers(theirs, other->inet.only_v6, local))
            continue;
        if (!share || !may_share(socket, other))
            return true;
    }
    return false;
}

static uint16_t port_free(const struct socket *socket, const struct inet_address *local)
{
    uint16_t start;
    struct inet_address tried = *local;
    random_bytes(&start, sizeof(start));
    for (unsigned i = 0; i <= FREE_LAST - FREE_FIRST; i++) {
        tried.port = (uint16_t)(FREE_FIRST + (start + i) % (FREE_LAST - FREE_FIRST + 1));
        if (!port_is_taken(socket, &tried, false))
            return tried.port;
    }
    return 0;
}

int port_take(struct socket *socket, const struct inet_address *local)
{
    struct inet_address address = *local;
    if (address.port == 0)
        address.port = port_free(socket, local);
    else if (port_is_taken(socket, &address, true))
        return -EADDRINUSE;
    if (address.port == 0)
        return -EADDRINUSE;
    socket->inet.local = address;
    list_insert(bucket_of(address.port), &socket->inet.port_link);
    return 0;
}

void port_share(struct socket *accepted)
{
    list_insert(bucket_of(accepted->inet.local.port), &accepted->inet.port_link);
}

void port_leave(struct socket *socket)
{
    list_remove(&socket->inet.port_link);
    socket->inet.local.port = 0;
}

struct socket *port_next(const struct socket *socket)
{
    unsigned i = socket ? socket->inet.local.port % BUCKETS : 0;
    const struct list *at = socket ? socket->inet.port_link.next : bucket_of(0)->next;
    while (at == &buckets[i]) {
        if (++i == BUCKETS)
            return NULL;
        at = bucket_of((uint16_t)i)->next;
    }
    return LIST_ENTRY(at, struct socket, inet.port_link);
}

bool port_listener_conflicts(const struct socket *socket)
{
    return port_is_taken(socket, &socket->inet.local, true);
}

/* The more exactly a socket is bound, the better; -1: not at all. */
static int fitness(const struct socket *socket, const struct inet_address *to, uint32_t interface)
{
    const struct inet_address *local = &socket->inet.local;
    if (local->port != to->port || (socket->device && socket->device != interface) ||
        !covers(local, socket->inet.only_v6, to))
        return -1;
    return inet_same_host(local, to) ? 2 : inet_is_v4(local);
}

struct socket *port_listener(const struct inet_address *to, uint32_t interface)
{
    struct socket *socket, *best = NULL;
    int best_fit = -1;
    LIST_FOR_EACH (socket, bucket_of(to->port), struct socket, inet.port_link) {
        if (socket->type != SOCK_STREAM || socket->state != SOCKET_LISTENING)
            continue;
        int fit = fitness(socket, to, interface);
        /* Of equals (SO_REUSEPORT) the one with the shorter queue. */
        if (fit > best_fit ||
            (best && fit == best_fit && socket->backlog_count < best->backlog_count)) {
            best = socket;
            best_fit = fit;
        }
    }
    return best;
}

/* Each sender's datagrams go to one socket, and to the same one while there are no others. */
static uint64_t weight(const struct socket *socket, const struct inet_address *from)
{
    uint64_t words[2], mixed;
    memcpy(words, from->bytes, sizeof(words));
    mixed = (words[0] + words[1] * 31 + from->port) ^ socket->number * 0x9e3779b97f4a7c15UL;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9UL; /* as in splitmix64 */
    return (mixed ^ mixed >> 27) * 0x94d049bb133111ebUL;
}

struct socket *port_receiver(const struct inet_address *to, const struct inet_address *from,
                             uint32_t interface)
{
    struct socket *socket, *best = NULL;
    int best_fit = 0;
    LIST_FOR_EACH (socket, bucket_of(to->port), struct socket, inet.port_link) {
        int fit = socket->type == SOCK_DGRAM ? fitness(socket, to, interface) : -1;
        if (fit >= 0 && socket->state == SOCKET_CONNECTED) {
            if (socket->inet.remote.port != from->port ||
                !inet_same_host(&socket->inet.remote, from))
                continue;
            fit += 4;
        }
        if (fit < best_fit || (best && fit == best_fit && socket_option_on(socket, SO_REUSEPORT) &&
                               weight(socket, from) < weight(best, from)))
            continue;
        best = socket;
        best_fit = fit;
    }
    return best;
}
