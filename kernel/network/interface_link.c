/* SPDX-License-Identifier: Apache-2.0 */
/* eth0 as programs see it: what lwIP knows of the link. */
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <lwip/netif.h>
#include <lwip/priv/nd6_priv.h>

#include "lib/string.h"
#include "network/interface.h"
#include "network/stack.h"
#include "network/static_six.h"
#include "network/wire.h"

#define FLAGS       0x11043 /* IFF_UP IFF_BROADCAST IFF_RUNNING IFF_MULTICAST IFF_LOWER_UP */
#define V6_PREFIX   64      /* of all that lwIP makes or takes from an advertisement */
#define PROTOCOL_RA 9       /* RTPROT_RA */

static void get(struct interface *interface)
{
    *interface = (struct interface){.name = "eth0",
                                    .index = CARD_INDEX,
                                    .mtu = stack_link.mtu,
                                    .flags = FLAGS,
                                    .hardware_type = ARPHRD_ETHER,
                                    .bytes_in = stack_counts.bytes_in,
                                    .frames_in = stack_counts.frames_in,
                                    .bytes_out = stack_counts.bytes_out,
                                    .frames_out = stack_counts.frames_out};
    memcpy(interface->hardware, stack_link.hwaddr, sizeof(interface->hardware));
}

static unsigned mask_bits(void)
{
    u32_t mask = lwip_ntohl(netif_ip4_netmask(&stack_link)->addr);

    return mask ? 32 - (unsigned)__builtin_ctz(mask) : 0;
}

static uint8_t scope_of(const ip6_addr_t *address)
{
    if (ip6_addr_islinklocal(address))
        return RT_SCOPE_LINK;
    return ip6_addr_issitelocal(address) ? RT_SCOPE_SITE : RT_SCOPE_UNIVERSE;
}

static uint8_t flags_of(u8_t i)
{
    u8_t state = netif_ip6_addr_state(&stack_link, i);
    uint8_t flags =
        netif_ip6_addr_isstatic(&stack_link, i) || i == static_six_place() ? IFA_F_PERMANENT : 0;

    if (ip6_addr_istentative(state))
        flags |= IFA_F_TENTATIVE;
    else if (ip6_addr_isdeprecated(state))
        flags |= IFA_F_DEPRECATED;
    return flags;
}

static bool address(unsigned n, struct interface_address *address)
{
    *address = (struct interface_address){.index = CARD_INDEX};
    if (netif_ip4_addr(&stack_link)->addr && n-- == 0) {
        address->is_v4 = true;
        address->prefix = (uint8_t)mask_bits();
        address->flags = IFA_F_PERMANENT;
        memcpy(address->bytes, &netif_ip4_addr(&stack_link)->addr, 4);
        return true;
    }
    for (u8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        u8_t state = netif_ip6_addr_state(&stack_link, i);

        if (ip6_addr_isinvalid(state) || ip6_addr_isduplicated(state) || n-- != 0)
            continue;
        address->prefix = i == static_six_place() ? (uint8_t)static_six_bits() : V6_PREFIX;
        address->scope = scope_of(netif_ip6_addr(&stack_link, i));
        address->flags = flags_of(i);
        memcpy(address->bytes, netif_ip6_addr(&stack_link, i)->addr, 16);
        return true;
    }
    return false;
}

static bool route_v4(unsigned n, struct interface_route *route)
{
    const ip4_addr_t *own = netif_ip4_addr(&stack_link), *gateway = netif_ip4_gw(&stack_link);

    route->is_v4 = true;
    if (n == 0 && gateway->addr) {
        route->has_gateway = true;
        route->protocol = RTPROT_BOOT;
        memcpy(route->gateway, &gateway->addr, 4);
        return true;
    }
    u32_t to = own->addr & netif_ip4_netmask(&stack_link)->addr;

    route->has_source = true;
    route->prefix = (uint8_t)mask_bits();
    route->scope = RT_SCOPE_LINK;
    route->protocol = RTPROT_KERNEL;
    memcpy(route->to, &to, 4);
    memcpy(route->source, &own->addr, 4);
    return true;
}

static bool route_v6(unsigned n, struct interface_route *route)
{
    const ip6_addr_t *gateway = static_six_gateway();

    route->prefix = V6_PREFIX;
    route->protocol = RTPROT_KERNEL;
    if (n-- == 0) {
        route->to[0] = 0xfe;
        route->to[1] = 0x80;
        return true;
    }
    if (static_six_bits() == V6_PREFIX && n-- == 0) {
        memcpy(route->to, netif_ip6_addr(&stack_link, static_six_place())->addr, V6_PREFIX / 8);
        return true;
    }
    if (gateway && n-- == 0) {
        route->prefix = 0;
        route->protocol = RTPROT_BOOT;
        route->has_gateway = true;
        memcpy(route->gateway, gateway->addr, 16);
        return true;
    }
    for (unsigned i = 0; i < LWIP_ND6_NUM_PREFIXES; i++) {
        if (!prefix_list[i].netif || n-- != 0)
            continue;
        memcpy(route->to, prefix_list[i].prefix.addr, 16);
        return true;
    }
    for (unsigned i = 0; i < LWIP_ND6_NUM_ROUTERS; i++) {
        const struct nd6_neighbor_cache_entry *router = default_router_list[i].neighbor_entry;

        if (!router || n-- != 0)
            continue;
        route->prefix = 0;
        route->protocol = PROTOCOL_RA;
        route->has_gateway = true;
        memcpy(route->gateway, router->next_hop_address.addr, 16);
        return true;
    }
    return false;
}

static bool route(unsigned n, struct interface_route *route)
{
    bool has_v4 = netif_ip4_addr(&stack_link)->addr != 0;
    unsigned v4 = has_v4 ? netif_ip4_gw(&stack_link)->addr ? 2 : 1 : 0;

    *route = (struct interface_route){.index = CARD_INDEX};
    return n < v4 ? route_v4(n, route) : route_v6(n - v4, route);
}

static int group(bool join, const struct inet_address *host)
{
    ip_addr_t address;
    err_t error;

    address_to_lwip(host, &address);
    if (IP_IS_V4(&address))
        error = join ? igmp_joingroup_netif(&stack_link, ip_2_ip4(&address))
                     : igmp_leavegroup_netif(&stack_link, ip_2_ip4(&address));
    else
        error = join ? mld6_joingroup_netif(&stack_link, ip_2_ip6(&address))
                     : mld6_leavegroup_netif(&stack_link, ip_2_ip6(&address));
    stack_done();
    return error;
}

const struct interface_card link_interface = {
    .get = get, .address = address, .route = route, .group = group};
