/* SPDX-License-Identifier: Apache-2.0 */
#include "network/static_six.h"

#include <lwip/netif.h>
#include <lwip/priv/nd6_priv.h>

#include "lib/log.h"
#include "lib/string.h"
#include "network/address_option.h"
#include "network/connections.h"
#include "network/stack.h"
#include "node/self.h"

/* link-local is the first, and what routers advertise is next */
#define PLACE (LWIP_IPV6_NUM_ADDRESSES - 1)
/* lwIP takes each address without an end for one in a net of 64 bits. One that ends in a hundred
 * years has no net: even its neighbours are behind the gateway. lwIP would let any router shorten
 * its life, so it is said anew. */
#define NO_NET (IP6_ADDR_LIFE_INFINITE - 1)

static struct sender_sixes sixes;
static uint8_t place[NODES_MAX]; /* in it, and one more; 0: none */
static uint64_t behind;          /* the shared card: these nodes */
static ip6_addr_t gateway;
static bool has_gateway;
static unsigned bits;
static enum { ASKED_FOR, OURS, ANOTHERS } told; /* what the log knows */

/* lwIP asks neighbours for an address from one of the same 64 bits, or not at all. */
static bool is_found(const ip_addr_t *router, const ip_addr_t *from)
{
    return !IP_IS_V6(router) || ip6_addr_islinklocal(ip_2_ip6(router)) ||
           ip6_addr_netcmp_zoneless(ip_2_ip6(router), ip_2_ip6(from));
}

static bool read(uint32_t node, char text[ADDRESS_OPTION_MAX], struct address_option *option)
{
    long length = option_get_of(node, "ip6", text, ADDRESS_OPTION_MAX);

    return length > 0 && length < ADDRESS_OPTION_MAX && address_option_read(text, true, option) &&
           address_is_global(&option->address) && (option->bits == 64 || option->bits == 128) &&
           is_found(&option->gateway, &option->address);
}

/* false: it is there. */
static bool add(const uint8_t *address)
{
    for (unsigned i = 0; i < sixes.count; i++) {
        if (memcmp(sixes.address[i], address, sizeof(sixes.address[i])) == 0)
            return false;
    }
    memcpy(sixes.address[sixes.count++], address, sizeof(sixes.address[0]));
    return true;
}

void static_six_read(uint64_t switched)
{
    char text[ADDRESS_OPTION_MAX];
    struct address_option option;

    behind = switched;
    for (uint32_t node = 0; node < machine->node_count; node++) {
        if (switched >> node & 1 && read(node, text, &option) &&
            add((const uint8_t *)ip_2_ip6(&option.address)->addr))
            place[node] = (uint8_t)sixes.count;
    }
}

const uint8_t *static_six_of(uint32_t node)
{
    return place[node] ? sixes.address[place[node] - 1] : NULL;
}

const struct sender_sixes *static_sixes(void)
{
    return &sixes;
}

bool static_six_share(const uint8_t address[16])
{
    return add(address);
}

/* The zone says on which link such an address is meant. */
static void gateway_set(const ip_addr_t *address)
{
    has_gateway = IP_IS_V6_VAL(*address);
    if (has_gateway)
        ip6_addr_copy(gateway, *ip_2_ip6(address));
    ip6_addr_assign_zone(&gateway, IP6_UNICAST, &stack_link);
}

static void life_set(void)
{
    netif_ip6_addr_set_valid_life(&stack_link, PLACE, bits == 64 ? IP6_ADDR_LIFE_STATIC : NO_NET);
    netif_ip6_addr_set_pref_life(&stack_link, PLACE, IP6_ADDR_LIFE_INFINITE);
}

bool static_six_start(void)
{
    char text[ADDRESS_OPTION_MAX];
    struct address_option option;

    if (option_get_of(self_node(), "ip6", NULL, 0) <= 0)
        return false;
    if (!read(self_node(), text, &option)) {
        log_line("network: option ip6=%s is no ADDRESS/64 or /128,GATEWAY,RESOLVER", text);
        return false;
    }
    if (behind >> self_node() & 1 && !place[self_node()]) {
        log_line("network: option ip6=%s is another node's", text);
        return false;
    }
    bits = option.bits;
    gateway_set(&option.gateway);
    if (IP_IS_V6_VAL(option.resolver))
        resolver_add(&option.resolver);
    netif_ip6_addr_set(&stack_link, PLACE, ip_2_ip6(&option.address));
    life_set();
    netif_ip6_addr_set_state(&stack_link, PLACE, IP6_ADDR_TENTATIVE);
    return true;
}

unsigned static_six_place(void)
{
    return bits ? PLACE : ~0U;
}

unsigned static_six_bits(void)
{
    return bits;
}

static void tell(const char *text)
{
    if (told == OURS)
        log_line("network: n%u has address %s", self_node(), text);
    else
        log_line("network: %s is somebody else's: n%u does without it", text, self_node());
}

void static_six_look(void)
{
    u8_t state = netif_ip6_addr_state(&stack_link, PLACE);
    char text[IPADDR_STRLEN_MAX];

    if (!bits)
        return;
    life_set();
    for (unsigned i = 0; i < LWIP_ND6_NUM_PREFIXES; i++)
        prefix_list[i].netif = NULL;
    typeof(told) now = ip6_addr_isduplicated(state) ? ANOTHERS
                       : ip6_addr_isvalid(state)    ? OURS
                                                    : ASKED_FOR;

    if (now == told)
        return;
    if (now == ANOTHERS)
        connections_address_ends(netif_ip_addr6(&stack_link, PLACE));
    told = now;
    if (now != ASKED_FOR && ipaddr_ntoa_r(netif_ip_addr6(&stack_link, PLACE), text, sizeof(text)))
        tell(text);
}

const ip6_addr_t *static_six_gateway(void)
{
    return has_gateway ? &gateway : NULL;
}
