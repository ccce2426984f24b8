/* SPDX-License-Identifier: Apache-2.0 */
/* The sorted array of regions: places and numbers only, no page is touched here. For kernel/memory
 * alone. */
#pragma once
#include "memory/address_space.h"

#define REGION_RWX  (REGION_READ | REGION_WRITE | REGION_EXEC)
#define REGIONS_MAX 65530 /* Linux's default vm.max_map_count */

static inline uintptr_t page_down(uintptr_t address)
{
    return address & ~(PAGE_SIZE - 1);
}
static inline uintptr_t large_down(uintptr_t address)
{
    return address & ~(LARGE_PAGE_SIZE - 1);
}

/* First region that ends above address; region_count: none. */
size_t region_index(struct address_space *space, uintptr_t address);
bool region_range_is_free(struct address_space *space, uintptr_t start, uintptr_t end);
/* Room for `more` regions beyond the present ones, so that insert and split cannot fail for lack of
 * slots. */
int region_reserve(struct address_space *space, size_t more) MUST_CHECK;
/* Into its sorted place, which is free; there must be room. Returns its index. */
size_t region_insert(struct address_space *space, struct region *region);
/* Takes regions [first, end) out and frees them with their counts on objects. */
void region_remove(struct address_space *space, size_t first, size_t end);
/* Splits regions so that start and end fall on borders. -ENOMEM: nothing changed. */
int region_cut(struct address_space *space, uintptr_t start, uintptr_t end) MUST_CHECK;
/* Joins neighbours that are alike, from the one before start to the one that begins at end. */
void region_join(struct address_space *space, uintptr_t start, uintptr_t end);
/* A free place of this size, congruent to `phase` modulo `align` when that is cheap (align 0: any),
 * at or above low and ending at or below high, as high as possible. 0: none. */
struct place_request {
    uint64_t size, align, phase;
    uintptr_t low, high;
};
uintptr_t region_place(struct address_space *space, const struct place_request *request);
