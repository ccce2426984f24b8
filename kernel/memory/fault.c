/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page faults: fills the page that a program touched, or says why not. Also fills ahead where that
 * is likely to save faults: programs that touch anonymous memory in sequence get 1, 2, 4 .. 64
 * pages and then 2 MiB pages at once, as long as memory is plentiful; of file pages in the boot
 * store the 16 around are mapped, as they cost nothing. Nothing here sleeps.
 */
#include <asm/errno.h>

#include "lib/string.h"
#include "memory/address_space.h"
#include "memory/frames.h"
#include "memory/pages.h"

#define BATCH_MAX   64U              /* 256 KiB: more would show in the size of an idle VM */
#define BATCH_SHARE 32               /* one batch takes at most this part of what is free */
#define WINDOW_SIZE (16 * PAGE_SIZE) /* Linux's fault-around */

static bool access_allowed(const struct region *region, enum fault_access access)
{
    if (access == FAULT_WRITE)
        return region->flags & REGION_WRITE;
    if (access == FAULT_EXEC)
        return region->flags & REGION_EXEC;
    return region->flags & REGION_RWX; /* the processor cannot write or execute without reading */
}

static uint64_t index_of(const struct region *region, uintptr_t page)
{
    return (region->offset + (page - region->start)) / PAGE_SIZE;
}

/* A stack that ends above a touched page grows down to it. NULL: none, or too far. */
static struct region *stack_grow(struct address_space *space, uintptr_t page)
{
    size_t index = region_index(space, page);
    if (index == space->region_count)
        return NULL;
    struct region *stack = space->regions[index];
    if (!(stack->flags & REGION_STACK) || stack->end - page > space->stack_limit)
        return NULL;
    const struct region *below = index > 0 ? space->regions[index - 1] : NULL;
    if (below && below->flags & REGION_RWX && page - below->end < STACK_GUARD_GAP)
        return NULL;
    uint64_t more = stack->start - page;
    if (page < USER_BASE || space->mapped_bytes + more > space->address_limit)
        return NULL;
    stack->start = page;
    space->mapped_bytes += more;
    return stack;
}

/* Maps a frame whose count becomes the page's. */
static int page_map(struct address_space *space, const struct region *region, uintptr_t page,
                    phys_addr frame, bool may_write)
{
    int error = arch_map(&space->arch, page, frame, pages_flags(region, may_write));
    if (error) {
        frame_put(frame);
        return error;
    }
    space->resident++;
    return 0;
}

/* Where the first page at or above `from` is mapped already; at most `end`. */
static uintptr_t unmapped_up_to(const struct address_space *space, uintptr_t from, uintptr_t end)
{
    struct arch_mapping mapping;
    uintptr_t found;
    if (from < end && arch_next_mapped(&space->arch, from, end, &found, &mapping))
        return found > from ? found : from;
    return end;
}

/* How many pages to fill, the touched one included: grows while the touches are sequential. */
static unsigned batch_next(const struct region *region, uintptr_t page)
{
    if (page != region->fault_next || region->fault_batch == 0)
        return 1;
    unsigned batch = region->fault_batch * 2 < BATCH_MAX ? region->fault_batch * 2 : BATCH_MAX;
    size_t spare = frames_free() / BATCH_SHARE;
    return batch <= spare ? batch : spare ? (unsigned)spare : 1;
}

/* Where a batch of pages from `page` on ends: within the region, before the first mapped page, and
 * not across a 2 MiB border, so that the next batch can be a large page. */
static uintptr_t batch_end(const struct address_space *space, const struct region *region,
                           uintptr_t page, unsigned batch)
{
    uintptr_t end = page + batch * PAGE_SIZE, border = large_down(page) + LARGE_PAGE_SIZE;
    if (end > border)
        end = border;
    if (end > region->end)
        end = region->end;
    return unmapped_up_to(space, page + PAGE_SIZE, end);
}

