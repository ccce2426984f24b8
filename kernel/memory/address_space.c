/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address spaces: create, fork, map, unmap, protect. Here the borders of regions (region.c) and the
 * pages in them (pages.c) change together. Everything that can fail is done before the first change
 * that a program could see. Moving is in remap.c, populating in fault.c.
 */
#include "memory/address_space.h"

#include <asm/errno.h>

#include "memory/frames.h"
#include "memory/heap.h"
#include "memory/pages.h"

#define LOW_4G_END 0x80000000UL /* MAP_32BIT means addresses that a signed 32-bit number holds */

struct address_space *address_space_create(void)
{
    struct address_space *space = HEAP_NEW(struct address_space);
    if (!space)
        return NULL;
    if (arch_space_create(&space->arch) != 0) {
        heap_free(space);
        return NULL;
    }
    space->count = 1;
    space->map_hint = MAP_HINT_DEFAULT;
    space->stack_limit = STACK_LIMIT_DEFAULT;
    space->address_limit = UINT64_MAX;
    return space;
}

void address_space_get(struct address_space *space)
{
    space->count++;
}

void address_space_put(struct address_space *space)
{
    ASSERT(space->count != 0);
    if (--space->count != 0)
        return;
    pages_drop(space, 0, USER_END);
    ASSERT(space->resident == 0);
    region_remove(space, 0, space->region_count);
    arch_space_destroy(&space->arch);
    heap_free(space->regions);
    heap_free(space);
}

/* One region of the parent, with its pages, into the child. */
static int region_fork(struct address_space *parent, struct address_space *child,
                       const struct region *from)
{
    struct region *region = HEAP_NEW(struct region);
    if (!region)
        return -ENOMEM;
    *region = *from;
    if (region->object)
        memory_object_get(region->object);
    region_insert(child, region);
    /* Pages of objects come back by faults; what only this space has must be shared now. */
    if (from->flags & (REGION_SHARED | REGION_WIPE_FORK | REGION_KERNEL_PAGES))
        return 0;
    return pages_share(parent, child, from);
}

struct address_space *address_space_fork(struct address_space *parent)
{
    struct address_space *child = HEAP_NEW(struct address_space);
    if (!child)
        return NULL;
    *child = *parent;
    child->count = 1;
    child->regions = NULL;
    child->region_count = child->region_capacity = child->region_last = 0;
    child->mapped_bytes = child->resident = 0;
    if (arch_space_create(&child->arch) != 0) {
        heap_free(child);
        return NULL;
    }
    for (size_t i = 0; i < parent->region_count; i++) {
        if (parent->regions[i]->flags & REGION_NO_FORK)
            continue;
        if (region_reserve(child, 1) != 0 || region_fork(parent, child, parent->regions[i]) != 0) {
            address_space_put(child);
            return NULL;
        }
    }
    return child;
}

/* Checks a range given by a program: *end is the rounded end. -EINVAL, or -ENOMEM when it is no
 * user range. */
