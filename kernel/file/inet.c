/* SPDX-License-Identifier: Apache-2.0 */
/* Internet addresses: between a program's sockaddr and the inner form, what is local, and what a
 * socket is bound to. */
#include "file/inet.h"

#include <asm/errno.h>
#include <linux/in.h>

#include "lib/string.h"
#include "linux/socket_abi.h"

#define V6_SIZE_MIN 24 /* without the scope: RFC 2133 */

struct name_v4 {
    uint16_t family, port;
    uint8_t address[4], zero[8];
};
struct name_v6 {
    uint16_t family, port;
    uint32_t flow;
    uint8_t address[16];
    uint32_t scope; /* index of an interface */
};
#define SCOPE_CARD 2 /* network/interface.h: the only one with link-local addresses */
static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool inet_is_v4(const struct inet_address *address)
{
    return memcmp(address->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

bool inet_is_any(const struct inet_address *address)
{
    return is_zero(address->bytes, 16) || (inet_is_v4(address) && is_zero(address->bytes + 12, 4));
}

bool inet_same_host(const struct inet_address *a, const struct inet_address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

const struct inet_wire *inet_wire;

static bool is_link_local(const struct inet_address *address) /* fe80::/10 */
{
    return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

bool inet_is_multicast(const struct inet_address *address)
{
    return inet_is_v4(address) ? (address->bytes[12] & 0xf0) == 0xe0 : address->bytes[0] == 0xff;
}

bool inet_is_loopback(const struct inet_address *address)
{
    if (inet_is_v4(address))
        return address->bytes[12] == 127;
    return is_zero(address->bytes, 15) && address->bytes[15] == 1;
}

bool inet_is_local(const struct inet_address *address)
{
    return inet_is_loopback(address) || (inet_wire && inet_wire->is_own(address));
}

void inet_set_loopback(struct inet_address *address, bool v4)
{
    memset(address->bytes, 0, sizeof(address->bytes));
    if (v4) {
        memcpy(address->bytes, v4_prefix, sizeof(v4_prefix));
        address->bytes[12] = 127;
    }
    address->bytes[15] = 1;
}

int inet_parse(const struct socket *socket, const struct socket_name *name,
               struct inet_address *address)
{
    if (socket->family == AF_INET) {
        struct name_v4 v4;
        if (name->size < sizeof(v4))
            return -EINVAL;
        memcpy(&v4, name->bytes, sizeof(v4));
        if (v4.family != AF_INET && !(v4.family == AF_UNSPEC && is_zero(v4.address, 4)))
            return -EAFNOSUPPORT;
        memcpy(address->bytes, v4_prefix, sizeof(v4_prefix));
        memcpy(address->bytes + 12, v4.address, 4);
        address->port = __builtin_bswap16(v4.port);
        return 0;
    }
    struct name_v6 v6 = {.scope = 0};
    if (name->size < V6_SIZE_MIN)
        return -EINVAL;
    memcpy(&v6, name->bytes, name->size < sizeof(v6) ? V6_SIZE_MIN : sizeof(v6));
    if (v6.family != AF_INET6)
        return -EAFNOSUPPORT;
    memcpy(address->bytes, v6.address, sizeof(v6.address));
    address->port = __builtin_bswap16(v6.port);
    if (!is_link_local(address))
        return 0;
    uint32_t scope = v6.scope ? v6.scope : socket->device;
    return !scope ? -EINVAL : scope > (inet_wire ? SCOPE_CARD : 1) ? -ENODEV : 0;
}

void inet_format(const struct socket *socket, const struct inet_address *address,
                 struct socket_name *name)
{
    uint16_t port = __builtin_bswap16(address->port);
    if (socket->family == AF_INET) {
        struct name_v4 v4 = {.family = AF_INET, .port = port};
        memcpy(v4.address, address->bytes + 12, sizeof(v4.address));
        name->size = sizeof(v4);
        memcpy(name->bytes, &v4, sizeof(v4));
        return;
    }
    struct name_v6 v6 = {
        .family = AF_INET6, .port = port, .scope = is_link_local(address) ? SCOPE_CARD : 0};
    memcpy(v6.address, address->bytes, sizeof(v6.address));
    name->size = sizeof(v6);
    memcpy(name->bytes, &v6, sizeof(v6));
}

int inet_route(const struct socket *socket, struct inet_address *to)
{
    if (inet_is_any(to))
        inet_set_loopback(to, inet_is_v4(to));
    struct inet_address source;
    if (inet_is_v4(to) && socket->inet.only_v6)
        return -ENETUNREACH;
    if (inet_is_multicast(to))
        return multicast_has_way(socket, to) ? 0 : -ENETUNREACH;
    if (!inet_is_local(to) &&
        (!inet_wire || socket->device == LO_DEVICE || !inet_wire->source(to, &source)))
        return -ENETUNREACH;
    /* An address bound to one family cannot talk to the other. */
    const struct inet_address *local = &socket->inet.local;
    if (local->port && !inet_is_any(local) && inet_is_v4(local) != inet_is_v4(to))
        return -ENETUNREACH;
    if (local->port && inet_is_loopback(local) && !inet_is_local(to))
        return -EINVAL;
    return 0;
}

int inet_bind_wire(struct socket *socket)
{
    if (socket->type != SOCK_DGRAM || !inet_wire || inet_is_loopback(&socket->inet.local) ||
        socket->device == LO_DEVICE)
        return 0;
    int error = inet_wire->bind(socket);
    if (error)
        port_leave(socket);
    return error;
}

int inet_bind(struct socket *socket, const struct socket_name *name)
{
    struct inet_address address;
    int error = inet_parse(socket, name, &address);
    if (error)
        return error;
    if (!inet_is_any(&address) && !inet_is_local(&address) &&
        !(socket->type == SOCK_DGRAM && inet_is_multicast(&address)))
        return -EADDRNOTAVAIL;
    if (inet_is_v4(&address) && socket->inet.only_v6)
        return -EINVAL;
    if (socket->inet.local.port || socket->state != SOCKET_FRESH)
        return -EINVAL;
    error = port_take(socket, &address);
    if (error)
        return error;
    socket->inet.port_asked = true;
    socket->inet.host_asked = !inet_is_any(&address);
    return inet_bind_wire(socket);
}

int inet_name(struct socket *socket, bool peer, struct socket_name *name)
{
    if (peer && (socket->state != SOCKET_CONNECTED || inet_is_over(socket)))
        return -ENOTCONN;
    struct inet_address address = peer ? socket->inet.remote : socket->inet.local;
    inet_format(socket, &address, name);
    return 0;
}

void inet_source(const struct inet_address *to, struct inet_address *source)
{
    uint16_t port = source->port;
    if (inet_is_loopback(to))
        inet_set_loopback(source, inet_is_v4(to));
    else if (inet_is_local(to) || !inet_wire->source(to, source))
        *source = *to;
    source->port = port;
}

int inet_bind_source(struct socket *socket, const struct inet_address *to)
{
    struct inet_address *local = &socket->inet.local;
    if (local->port) {
        if (inet_is_any(local))
            inet_source(to, local);
        return 0;
    }
    struct inet_address source = {.port = 0};
    inet_source(to, &source);
    if (port_take(socket, &source) != 0)
        return -EADDRNOTAVAIL;
    return inet_bind_wire(socket);
}

void inet_unbind_source(struct socket *socket)
{
    if (!socket->inet.host_asked) {
        memset(socket->inet.local.bytes, 0, sizeof(socket->inet.local.bytes));
        if (socket->family == AF_INET)
            memcpy(socket->inet.local.bytes, v4_prefix, sizeof(v4_prefix));
    }
    if (socket->inet.port_asked)
        return;
    if (socket->inet.wire)
        inet_wire->leave(socket);
    port_leave(socket);
}