static void batch_note(struct region *region, uintptr_t next, unsigned batch)
{
    region->fault_next = next;
    region->fault_batch = batch;
}

/* A 2 MiB page, when the program wants them or is seen to fill its memory, and memory is plentiful.
 */
static bool large_populate(struct address_space *space, struct region *region, uintptr_t page,
                           unsigned batch)
{
    uintptr_t base = large_down(page), end = base + LARGE_PAGE_SIZE;
    bool wanted = region->flags & REGION_HUGE;
    if (base < region->start || end > region->end || region->flags & REGION_NO_HUGE ||
        (!wanted && batch < BATCH_MAX) || frames_free() < frames_total() / (wanted ? 4 : 2) ||
        unmapped_up_to(space, base, end) != end)
        return false;
    phys_addr frame = frame_alloc_large(FRAME_USER);
    if (!frame)
        return false;
    if (arch_map_large(&space->arch, base, frame, pages_flags(region, true)) != 0) {
        frame_put_run(frame, LARGE_PAGE_SIZE / PAGE_SIZE);
        return false;
    }
    for (uint64_t at = 0; at < LARGE_PAGE_SIZE; at += PAGE_SIZE)
        page_zero(direct_pointer(frame + at));
    space->resident += LARGE_PAGE_SIZE / PAGE_SIZE;
    batch_note(region, end, BATCH_MAX);
    return true;
}

static int anonymous_populate(struct address_space *space, struct region *region, uintptr_t page)
{
    unsigned batch = batch_next(region, page);
    if (large_populate(space, region, page, batch))
        return 0;
    uintptr_t end = batch_end(space, region, page, batch), at = page;
    for (; at < end; at += PAGE_SIZE) {
        phys_addr frame = frame_alloc_zeroed(FRAME_USER);
        if (!frame || page_map(space, region, at, frame, true) != 0)
            break;
    }
    batch_note(region, at, batch);
    return at > page ? 0 : -ENOMEM;
}

/* Maps the object's pages for what is not mapped of [start, end); stops at the first that is not to
 * be had. */
static void neighbours_map(struct address_space *space, struct region *region, uintptr_t start,
                           uintptr_t end, bool writing)
{
    struct arch_mapping mapping;
    while (start < end) {
        uintptr_t stop = end, next = end;
        if (arch_next_mapped(&space->arch, start, end, &stop, &mapping))
            next = stop + mapping.size;
        else
            stop = end;
        for (; start < stop; start += PAGE_SIZE) {
            phys_addr frame;
            if (region->object->ops->page(region->object, index_of(region, start), writing,
                                          &frame) != 0 ||
                page_map(space, region, start, frame, writing) != 0)
                return;
        }
        start = next;
    }
}

static void around_populate(struct address_space *space, struct region *region, uintptr_t page,
                            phys_addr frame, bool writing)
{
    if (!frame_is_ours(frame)) {
        uintptr_t start = page & ~(WINDOW_SIZE - 1), end = start + WINDOW_SIZE;
        neighbours_map(space, region, start > region->start ? start : region->start,
                       end < region->end ? end : region->end, writing);
        return;
    }
    unsigned batch = batch_next(region, page);
    uintptr_t end = batch_end(space, region, page, batch);
    neighbours_map(space, region, page + PAGE_SIZE, end, writing);
    batch_note(region, end, batch);
}

/* A private, writable copy of a frame. 0: out of memory. */
static phys_addr frame_copy(phys_addr from)
{
    phys_addr copy = frame_alloc(FRAME_USER);
    if (copy)
        page_copy(direct_pointer(copy), frame_bytes(from));
    return copy;
}

static int object_page(const struct region *region, uintptr_t page, bool writing, phys_addr *frame)
{
    int error = region->object->ops->page(region->object, index_of(region, page), writing, frame);
    return error == -EFAULT ? -ENXIO : error;
}

