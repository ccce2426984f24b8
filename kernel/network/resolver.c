/* SPDX-License-Identifier: Apache-2.0 */
/* Servers of names that were told to us. lwIP's own resolver is left out; this is where it would
 * keep them. */
#include <lwip/dns.h>

#include "lib/format.h"
#include "network/stack.h"

static ip_addr_t servers[DNS_MAX_SERVERS];

void dns_init(void)
{
}

void dns_setserver(u8_t number, const ip_addr_t *server)
{
    if (number < DNS_MAX_SERVERS)
        servers[number] = server ? *server : *IP_ADDR_ANY;
}

const ip_addr_t *dns_getserver(u8_t number)
{
    return number < DNS_MAX_SERVERS ? &servers[number] : IP_ADDR_ANY;
}

void resolver_add(uint32_t address)
{
    ip_addr_t server = IPADDR4_INIT(address);

    dns_setserver(0, &server);
}

size_t resolver_text(char *text, size_t size)
{
    size_t length = 0;

    for (unsigned i = 0; i < DNS_MAX_SERVERS; i++) {
        char name[IPADDR_STRLEN_MAX];

        if (!ip_addr_isany(&servers[i]) && ipaddr_ntoa_r(&servers[i], name, sizeof(name)) &&
            length < size)
            length += (size_t)format(text + length, size - length, "nameserver %s\n", name);
    }
    return length < size ? length : size - 1;
}
