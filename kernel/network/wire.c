/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses between sockets and lwIP, and which of them are this node's. */
#include "network/wire.h"

#include <lwip/ip.h>
#include <lwip/netif.h>

#include "lib/string.h"
#include "linux/socket_abi.h"
#include "network/shared.h"
#include "network/stack.h"

void address_to_lwip(const struct inet_address *address, ip_addr_t *to)
{
    if (inet_is_v4(address)) {
        u32_t v4;

        memcpy(&v4, address->bytes + 12, sizeof(v4));
        ip_addr_set_ip4_u32(to, v4);
        return;
    }
    ip6_addr_t v6 = {.zone = 0};

    memcpy(v6.addr, address->bytes, sizeof(address->bytes));
    ip6_addr_assign_zone(&v6, IP6_UNKNOWN, &stack_link);
    ip_addr_copy_from_ip6(*to, v6);
}

void address_from_lwip(const ip_addr_t *address, uint16_t port, struct inet_address *to)
{
    *to = (struct inet_address){.port = port};
    if (IP_IS_V4(address)) {
        to->bytes[10] = to->bytes[11] = 0xff;
        memcpy(to->bytes + 12, &ip_2_ip4(address)->addr, 4);
    } else {
        memcpy(to->bytes, ip_2_ip6(address)->addr, sizeof(to->bytes));
    }
}

static bool is_own(const struct inet_address *address)
{
    ip_addr_t wanted;

    address_to_lwip(address, &wanted);
    if (IP_IS_V4(&wanted))
        return shared_is(&wanted) || (ip_2_ip4(&wanted)->addr != 0 &&
                                      ip4_addr_cmp(ip_2_ip4(&wanted), netif_ip4_addr(&stack_link)));
    return shared_is(&wanted) || netif_get_ip6_addr_match(&stack_link, ip_2_ip6(&wanted)) >= 0;
}

static bool source(const struct inet_address *to, struct inet_address *from)
{
    ip_addr_t target;

    address_to_lwip(to, &target);
    if (!ip_route(IP_ADDR_ANY, &target))
        return false;
    const ip_addr_t *own = ip_netif_get_local_ip(&stack_link, &target);

    if (!own || ip_addr_isany(own))
        return false;
    address_from_lwip(own, 0, from);
    return true;
}

static void leave(struct socket *socket)
{
    if (socket->type == SOCK_DGRAM)
        wire_unbind(socket);
    else
        wire_unlisten(socket);
}

const struct inet_wire wire = {
    .is_own = is_own,
    .source = source,
    .listen = wire_listen,
    .connect = wire_connect,
    .bind = wire_bind,
    .send = wire_send,
    .options = wire_options_set,
    .info = wire_info,
    .leave = leave,
};
