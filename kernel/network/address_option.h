/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as boot options say them: ip=ADDRESS/BITS,GATEWAY,RESOLVER and ip6= alike. What is left
 * out at the end, or between two commas, is not given. Pure.
 */
#pragma once
#include <lwip/ip_addr.h>

#define ADDRESS_OPTION_MAX 160 /* bytes of such a text, and its end */

struct address_option {
    ip_addr_t address;           /* a host's: no group */
    ip_addr_t gateway, resolver; /* "any": not given */
    unsigned bits;               /* of the net: at most 32, or 128. Not given: 24, or 64 */
};
/* One address of this family that somebody can have, and nothing behind it. */
bool address_read(const char *text, bool is_six, ip_addr_t *address);
/* The same, and not for this link or this node alone. */
bool address_is_global(const ip_addr_t *six);
/* false: it is none. */
bool address_option_read(const char *text, bool is_six, struct address_option *option);
