/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of memory as sorted lists. Ends are exclusive; callers keep base + size from wrapping. */
#include "boot/ranges.h"

#include <stddef.h>

#include "lib/string.h"

static void list_insert_at(struct ranges *ranges, uint32_t index, uint64_t base, uint64_t end)
{
    if (ranges->count == RANGES_MAX) {
        ranges->overflow = true;
        return;
    }
    memmove(&ranges->list[index + 1], &ranges->list[index],
            (ranges->count - index) * sizeof(ranges->list[0]));
    ranges->list[index] = (struct extent){base, end - base};
    ranges->count++;
}

static void list_delete_at(struct ranges *ranges, uint32_t index)
{
    ranges->count--;
    memmove(&ranges->list[index], &ranges->list[index + 1],
            (ranges->count - index) * sizeof(ranges->list[0]));
}

void ranges_add(struct ranges *ranges, uint64_t base, uint64_t size)
{
    uint64_t end = base + size;
    uint32_t i = 0;

    if (size == 0)
        return;
    while (i < ranges->count && ranges->list[i].base + ranges->list[i].size < base)
        i++;
    /* Everything that touches the new one melts into it. */
    while (i < ranges->count && ranges->list[i].base <= end) {
        uint64_t other_end = ranges->list[i].base + ranges->list[i].size;

        base = ranges->list[i].base < base ? ranges->list[i].base : base;
        end = other_end > end ? other_end : end;
        list_delete_at(ranges, i);
    }
    list_insert_at(ranges, i, base, end);
}

void ranges_remove(struct ranges *ranges, uint64_t base, uint64_t size)
{
    uint64_t end = base + size;

    for (uint32_t i = 0; i < ranges->count;) {
        uint64_t start = ranges->list[i].base, stop = start + ranges->list[i].size;

        if (stop <= base || start >= end) {
            i++;
            continue;
        }
        list_delete_at(ranges, i);
        if (start < base)
            list_insert_at(ranges, i++, start, base);
        if (stop > end)
            list_insert_at(ranges, i++, end, stop);
    }
}

void ranges_align(struct ranges *ranges, uint64_t alignment)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < ranges->count; i++) {
        uint64_t start = (ranges->list[i].base + alignment - 1) & ~(alignment - 1);
        uint64_t end = (ranges->list[i].base + ranges->list[i].size) & ~(alignment - 1);

        if (start < end)
            ranges->list[kept++] = (struct extent){start, end - start};
    }
    ranges->count = kept;
}

uint64_t ranges_take(struct ranges *ranges, uint64_t size, uint64_t limit)
{
    const struct extent *best = NULL;

    for (uint32_t i = 0; i < ranges->count; i++) {
        const struct extent *range = &ranges->list[i];

        if (range->size >= size && range->base + size <= limit &&
            (best == NULL || range->size < best->size))
            best = range;
    }
    if (best == NULL)
        return 0;
    /* From the top if that is below the limit: the bottom may be well aligned for a partition. */
    uint64_t top = best->base + best->size;
    uint64_t base = top <= limit ? top - size : best->base;

    if (best->base % LARGE_PAGE_SIZE != 0 && size <= LARGE_PAGE_SIZE - best->base % LARGE_PAGE_SIZE)
        base = best->base;
    ranges_remove(ranges, base, size);
    return base;
}
