/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extends the one-to-one map of boot/entry.S above 4 GiB, with 2 MiB pages (not every processor has
 * 1 GiB pages). The tables are reused in turn, oldest first: what we look at is never far apart.
 */
#include "boot/memory.h"

#include "abi/layout.h"

#define ENTRIES          512
#define GIB_SHIFT        30
#define FIRST_GIBS       4 /* mapped by boot/entry.S for good */
#define POOL_SIZE        64
#define PDPTS            (MEMORY_LIMIT >> 39)
#define ENTRY_TABLE      3UL
#define ENTRY_LARGE_PAGE 0x83UL

extern uint64_t boot_pml4[ENTRIES], boot_first_pdpt[ENTRIES];
static _Alignas(4096) uint64_t pdpts[PDPTS][ENTRIES];
static _Alignas(4096) uint64_t pool[POOL_SIZE][ENTRIES];
static uint64_t *pool_owner[POOL_SIZE]; /* the PDPT entry that points to it */
static unsigned pool_next;

static uint64_t *pdpt_of(uint64_t gib)
{
    uint64_t slot = gib / ENTRIES;

    if (slot == 0)
        return boot_first_pdpt;
    boot_pml4[slot] = (uintptr_t)pdpts[slot] | ENTRY_TABLE;
    return pdpts[slot];
}

static void gib_map(uint64_t gib)
{
    uint64_t *entry = &pdpt_of(gib)[gib % ENTRIES];
    uint64_t *table = pool[pool_next];

    if (*entry != 0)
        return;
    if (pool_owner[pool_next] != NULL)
        *pool_owner[pool_next] = 0;
    for (uint64_t i = 0; i < ENTRIES; i++)
        table[i] = (gib << GIB_SHIFT) + i * LARGE_PAGE_SIZE + ENTRY_LARGE_PAGE;
    *entry = (uintptr_t)table | ENTRY_TABLE;
    pool_owner[pool_next] = entry;
    pool_next = (pool_next + 1) % POOL_SIZE;
    /* The table may have mapped something else before. */
    __asm__ volatile("mov %%cr3, %%rax; mov %%rax, %%cr3" : : : "rax", "memory");
}

void *memory_map(uint64_t phys, uint64_t size)
{
    if (phys > MEMORY_LIMIT || size > MEMORY_LIMIT - phys ||
        size > (uint64_t)POOL_SIZE / 2 << GIB_SHIFT)
        return NULL;
    if (size > 0)
        for (uint64_t gib = phys >> GIB_SHIFT; gib <= (phys + size - 1) >> GIB_SHIFT; gib++)
            if (gib >= FIRST_GIBS)
                gib_map(gib);
    return (void *)phys;
}

static const void *memory_at(void *context, uint64_t phys, uint64_t size)
{
    return memory_map(phys, size);
}

const struct reader memory_reader = {memory_at, NULL};
