/* SPDX-License-Identifier: Apache-2.0 */
/* Servers of names that were told to us. lwIP's own resolver is left out; this is where it would
 * keep them. */
#include <lwip/dns.h>

#include "lib/format.h"
#include "network/stack.h"

static ip_addr_t servers[DNS_MAX_SERVERS];
static ip_addr_t by_option[2]; /* of each family one; asked first */

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

void resolver_add(const ip_addr_t *server)
{
    by_option[IP_IS_V6(server)] = *server;
}

static size_t line(const ip_addr_t *server, char *text, size_t size)
{
    char name[IPADDR_STRLEN_MAX];

    return ip_addr_isany(server) || !ipaddr_ntoa_r(server, name, sizeof(name))
               ? 0
               : (size_t)format(text, size, "nameserver %s\n", name);
}

size_t resolver_text(char *text, size_t size)
{
    size_t length = 0;

    for (unsigned i = 0; i < COUNT_OF(by_option) && length < size; i++)
        length += line(&by_option[i], text + length, size - length);
    for (unsigned i = 0; i < COUNT_OF(servers) && length < size; i++)
        length += line(&servers[i], text + length, size - length);
    return length < size ? length : size - 1;
}
