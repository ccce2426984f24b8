/* SPDX-License-Identifier: Apache-2.0 */
/* What programs are told and may order of the watching and guarding, through /dev/hydros and
 * /proc/hydros (docs/control.md). */
#pragma once
#include "abi/published.h"
#include "lib/check.h"

enum node_order {
    ORDER_RESTART, /* start it: it is dead, stopped or offline. -EALREADY: it runs */
    ORDER_KILL,    /* fence it and start it again. -ESRCH: it does not run */
    ORDER_STOP,    /* fence it; it stays down until ORDER_RESTART. -ESRCH */
};
/* Any node, also the own one (KILL and STOP then do not return). 0: taken; the guardian does it in
 * its own time. -EINVAL: no such node. */
int guardian_order(uint32_t node, enum node_order order) MUST_CHECK;
/* The program's promise to beat again within so many ms; 0: none any more. */
void watch_program_beat(uint64_t ms);

/* How long node's beat has stood still, as far as we saw. */
nanoseconds node_beat_age(uint32_t node);
uint32_t node_deaths_in_row(uint32_t node); /* as its last guardian counted */
bool node_is_offline(uint32_t node);        /* its core does not start: node/offline.h */
/* This life of ours is in safe mode: boot option safe, or too many deaths in a row. Known from
 * start on. */
bool node_is_safe(void);
/* The kept deaths in our own memory, 0 the newest; NULL: no more. Does not change until the caller
 * sleeps. */
const struct burial *node_death(unsigned index);
uint64_t node_deaths(void); /* noticed since this life began: the newest has this number */

/* kernel/debug/fault.c, only in a debug kernel: the guardian has published this step. */
extern void (*const fault_at_step)(uint32_t step) __attribute__((weak));
