/* SPDX-License-Identifier: Apache-2.0 */
/* Four-level page tables, Intel SDM 3A 4.5. Only supervisor pages; the kernel adds the rest. */
#include "start/tables.h"

#include "abi/layout.h"
#include "lib/string.h"

#define ENTRY_PRESENT 1UL
#define ENTRY_LARGE   0x80UL
#define ENTRY_ADDRESS 0x000ffffffffff000UL
#define ENTRIES       512

static uint64_t frame_take(struct tables *tables)
{
    uint64_t offset = tables->next;

    if (tables->end - offset < PAGE_SIZE) {
        tables->full = true;
        return 0;
    }
    tables->next += PAGE_SIZE;
    memset(tables->memory + offset, 0, PAGE_SIZE);
    return tables->base + offset;
}

static uint64_t *frame_entries(const struct tables *tables, uint64_t frame)
{
    return (uint64_t *)(void *)(tables->memory + (frame - tables->base));
}

/* The entry for address in the table of `level` (4: PML4 ... 1: page table); makes what is missing
 * above it. NULL: full, or a large page is there already. */
static uint64_t *entry_at(struct tables *tables, uint64_t address, int level)
{
    uint64_t frame = tables->root;

    for (int at = 4;; at--) {
        uint64_t *entry =
            &frame_entries(tables, frame)[address >> (12 + 9 * (at - 1)) & (ENTRIES - 1)];

        if (at == level)
            return entry;
        if (*entry & ENTRY_LARGE)
            return NULL;
        if (!(*entry & ENTRY_PRESENT)) {
            uint64_t below = frame_take(tables);

            if (tables->full)
                return NULL;
            *entry = below | ENTRY_PRESENT | TABLE_WRITE;
        }
        frame = *entry & ENTRY_ADDRESS;
    }
}

void tables_begin(struct tables *tables, char *memory, uint64_t base, uint64_t next, uint64_t end)
{
    tables->memory = memory;
    tables->base = base;
    tables->next = next;
    tables->end = end;
    tables->full = false;
    tables->root = frame_take(tables);
}

/* One 2 MiB page, if it fits and nothing is mapped there with small pages yet. */
static bool large_page_map(struct tables *tables, uint64_t address, uint64_t phys, uint64_t size,
                           uint64_t flags)
{
    if (((address | phys) & (LARGE_PAGE_SIZE - 1)) != 0 || size < LARGE_PAGE_SIZE)
        return false;
    uint64_t *entry = entry_at(tables, address, 2);

    if (entry == NULL || (*entry & ENTRY_PRESENT))
        return false;
    *entry = phys | ENTRY_PRESENT | ENTRY_LARGE | flags;
    return true;
}

void tables_map(struct tables *tables, uint64_t address, uint64_t phys, uint64_t size,
                uint64_t flags)
{
    uint64_t left = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

    while (left > 0 && !tables->full) {
        uint64_t step = LARGE_PAGE_SIZE - (address & (LARGE_PAGE_SIZE - 1));

        if (step > left)
            step = left;
        if (!large_page_map(tables, address, phys, left, flags)) {
            uint64_t *entry = entry_at(tables, address, 1);

            for (uint64_t i = 0; entry != NULL && i < step / PAGE_SIZE; i++)
                if (!(entry[i] & ENTRY_PRESENT))
                    entry[i] = (phys + i * PAGE_SIZE) | ENTRY_PRESENT | flags;
        }
        address += step;
        phys += step;
        left -= step;
    }
}

void tables_reserve(struct tables *tables, uint64_t address)
{
    if (!tables->full)
        (void)entry_at(tables, address, 3);
}

uint64_t tables_frames_max(uint64_t size, bool large)
{
    uint64_t frames = 3 + (size >> 39) + 1 + (size >> 30) + 1;

    return large ? frames + 2 : frames + (size >> 21) + 1;
}
