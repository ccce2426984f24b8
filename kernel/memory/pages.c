/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of an address space, range by range. Each mapped page holds one count of its frame (a 2 MiB
 * page one of each of its 512), and `resident` is the number of mapped 4 KiB pages. A page is
 * writable in the tables only if its frame belongs to this space alone or to a shared object;
 * everything else becomes so in fault.c.
 */
#include "memory/pages.h"

#include <asm/errno.h>

#include "memory/frames.h"

#define LARGE_PAGES (LARGE_PAGE_SIZE / PAGE_SIZE)

/* Next mapped page that begins in [at, end). */
static bool next_page(const struct address_space *space, uintptr_t at, uintptr_t end,
                      uintptr_t *found, struct arch_mapping *mapping)
{
    return at < end && arch_next_mapped(&space->arch, at, end, found, mapping);
}

int pages_border(struct address_space *space, uintptr_t address)
{
    struct arch_mapping mapping;
    if (address % LARGE_PAGE_SIZE == 0 || !arch_lookup(&space->arch, address, &mapping) ||
        mapping.size == PAGE_SIZE)
        return 0;
    return arch_split(&space->arch, address);
}

void pages_drop(struct address_space *space, uintptr_t start, uintptr_t end)
{
    struct arch_mapping mapping;
    uintptr_t at;
    arch_drops_begin();
    for (; next_page(space, start, end, &at, &mapping); start = at + mapping.size) {
        ASSERT(at >= start && at + mapping.size <= end);
        arch_unmap(&space->arch, at);
        frame_put_run(mapping.frame, mapping.size / PAGE_SIZE);
        space->resident -= mapping.size / PAGE_SIZE;
        pages_breathe(space->resident);
    }
    arch_drops_end();
}

void pages_protect(struct address_space *space, const struct region *region, uintptr_t start,
                   uintptr_t end)
{
    struct arch_mapping mapping;
    uintptr_t at;
    uint64_t count = 0;
    arch_drops_begin();
    for (; next_page(space, start, end, &at, &mapping); start = at + mapping.size) {
        pages_breathe(++count);
        /* A private frame that nobody else uses may be written at once; for the others fault.c asks
         * the object or copies. What is writable now stays so where the region allows it. */
        bool may_write = mapping.flags & PAGE_WRITE ||
                         (!(region->flags & REGION_SHARED) && mapping.size == PAGE_SIZE &&
                          frame_count(mapping.frame) == 1);
        unsigned flags = pages_flags(region, may_write);
        if (flags != mapping.flags)
            arch_protect(&space->arch, at, flags);
    }
    arch_drops_end();
}

int pages_share(struct address_space *parent, struct address_space *child,
                const struct region *region)
{
    struct arch_mapping mapping;
    uintptr_t at, start = region->start;
    int error = 0;
    arch_drops_begin();
    for (; next_page(parent, start, region->end, &at, &mapping); start = at + mapping.size) {
        if (!frame_is_ours(mapping.frame))
            continue; /* boot store: the child finds it again by a fault, should it ever look */
        unsigned flags = mapping.flags & ~(unsigned)PAGE_WRITE;
        if (frames_free() < PAGE_TABLES_MAX)
            error = -ENOMEM;
        else
            error = mapping.size == PAGE_SIZE
                        ? arch_map(&child->arch, at, mapping.frame, flags)
                        : arch_map_large(&child->arch, at, mapping.frame, flags);
        if (error)
            break;
        frame_get_run(mapping.frame, mapping.size / PAGE_SIZE);
        child->resident += mapping.size / PAGE_SIZE;
        pages_breathe(child->resident);
        if (flags != mapping.flags)
            arch_protect(&parent->arch, at, flags);
    }
    arch_drops_end();
    return error;
}

/* Unmaps [start, end) without giving the frames back. */
static void forget(struct address_space *space, uintptr_t start, uintptr_t end)
{
    struct arch_mapping mapping;
    uintptr_t at;
    uint64_t count = 0;
    arch_drops_begin();
    for (; next_page(space, start, end, &at, &mapping); start = at + mapping.size) {
        arch_unmap(&space->arch, at);
        pages_breathe(++count);
    }
    arch_drops_end();
}

int pages_move(struct address_space *space, const struct region *region, uintptr_t old,
               uintptr_t to, uint64_t size)
{
    struct arch_mapping mapping;
    uintptr_t at, start = old;
    bool aligned = (to - old) % LARGE_PAGE_SIZE == 0;
    int error = 0;
    uint64_t count = 0;
    /* First all pages stand in both places, so that a lack of table frames can be undone. */
    for (; !error && next_page(space, start, old + size, &at, &mapping);
         start = at + mapping.size) {
        uintptr_t target = at - old + to;
        pages_breathe(++count);
        if (mapping.size == PAGE_SIZE) {
            error = arch_map(&space->arch, target, mapping.frame, mapping.flags);
        } else if (aligned) {
            error = arch_map_large(&space->arch, target, mapping.frame, mapping.flags);
        } else {
            error = arch_split(&space->arch, at);
            mapping.size = 0; /* again, as small pages */
        }
    }
    if (error) {
        forget(space, to, to + size);
        return error;
    }
    forget(space, old, old + size);
    return 0;
}
