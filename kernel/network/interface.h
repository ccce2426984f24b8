/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces, their addresses and routes, as programs may see them: lo, and eth0 in a machine with
 * a card. Copies: nothing here changes anything. All addresses are in network order, one of IPv4 in
 * the first 4 bytes.
 */
#pragma once
#include "lib/check.h"

#define LO_INDEX   1
#define CARD_INDEX 2 /* also the scope of its link-local addresses */

struct interface {
    char name[8];
    uint32_t index, mtu, flags; /* IFF_* */
    uint16_t hardware_type;     /* ARPHRD_* */
    uint8_t hardware[6];
    uint64_t bytes_in, frames_in, bytes_out, frames_out; /* of this node */
};
struct interface_address {
    uint32_t index;
    bool is_v4;
    uint8_t prefix, scope, flags; /* bits; RT_SCOPE_*; IFA_F_* */
    uint8_t bytes[16];
};
struct interface_route {
    uint32_t index;
    bool is_v4, has_gateway, has_source;
    uint8_t prefix, scope, protocol; /* bits; RT_SCOPE_*; RTPROT_* */
    uint8_t to[16], gateway[16], source[16];
};
/* Number n of each, from 0 without gaps. false: there are no more. */
bool interface_at(unsigned n, struct interface *interface);
bool interface_address_at(unsigned n, struct interface_address *address);
bool interface_route_at(unsigned n, struct interface_route *route);
bool interface_named(const char *name, struct interface *interface);
/* Its IPv4 address. false: it has none. */
bool interface_v4(uint32_t index, struct interface_address *address);
/* The mask of an IPv4 prefix: 4 bytes. */
void interface_mask(unsigned prefix, uint8_t mask[4]);

struct inet_address;
/* What the card adds, in the same form; NULL without one. */
struct interface_card {
    void (*get)(struct interface *interface);
    bool (*address)(unsigned n, struct interface_address *address);
    bool (*route)(unsigned n, struct interface_route *route);
    int (*group)(bool join, const struct inet_address *host); /* 0, or < 0: no memory */
};
extern const struct interface_card *interface_card;
extern const struct interface_card link_interface; /* interface_link.c */
