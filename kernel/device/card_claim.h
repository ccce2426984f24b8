/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the nodes that say they drive the card is believed. The protocol of guardians lets the
 * one have it who fenced the owner before (node/guardian.h); whoever else says so, while that owner
 * lives or after it, was not chosen. Pure.
 */
#pragma once
#include "lib/check.h"

#define CARD_NOBODY UINT32_MAX

struct card_claim { /* what a node's page says */
    bool is_made;
    uint32_t life;  /* its own incarnation */
    uint32_t ended; /* the life that it has fenced of the node which was asked about */
};
struct card_known { /* who drives it, as far as this node knows */
    uint32_t node, life;
    nanoseconds over; /* that life claims it no more, since then; 0: it does */
};
/* Looks at all; then `known` is right, if over is 0. read: of `node`, ended being about `owner`
 * (CARD_NOBODY: about nobody). A first look believes the first one. */
void card_claim_look(struct card_known *known, uint32_t node_count, nanoseconds now,
                     struct card_claim (*read)(uint32_t node, uint32_t owner));
