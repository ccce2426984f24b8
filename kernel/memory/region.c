/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sorted array of regions of one address space. Pure arithmetic on borders: pages, frames and
 * rights are the business of address_space.c. Always true: regions are sorted, do not overlap, none
 * is empty, and mapped_bytes is the sum of their sizes.
 */
#include "memory/region.h"

#include <asm/errno.h>

#include "lib/string.h"
#include "memory/heap.h"

#define CAPACITY_FIRST 32

size_t region_index(struct address_space *space, uintptr_t address)
{
    size_t low = 0, high = space->region_count;
    /* Faults and calls cluster: the last place and the one behind it answer most questions. */
    for (size_t i = space->region_last; i < high && i <= space->region_last + 1; i++) {
        if (address < space->regions[i]->end && (i == 0 || address >= space->regions[i - 1]->end))
            return space->region_last = i;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (space->regions[middle]->end > address)
            high = middle;
        else
            low = middle + 1;
    }
    space->region_last = low;
    return low;
}

struct region *region_at_or_after(struct address_space *space, uintptr_t address)
{
    size_t index = region_index(space, address);
    return index < space->region_count ? space->regions[index] : NULL;
}

struct region *region_find(struct address_space *space, uintptr_t address)
{
    struct region *region = region_at_or_after(space, address);
    return region && region->start <= address ? region : NULL;
}

bool region_range_is_free(struct address_space *space, uintptr_t start, uintptr_t end)
{
    const struct region *region = region_at_or_after(space, start);
    return !region || region->start >= end;
}

uintptr_t address_space_covered(struct address_space *space, uintptr_t address, uintptr_t end)
{
    for (size_t i = region_index(space, address); i < space->region_count && address < end; i++) {
        if (space->regions[i]->start > address)
            break;
        address = space->regions[i]->end;
    }
    return address < end ? address : end;
}

int region_reserve(struct address_space *space, size_t more)
{
    size_t wanted = space->region_count + more;
    if (wanted > REGIONS_MAX)
        return -ENOMEM;
    if (wanted <= space->region_capacity)
        return 0;
    size_t capacity = space->region_capacity ? space->region_capacity * 2 : CAPACITY_FIRST;
    struct region **regions =
        heap_resize(space->regions, space->region_capacity * sizeof(struct region *),
                    capacity * sizeof(struct region *));
    if (!regions)
        return -ENOMEM;
    space->regions = regions;
    space->region_capacity = capacity;
    return 0;
}

size_t region_insert(struct address_space *space, struct region *region)
{
    size_t index = region_index(space, region->start);
    ASSERT(space->region_count < space->region_capacity && region->start < region->end);
    ASSERT(index == space->region_count || space->regions[index]->start >= region->end);
    memmove(&space->regions[index + 1], &space->regions[index],
            (space->region_count - index) * sizeof(struct region *));
    space->regions[index] = region;
    space->region_count++;
    space->mapped_bytes += region->end - region->start;
    return index;
}

void region_remove(struct address_space *space, size_t first, size_t end)
{
    if (first == end)
        return;
    for (size_t i = first; i < end; i++) {
        struct region *region = space->regions[i];
        space->mapped_bytes -= region->end - region->start;
        if (region->object)
            memory_object_put(region->object);
        heap_free(region);
    }
    memmove(&space->regions[first], &space->regions[end],
            (space->region_count - end) * sizeof(struct region *));
    space->region_count -= end - first;
    space->region_last = 0;
}

/* A border at `at`, which may lie in no region; there is room for one more. */
static int split(struct address_space *space, uintptr_t at)
{
    struct region *region = region_find(space, at);
    if (!region || region->start == at)
        return 0;
    struct region *upper = HEAP_NEW(struct region);
    if (!upper)
        return -ENOMEM;
    *upper = *region;
    upper->start = at;
    upper->offset += at - region->start;
    if (upper->object)
        memory_object_get(upper->object);
    space->mapped_bytes -= region->end - at;
    region->end = at;
    region_insert(space, upper);
    return 0;
}

int region_cut(struct address_space *space, uintptr_t start, uintptr_t end)
{
    int error = region_reserve(space, 2);
    if (error)
        return error;
    error = split(space, start);
    if (!error)
        error = split(space, end);
    if (error)
        region_join(space, start, end);
    return error;
}

static bool are_alike(const struct region *lower, const struct region *upper)
{
    return lower->end == upper->start && lower->flags == upper->flags &&
           lower->object == upper->object &&
           (!lower->object || lower->offset + (lower->end - lower->start) == upper->offset);
}

void region_join(struct address_space *space, uintptr_t start, uintptr_t end)
{
    size_t kept = region_index(space, start ? start - 1 : 0), next = kept + 1;
    /* One pass over the array, not one for each region that goes: there may be tens of thousands */
    for (; next < space->region_count && space->regions[kept]->end <= end; next++) {
        struct region *lower = space->regions[kept], *upper = space->regions[next];
        if (!are_alike(lower, upper)) {
            space->regions[++kept] = upper;
            continue;
        }
        if (upper->fault_next > upper->start) { /* the touches that may go on are the upper ones */
            lower->fault_next = upper->fault_next;
            lower->fault_batch = upper->fault_batch;
        }
        lower->end = upper->end;
        if (upper->object)
            memory_object_put(upper->object); /* never the last count: lower has one */
        heap_free(upper);
    }
    if (next == kept + 1)
        return;
    memmove(&space->regions[kept + 1], &space->regions[next],
            (space->region_count - next) * sizeof(struct region *));
    space->region_count -= next - (kept + 1);
    space->region_last = 0;
}

uintptr_t region_place(struct address_space *space, const struct place_request *request)
{
    uintptr_t high = request->high;
    if (request->size > high || high - request->size < request->low)
        return 0;
    /* i: the region below the gap that ends at `high`; it may reach into it. */
    size_t i = region_index(space, high - 1);
    if (i < space->region_count && space->regions[i]->start < high)
        i++; /* holds high - 1: the walk begins with it */
    else if (i < space->region_count && space->regions[i]->flags & REGION_STACK &&
             space->regions[i]->start - high < STACK_GUARD_GAP)
        high = space->regions[i]->start - STACK_GUARD_GAP;
    for (;; i--) {
        uintptr_t low = i > 0 ? space->regions[i - 1]->end : 0;
        if (low < request->low)
            low = request->low;
        if (low <= high && high - low >= request->size) {
            uintptr_t at = high - request->size;
            uint64_t excess = request->align ? (at - request->phase) % request->align : 0;
            return at - low >= excess ? at - excess : at;
        }
        if (i == 0 || low == request->low)
            return 0;
        const struct region *below = space->regions[i - 1];
        uintptr_t gap = below->flags & REGION_STACK ? STACK_GUARD_GAP : 0;
        uintptr_t next = below->start > gap ? below->start - gap : 0;
        if (next < high)
            high = next;
        if (high < request->low + request->size)
            return 0;
    }
}
