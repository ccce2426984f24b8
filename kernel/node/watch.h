/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching the others: each node looks at every other's beat, asks one that stands still by NMI,
 * and publishes whom it suspects. docs/failure.md tells the whole way of a death. What programs
 * may ask stands in node/control.h.
 */
#pragma once
#include "arch/registers.h"
#include "lib/check.h"
#include "node/self.h"

void watch_start(void);

/* Told, with interrupts off, when another node's life or state (node_state) has changed. */
struct watch_listener {
    struct watch_listener *next;
    void (*changed)(uint32_t node);
};
void watch_listen(struct watch_listener *listener);

/* For guardian.c. How this node knows that the present life of `node` is over; NOTICE_NONE: it is
 * not, or nobody else thinks so. */
enum death_notice watch_notice(uint32_t node);
uint32_t watch_life(uint32_t node); /* the last one that was seen; node/election.h:life_later */
/* Its life in this count goes on, as far as this node can tell. A stopped node's kernel does. */
bool watch_is_live(uint32_t node);
/* Somebody else's published pages have changed: looks now, not at the next look. */
void watch_look(void);
