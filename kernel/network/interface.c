/* SPDX-License-Identifier: Apache-2.0 */
/* lo, which is always there, and whatever the card adds. */
#include "network/interface.h"

#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include "file/socket.h"
#include "lib/string.h"

#define LO_MTU   65536
#define LO_FLAGS 0x10049 /* IFF_UP IFF_LOOPBACK IFF_RUNNING IFF_LOWER_UP */

const struct interface_card *interface_card;
static const struct interface_address lo_addresses[] = {
    {LO_INDEX, true, 8, RT_SCOPE_HOST, IFA_F_PERMANENT, {127, 0, 0, 1}},
    {LO_INDEX, false, 128, RT_SCOPE_HOST, IFA_F_PERMANENT, {[15] = 1}},
};

bool interface_at(unsigned n, struct interface *interface)
{
    if (n > 1 || (n == 1 && !interface_card))
        return false;
    *interface = (struct interface){.name = "lo",
                                    .index = LO_INDEX,
                                    .mtu = LO_MTU,
                                    .flags = LO_FLAGS,
                                    .hardware_type = ARPHRD_LOOPBACK};
    if (n == 1)
        interface_card->get(interface);
    return true;
}

bool interface_address_at(unsigned n, struct interface_address *address)
{
    if (n >= COUNT_OF(lo_addresses))
        return interface_card && interface_card->address(n - COUNT_OF(lo_addresses), address);
    *address = lo_addresses[n];
    return true;
}

bool interface_route_at(unsigned n, struct interface_route *route)
{
    return interface_card && interface_card->route(n, route);
}

bool interface_named(const char *name, struct interface *interface)
{
    for (unsigned n = 0; interface_at(n, interface); n++) {
        if (strcmp(interface->name, name) == 0)
            return true;
    }
    return false;
}

uint32_t interface_index(const char *name)
{
    struct interface interface;

    return interface_named(name, &interface) ? interface.index : 0;
}

void interface_name(uint32_t index, char name[16])
{
    struct interface interface;

    if (index && interface_at(index - 1, &interface))
        memcpy(name, interface.name, sizeof(interface.name));
    else
        name[0] = 0;
}

bool interface_v4(uint32_t index, struct interface_address *address)
{
    for (unsigned n = 0; interface_address_at(n, address); n++) {
        if (address->index == index && address->is_v4)
            return true;
    }
    return false;
}

void interface_mask(unsigned prefix, uint8_t mask[4])
{
    uint32_t bits = prefix ? __builtin_bswap32(~0U << (32 - prefix)) : 0;

    memcpy(mask, &bits, sizeof(bits));
}
