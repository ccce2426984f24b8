/* SPDX-License-Identifier: Apache-2.0 */
/* A sorted list of free physical memory, for boot/plan.c. Fixed size, no pointers, pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/machine.h"

#define RANGES_MAX 1024

struct ranges {
    uint32_t count;
    bool overflow;                  /* something did not fit: the list cannot be believed */
    struct extent list[RANGES_MAX]; /* ascending, disjoint, none empty */
};

void ranges_add(struct ranges *ranges, uint64_t base, uint64_t size);
void ranges_remove(struct ranges *ranges, uint64_t base, uint64_t size);
/* Shrinks every range to multiples of alignment (a power of two) and drops what is then empty. */
void ranges_align(struct ranges *ranges, uint64_t alignment);
/* Takes size bytes (page multiple) below limit out of the smallest range that has them; 0: none. */
uint64_t ranges_take(struct ranges *ranges, uint64_t size, uint64_t limit);