static int object_populate(struct address_space *space, struct region *region, uintptr_t page,
                           enum fault_access access)
{
    /* Shared and writable: nobody asks later which pages were written, so they are mapped writable
     * at once. */
    bool writing =
        (region->flags & (REGION_SHARED | REGION_WRITE)) == (REGION_SHARED | REGION_WRITE);
    phys_addr frame;
    int error = object_page(region, page, writing, &frame);
    if (error)
        return error;
    if (access == FAULT_WRITE && !writing) {
        phys_addr copy = frame_copy(frame);
        frame_put(frame);
        return copy ? page_map(space, region, page, copy, true) : -ENOMEM;
    }
    error = page_map(space, region, page, frame, writing);
    if (!error)
        around_populate(space, region, page, frame, writing);
    return error;
}

static bool is_exclusive(const struct arch_mapping *mapping)
{
    for (uint64_t at = 0; at < mapping->size; at += PAGE_SIZE) {
        if (frame_count(mapping->frame + at) != 1)
            return false;
    }
    return true;
}

/* A write to a page that is mapped, but not writable. */
static int write_resolve(struct address_space *space, const struct region *region, uintptr_t page,
                         struct arch_mapping *mapping)
{
    unsigned flags = pages_flags(region, true);
    phys_addr frame;
    if (region->flags & REGION_SHARED) { /* was mapped while the region was not writable */
        int error = object_page(region, page, true, &frame);
        if (error)
            return error;
    } else {
        if (is_exclusive(mapping)) {
            arch_protect(&space->arch, page, flags);
            return 0;
        }
        if (mapping->size != PAGE_SIZE) {
            if (arch_split(&space->arch, page) != 0)
                return -ENOMEM;
            (void)arch_lookup(&space->arch, page, mapping);
        }
        if (frame_count(mapping->frame) ==
            1) { /* alone with this part of a once shared 2 MiB page */
            arch_protect(&space->arch, page, flags);
            return 0;
        }
        frame = frame_copy(mapping->frame);
        if (!frame)
            return -ENOMEM;
    }
    arch_remap(&space->arch, page, frame, flags);
    frame_put(mapping->frame);
    return 0;
}

int fault_resolve(struct address_space *space, uintptr_t address, enum fault_access access)
{
    if (address >= USER_END)
        return -EFAULT;
    uintptr_t page = page_down(address);
    struct region *region = region_find(space, page);
    if (!region && !(region = stack_grow(space, page)))
        return -EFAULT;
    if (!access_allowed(region, access))
        return -EACCES;
    struct arch_mapping mapping;
    if (arch_lookup(&space->arch, page, &mapping)) {
        if (access == FAULT_WRITE && !(mapping.flags & PAGE_WRITE))
            return write_resolve(space, region, page, &mapping);
        /* Allowed by the tables too: what the core remembered was older. Setting it again makes it
         * forget. */
        arch_protect(&space->arch, page, pages_flags(region, mapping.flags & PAGE_WRITE));
        return 0;
    }
    if (frames_free() < PAGE_TABLES_MAX)
        return -ENOMEM;
    return region->object ? object_populate(space, region, page, access)
                          : anonymous_populate(space, region, page);
}

int address_space_populate(struct address_space *space, uintptr_t address, uint64_t size)
{
    uintptr_t at = page_down(address), end = address + size;
    while (at < end) {
        const struct region *region = region_find(space, at);
        if (!region)
            return -ENOMEM;
        uintptr_t stop = region->end < end ? region->end : end;
        bool writes = region->flags & REGION_WRITE;
        for (; at < stop && region->flags & REGION_RWX; at += PAGE_SIZE) {
            struct arch_mapping mapping;
            if (arch_lookup(&space->arch, at, &mapping) && (!writes || mapping.flags & PAGE_WRITE))
                continue;
            pages_breathe(space->resident);
            int error = fault_resolve(space, at, writes ? FAULT_WRITE : FAULT_READ);
            if (error)
                return error;
        }
        at = stop;
    }
    return 0;
}
