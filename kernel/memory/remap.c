/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mremap: shrink, grow in place, or move a mapping with its contents by moving page-table entries.
 * The order is always: room for the new region, pages, then the old region, so that a failure
 * leaves the old one whole.
 */
#include <asm/errno.h>
#include <linux/mman.h>

#include "memory/address_space.h"
#include "memory/frames.h"
#include "memory/heap.h"
#include "memory/pages.h"

struct move {
    uintptr_t old;
    uint64_t old_size, new_size;
    int flags; /* MREMAP_* */
    uintptr_t target;
};

static bool ranges_overlap(uintptr_t a, uint64_t a_size, uintptr_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

static int arguments_check(const struct move *move)
{
    const int known = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
    if (move->flags & ~known || move->old % PAGE_SIZE != 0 || move->new_size == 0)
        return -EINVAL;
    if (move->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) && !(move->flags & MREMAP_MAYMOVE))
        return -EINVAL;
    if (move->flags & MREMAP_DONTUNMAP && move->old_size != move->new_size)
        return -EINVAL;
    if (move->old > USER_END || move->old_size > USER_END - move->old)
        return -EINVAL;
    if (move->new_size > USER_END - USER_BASE)
        return -EINVAL;
    if (!(move->flags & MREMAP_FIXED))
        return 0;
    if (move->target % PAGE_SIZE != 0 || move->target < USER_BASE || move->target > USER_END ||
        move->new_size > USER_END - move->target ||
        ranges_overlap(move->old, move->old_size, move->target, move->new_size))
        return -EINVAL;
    return 0;
}

static int limits_check(const struct address_space *space, const struct region *region,
                        const struct move *move)
{
    uint64_t more = move->new_size - (move->flags & MREMAP_DONTUNMAP ? 0 : move->old_size);
    if (space->mapped_bytes + more > space->address_limit)
        return -ENOMEM;
    bool counted =
        (region->flags & (REGION_WRITE | REGION_SHARED | REGION_NO_RESERVE)) == REGION_WRITE;
    return counted && move->new_size / PAGE_SIZE > frames_total() ? -ENOMEM : 0;
}

/* Where it goes; -ENOMEM. */
static long target_find(struct address_space *space, const struct move *move)
{
    if (move->flags & MREMAP_FIXED)
        return (long)move->target;
    struct place_request place = {
        .size = move->new_size, .low = USER_BASE, .high = space->map_hint};
    if (move->new_size >= LARGE_PAGE_SIZE) { /* 2 MiB pages can then move whole */
        place.align = LARGE_PAGE_SIZE;
        place.phase = move->old % LARGE_PAGE_SIZE;
    }
    uintptr_t found = region_place(space, &place);
    return found ? (long)found : -ENOMEM;
}

/* The region of the new place, not yet in the array. */
static struct region *region_copy(const struct region *from, const struct move *move, uintptr_t to)
{
    struct region *region = HEAP_NEW(struct region);
    if (!region)
        return NULL;
    *region = *from;
    region->start = to;
    region->end = to + move->new_size;
    region->offset = from->offset + (move->old - from->start);
    region->fault_next = 0;
    if (region->object)
        memory_object_get(region->object);
    return region;
}

static void region_discard(struct region *region)
{
    if (region && region->object)
        memory_object_put(region->object);
    heap_free(region);
}

static long mapping_move(struct address_space *space, const struct move *move)
{
    uint64_t kept = move->old_size < move->new_size ? move->old_size : move->new_size;
    int error = 0;
    if (move->flags & MREMAP_FIXED)
        error = address_space_unmap(space, move->target, move->new_size);
    if (!error)
        error = pages_border(space, move->old);
    if (!error)
        error = pages_border(space, move->old + kept);
    if (!error)
        error = region_reserve(space, 4);
    if (error)
        return error;
    long place = target_find(space, move);
    if (place < 0)
        return place;
    uintptr_t to = (uintptr_t)place;
    const struct region *from = region_find(space, move->old);
    if (!from) /* old_size 0 and the same place: the target took it away */
        return -EFAULT;
    struct region *region = region_copy(from, move, to);
    if (!region)
        return -ENOMEM;
    error = pages_move(space, from, move->old, to, kept);
    if (error) {
        region_discard(region);
        return error;
    }
    region_insert(space, region);
    /* The old range has no pages up to `kept` any more. If its region cannot be cut now, it stays
     * as empty addresses: harmless, and the contents are safe in the new place. */
    if (move->old_size != 0 && !(move->flags & MREMAP_DONTUNMAP))
        (void)address_space_unmap(space, move->old, move->old_size);
    region_join(space, to, to + move->new_size);
    return place;
}

/* Room right behind the mapping. */
static bool grows_in_place(struct address_space *space, const struct region *region,
                           const struct move *move)
{
    uintptr_t old_end = move->old + move->old_size, new_end = move->old + move->new_size;
    if (region->end != old_end || new_end > USER_END ||
        !region_range_is_free(space, old_end, new_end))
        return false;
    const struct region *above = region_at_or_after(space, old_end);
    return !above || !(above->flags & REGION_STACK) || above->start - new_end >= STACK_GUARD_GAP;
}

static long mapping_grow(struct address_space *space, struct region *region,
                         const struct move *move)
{
    if (grows_in_place(space, region, move)) {
        uint64_t more = move->new_size - move->old_size;
        region->end += more;
        space->mapped_bytes += more;
        region_join(space, region->start, region->end);
        return (long)move->old;
    }
    return move->flags & MREMAP_MAYMOVE ? mapping_move(space, move) : -ENOMEM;
}

long address_space_remap(struct address_space *space, uintptr_t old, uint64_t old_size,
                         uint64_t new_size, int linux_flags, uintptr_t new_address)
{
    if (old_size > USER_END || new_size > USER_END)
        return -EINVAL;
    struct move move = {old, (old_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1),
                        (new_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1), linux_flags, new_address};
    int error = arguments_check(&move);
    if (error)
        return error;
    struct region *region = region_find(space, old);
    if (!region)
        return -EFAULT;
    if (move.old_size == 0) { /* a second view of a shared mapping */
        if (!(region->flags & REGION_SHARED) || !(linux_flags & MREMAP_MAYMOVE))
            return -EINVAL;
        error = limits_check(space, region, &move);
        return error ? error : mapping_move(space, &move);
    }
    bool moves = linux_flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
    if (!moves && move.new_size <= move.old_size) {
        if (move.new_size < move.old_size)
            error = address_space_unmap(space, old + move.new_size, move.old_size - move.new_size);
        return error ? error : (long)old;
    }
    if (old + move.old_size > region->end)
        return -EFAULT;
    if (region->object && region->offset + (old - region->start) + move.new_size < move.new_size)
        return -EINVAL;
    error = limits_check(space, region, &move);
    if (error)
        return error;
    return moves ? mapping_move(space, &move) : mapping_grow(space, region, &move);
}