static int range_check(uintptr_t address, uint64_t size, uintptr_t *end)
{
    if (address % PAGE_SIZE != 0)
        return -EINVAL;
    if (address > USER_END || size > USER_END - address)
        return -ENOMEM;
    *end = address + ((size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
    return 0;
}

/* Bytes of the range that regions hold. */
static uint64_t bytes_in(struct address_space *space, uintptr_t start, uintptr_t end)
{
    uint64_t sum = 0;
    for (size_t i = region_index(space, start); i < space->region_count; i++) {
        const struct region *region = space->regions[i];
        if (region->start >= end)
            break;
        sum += (region->end < end ? region->end : end) -
               (region->start > start ? region->start : start);
    }
    return sum;
}

static bool is_overcommit(unsigned flags, uint64_t size)
{
    return (flags & (REGION_WRITE | REGION_SHARED | REGION_NO_RESERVE)) == REGION_WRITE &&
           size / PAGE_SIZE > frames_total();
}

/* Where a mapping without MAP_FIXED goes. 0: no room. */
static uintptr_t place_find(struct address_space *space, const struct map_request *request,
                            uint64_t size)
{
    uintptr_t hint = (request->address + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (hint >= USER_BASE && hint < USER_END && size <= USER_END - hint &&
        region_range_is_free(space, hint, hint + size) &&
        (!request->below_4g || hint + size <= LOW_4G_END))
        return hint;
    /* Whole 2 MiB pages can only lie where the start allows it. */
    struct place_request place = {.size = size, .low = USER_BASE, .high = space->map_hint};
    if (size >= LARGE_PAGE_SIZE && !request->object)
        place.align = LARGE_PAGE_SIZE;
    if (request->below_4g)
        place.high = LOW_4G_END;
    uintptr_t found = region_place(space, &place);
    if (found || request->below_4g)
        return found;
    place.low = space->map_hint;
    place.high = USER_END;
    return region_place(space, &place);
}

static long place_decide(struct address_space *space, const struct map_request *request,
                         uint64_t size)
{
    if (!request->fixed) {
        uintptr_t found = place_find(space, request, size);
        return found ? (long)found : -ENOMEM;
    }
    if (request->address % PAGE_SIZE != 0)
        return -EINVAL;
    if (request->address > USER_END || size > USER_END - request->address)
        return -ENOMEM;
    if (request->address < USER_BASE)
        return -EPERM;
    if (request->no_replace &&
        !region_range_is_free(space, request->address, request->address + size))
        return -EEXIST;
    return (long)request->address;
}

long address_space_map(struct address_space *space, const struct map_request *request)
{
    if (request->size == 0 || request->offset % PAGE_SIZE != 0)
        return -EINVAL;
    if (request->size > USER_END)
        return -ENOMEM;
    uint64_t size = (request->size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (request->offset + size < size)
        return -EOVERFLOW;
    long place = place_decide(space, request, size);
    if (place < 0)
        return place;
    uintptr_t start = (uintptr_t)place, end = start + size;
    uint64_t replaced = request->fixed ? bytes_in(space, start, end) : 0;
    if (space->mapped_bytes - replaced + size > space->address_limit ||
        is_overcommit(request->flags, size))
        return -ENOMEM;
    struct region *region = HEAP_NEW(struct region);
    int error = region ? region_reserve(space, 3) : -ENOMEM;
    if (!error && replaced)
        error = address_space_unmap(space, start, size);
    if (error) {
        heap_free(region);
        return error;
    }
    *region = (struct region){.start = start,
                              .end = end,
                              .flags = request->flags,
                              .object = request->object,
                              .offset = request->offset};
    region_insert(space, region);
    region_join(space, start, end);
    if (request->populate)
        (void)address_space_populate(space, start,
                                     size); /* as Linux: what fails now faults later */
    return place;
}

/* Makes start and end borders of pages and regions. -ENOMEM: nothing that a program could see
 * changed. */
static int range_cut(struct address_space *space, uintptr_t start, uintptr_t end)
{
    int error = pages_border(space, start);
    if (!error)
        error = pages_border(space, end);
    return error ? error : region_cut(space, start, end);
}

int address_space_unmap(struct address_space *space, uintptr_t address, uint64_t size)
{
    uintptr_t end;
    if (size == 0 || range_check(address, size, &end) != 0)
        return -EINVAL;
    if (region_range_is_free(space, address, end))
        return 0;
    int error = range_cut(space, address, end);
    if (error)
        return error;
    pages_drop(space, address, end);
    region_remove(space, region_index(space, address), region_index(space, end));
    return 0;
}

/* May the regions of the range all get these rights? */
static int protect_check(struct address_space *space, uintptr_t address, uintptr_t end,
                         unsigned rwx)
{
    for (size_t i = region_index(space, address); i < space->region_count; i++) {
        const struct region *region = space->regions[i];
        if (region->start >= end)
            break;
        if (rwx & REGION_WRITE && region->flags & REGION_MAY_NOT_WRITE)
            return -EACCES;
        uintptr_t from = region->start > address ? region->start : address;
        if (!(region->flags & REGION_WRITE) &&
            is_overcommit(region->flags | rwx, (region->end < end ? region->end : end) - from))
            return -ENOMEM;
    }
    return 0;
}

int address_space_protect(struct address_space *space, uintptr_t address, uint64_t size,
                          unsigned rwx)
{
    uintptr_t wanted;
    int error = range_check(address, size, &wanted);
    if (error || wanted == address)
        return error;
    /* As Linux: what stands before a hole is changed, then -ENOMEM. */
    uintptr_t end = address_space_covered(space, address, wanted);
    error = end > address ? protect_check(space, address, end, rwx) : -ENOMEM;
    if (error)
        return error;
    const struct region *first = region_find(space, address);
    if (first->end >= end && (first->flags & REGION_RWX) == rwx)
        return end < wanted ? -ENOMEM : 0;
    error = range_cut(space, address, end);
    if (error)
        return error;
    for (size_t i = region_index(space, address); i < space->region_count; i++) {
        struct region *region = space->regions[i];
        if (region->start >= end)
            break;
        if ((region->flags & REGION_RWX) == rwx)
            continue;
        region->flags = (region->flags & ~(unsigned)REGION_RWX) | rwx;
        pages_protect(space, region, region->start, region->end);
    }
    region_join(space, address, end);
    return end < wanted ? -ENOMEM : 0;
}

int address_space_advise(struct address_space *space, uintptr_t address, uint64_t size,
                         unsigned set, unsigned clear)
{
    uintptr_t end;
    int error = range_check(address, size, &end);
    if (error || end == address)
        return error;
    bool hole = address_space_covered(space, address, end) < end;
    error = range_cut(space, address, end);
    if (error)
        return error;
    for (size_t i = region_index(space, address); i < space->region_count; i++) {
        struct region *region = space->regions[i];
        if (region->start >= end)
            break;
        region->flags = (region->flags & ~clear) | set;
    }
    region_join(space, address, end);
    return hole ? -ENOMEM : 0;
}

int address_space_discard(struct address_space *space, uintptr_t address, uint64_t size)
{
    uintptr_t end;
    int error = range_check(address, size, &end);
    if (error || end == address)
        return error;
    bool hole = address_space_covered(space, address, end) < end;
    error = pages_border(space, address);
    if (!error)
        error = pages_border(space, end);
    if (error)
        return error;
    pages_drop(space, address, end);
    return hole ? -ENOMEM : 0;
}
