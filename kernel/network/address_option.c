/* SPDX-License-Identifier: Apache-2.0 */
#include "network/address_option.h"

#include "lib/check.h"
#include "lib/string.h"

/* lwIP reads as much as it understands and takes the rest for nothing, of a group of digits the
 * last ones, and IPv4 in all forms that were ever in use. */
static bool is_plain(const char *text, bool is_six)
{
    unsigned group = 0, dots = 0;
    char before = 0;

    for (const char *at = text; *at; at++) {
        bool is_end = *at == ':' || *at == '.';

        if (!strchr("0123456789abcdefABCDEF:.", *at) || (is_end && !at[1] && before != ':'))
            return false;
        dots += *at == '.';
        group = is_end ? 0 : group + 1;
        before = *at;
        if (group > 4 || (!is_six && group == 1 && at[0] == '0' && at[1] && at[1] != '.'))
            return false;
    }
    return is_six || dots == 3;
}

bool address_read(const char *text, bool is_six, ip_addr_t *address)
{
    return is_plain(text, is_six) && ipaddr_aton(text, address) &&
           IP_IS_V6_VAL(*address) == is_six && !ip_addr_isany(address) &&
           !ip_addr_ismulticast(address) && !ip_addr_isloopback(address);
}

bool address_is_global(const ip_addr_t *six)
{
    return !ip6_addr_islinklocal(ip_2_ip6(six)) && !ip6_addr_isipv4mappedipv6(ip_2_ip6(six));
}

/* Up to the next comma, which is gone then; NULL: that was the last. */
static char *part_end(char *text)
{
    char *comma = strchr(text, ',');

    if (comma)
        *comma++ = 0;
    return comma;
}

static bool bits_read(char *address, unsigned most, unsigned *bits)
{
    char *at = strchr(address, '/');

    if (!at)
        return true;
    *at++ = 0;
    if (!*at)
        return false;
    for (*bits = 0; *at >= '0' && *at <= '9' && *bits <= most; at++)
        *bits = *bits * 10 + (unsigned)(*at - '0');
    return !*at && *bits <= most;
}

/* "Any" is as good as nothing. */
static bool given_read(const char *text, bool is_six, ip_addr_t *address)
{
    return !text || !*text || strcmp(text, is_six ? "::" : "0.0.0.0") == 0 ||
           address_read(text, is_six, address);
}

bool address_option_read(const char *text, bool is_six, struct address_option *option)
{
    char copy[ADDRESS_OPTION_MAX];
    char *gateway, *resolver = NULL;
    size_t size = strlen(text) + 1;

    *option = (struct address_option){.bits = is_six ? 64 : 24};
    if (size > sizeof(copy))
        return false;
    memcpy(copy, text, size);
    if ((gateway = part_end(copy)) != NULL)
        resolver = part_end(gateway);
    return bits_read(copy, is_six ? 128 : 32, &option->bits) &&
           address_read(copy, is_six, &option->address) &&
           given_read(gateway, is_six, &option->gateway) &&
           given_read(resolver, is_six, &option->resolver);
}
