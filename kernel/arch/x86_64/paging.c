/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables. In the user half every entry that points to a table counts, in bits that the
 * processor ignores, the used entries of that table: an empty table is freed at once, so nothing
 * ever walks through empty ones, and unmapping costs no search. The kernel half is built by start/,
 * marked global here and shared by all spaces; its tables are never freed.
 */
#include "arch/arch.h"
#include "arch/doors.h"
#include "arch/x86_64/cpu.h"
#include "lib/string.h"

#define ENTRY_PRESENT  0x1UL
#define ENTRY_WRITE    0x2UL
#define ENTRY_USER     0x4UL
#define ENTRY_UNCACHED 0x18UL
#define ENTRY_ACCESSED 0x20UL
#define ENTRY_DIRTY    0x40UL
#define ENTRY_LARGE    0x80UL
#define ENTRY_GLOBAL   0x100UL
/* Ours: a PROT_NONE page, not present to the processor, so that user copies fault too. */
#define ENTRY_KEPT    0x200UL
#define ENTRY_USED    (ENTRY_PRESENT | ENTRY_KEPT)
#define ENTRY_NO_EXEC (1UL << 63)
#define ENTRY_FRAME   0x000ffffffffff000UL
#define COUNT_SHIFT   52
#define COUNT_ONE     (1UL << COUNT_SHIFT)
#define COUNT_MASK    (0x3ffUL << COUNT_SHIFT)
#define ENTRIES       512

/* So many pages are dropped from the TLB one by one; for more it is emptied once, which is cheaper.
 */
#define DROPS_MAX 32U

struct arch_space kernel_space;
static phys_addr current_root;
static bool drops_gathered;
static unsigned drops; /* of programs' pages since drops_gathered */

static inline uint64_t *table_of(uint64_t entry)
{
    return direct_pointer(entry & ENTRY_FRAME);
}
/* level 0: page table, 3: root */
static inline unsigned index_of(uintptr_t address, int level)
{
    return address >> (12 + 9 * level) & 511;
}
static inline bool is_user_half(uintptr_t address)
{
    return address >> 47 == 0;
}
static inline void tlb_drop(uintptr_t address)
{
    asm volatile("invlpg (%0)" ::"r"(address) : "memory");
}

static uint64_t entry_make(uintptr_t address, phys_addr frame, unsigned flags)
{
    bool kept = is_user_half(address) && !(flags & PAGE_USER);
    uint64_t entry = frame | (kept ? ENTRY_KEPT : ENTRY_PRESENT);

    entry |= flags & PAGE_WRITE ? ENTRY_WRITE : 0;
    entry |= flags & PAGE_USER ? ENTRY_USER : 0;
    entry |= flags & PAGE_UNCACHED ? ENTRY_UNCACHED : 0;
    entry |= flags & PAGE_EXEC ? 0 : ENTRY_NO_EXEC;
    entry |= is_user_half(address) ? 0 : ENTRY_GLOBAL;
    return entry;
}

/* The entry for address at `level`; NULL when there is no table that far down. A large page above
 * it is returned instead, *level then says where. */
static uint64_t *entry_find(const struct arch_space *space, uintptr_t address, int *level)
{
    uint64_t *table = direct_pointer(space->root);

    for (int at = 3;; at--) {
        uint64_t *entry = &table[index_of(address, at)];

        if (at == *level)
            return entry;
        if (!(*entry & ENTRY_USED))
            return NULL;
        if (*entry & ENTRY_LARGE) {
            *level = at;
            return entry;
        }
        table = table_of(*entry);
    }
}

/* Takes back tables that were made for address but hold nothing. */
static void tables_prune(const struct arch_space *space, uintptr_t address)
{
    uint64_t *path[4];
    uint64_t *table = direct_pointer(space->root);
    int level;

    for (level = 3; level > 0; level--) {
        path[level] = &table[index_of(address, level)];
        if (!(*path[level] & ENTRY_USED) || *path[level] & ENTRY_LARGE)
            break;
        table = table_of(*path[level]);
    }
    while (++level <= 3 && !(*path[level] & COUNT_MASK)) {
        phys_addr frame = *path[level] & ENTRY_FRAME;

        *path[level] = 0;
        if (space->root == current_root)
            tlb_drop(address); /* also drops what the core remembers of the tables */
        table_frame_free(frame);
        if (level < 3)
            *path[level + 1] -= COUNT_ONE;
    }
}

static int entry_set(struct arch_space *space, uintptr_t address, int target, uint64_t value)
{
    uint64_t *table = direct_pointer(space->root);
    uint64_t *parent = NULL;
    bool counted = is_user_half(address);

    for (int level = 3; level > target; level--) {
        uint64_t *entry = &table[index_of(address, level)];

        if (!(*entry & ENTRY_USED)) {
            phys_addr frame = table_frame_alloc();

            if (!frame) {
                if (counted)
                    tables_prune(space, address);
                return -12; /* ENOMEM */
            }
            *entry = frame | ENTRY_PRESENT | ENTRY_WRITE | (counted ? ENTRY_USER : 0);
            if (parent && counted)
                *parent += COUNT_ONE;
        }
        ASSERT(!(*entry & ENTRY_LARGE));
        parent = entry;
        table = table_of(*entry);
    }
    ASSERT(!(table[index_of(address, target)] & ENTRY_USED));
    table[index_of(address, target)] = value;
    if (counted)
        *parent += COUNT_ONE;
    return 0;
}

int arch_map(struct arch_space *space, uintptr_t address, phys_addr frame, unsigned flags)
{
    return entry_set(space, address, 0, entry_make(address, frame, flags));
}

int arch_map_large(struct arch_space *space, uintptr_t address, phys_addr frame, unsigned flags)
{
    return entry_set(space, address, 1, entry_make(address, frame, flags) | ENTRY_LARGE);
}

bool arch_table_entry(uint64_t entry, phys_addr *frame)
{
    *frame = entry & ENTRY_FRAME;
    return (entry & ENTRY_PRESENT) && !(entry & ENTRY_LARGE);
}

static void mapping_describe(uint64_t entry, int level, struct arch_mapping *mapping)
{
    mapping->size = level ? 1UL << (12 + 9 * level) : PAGE_SIZE;
    mapping->frame = entry & ENTRY_FRAME & ~(mapping->size - 1);
    mapping->flags = (entry & ENTRY_WRITE ? PAGE_WRITE : 0) | (entry & ENTRY_USER ? PAGE_USER : 0) |
                     (entry & ENTRY_NO_EXEC ? 0 : PAGE_EXEC) |
                     (entry & ENTRY_UNCACHED ? PAGE_UNCACHED : 0);
    mapping->dirty = entry & ENTRY_DIRTY;
    mapping->accessed = entry & ENTRY_ACCESSED;
}

bool arch_lookup(const struct arch_space *space, uintptr_t address, struct arch_mapping *mapping)
{
    int level = 0;
    const uint64_t *entry = entry_find(space, address, &level);

    if (!entry || !(*entry & ENTRY_USED))
        return false;
    mapping_describe(*entry, level, mapping);
    return true;
}

bool arch_next_mapped(const struct arch_space *space, uintptr_t address, uintptr_t end,
                      uintptr_t *found, struct arch_mapping *mapping)
{
    address &= ~(PAGE_SIZE - 1);
    while (address < end) {
        const uint64_t *table = direct_pointer(space->root);
        int level = 3;
        unsigned index = index_of(address, 3);

        while (level > 0 && table[index] & ENTRY_USED && !(table[index] & ENTRY_LARGE)) {
            table = table_of(table[index]);
            index = index_of(address, --level);
        }
        /* Along this table, as long as nothing is there. */
        while (!(table[index] & ENTRY_USED)) {
            uint64_t step = 1UL << (12 + 9 * level);

            address = (address & ~(step - 1)) + step;
            if (address >= end || address == 0)
                return false;
            if (++index == ENTRIES)
                break;
        }
        if (index == ENTRIES || (level > 0 && !(table[index] & ENTRY_LARGE)))
            continue;
        mapping_describe(table[index], level, mapping);
        *found = address & ~(mapping->size - 1);
        return true;
    }
    return false;
}

/* The entry of the page at address, which must be mapped. */
static uint64_t *entry_mapped(const struct arch_space *space, uintptr_t address)
{
    int level = 0;
    uint64_t *entry = entry_find(space, address, &level);

    ASSERT(entry && *entry & ENTRY_USED);
    return entry;
}

static inline void tlb_changed(const struct arch_space *space, uintptr_t address)
{
    if (!is_user_half(address))
        tlb_drop(address);
    else if (space->root == current_root && !(drops_gathered && ++drops > DROPS_MAX))
        tlb_drop(address);
}

void arch_drops_begin(void)
{
    ASSERT(!drops_gathered);
    drops_gathered = true;
    drops = 0;
}

void arch_drops_end(void)
{
    drops_gathered = false;
    if (drops > DROPS_MAX)
        cr3_write(current_root); /* programs' pages are not global */
}

void arch_unmap(struct arch_space *space, uintptr_t address)
{
    uint64_t *table = direct_pointer(space->root);
    uint64_t *parent = NULL, *entry;

    for (int level = 3;; level--) {
        entry = &table[index_of(address, level)];
        ASSERT(*entry & ENTRY_USED);
        if (level == 0 || *entry & ENTRY_LARGE)
            break;
        parent = entry;
        table = table_of(*entry);
    }
    *entry = 0;
    tlb_changed(space, address);
    if (!parent || !is_user_half(address))
        return;
    *parent -= COUNT_ONE;
    if (!(*parent & COUNT_MASK))
        tables_prune(space, address);
}

void arch_protect(struct arch_space *space, uintptr_t address, unsigned flags)
{
    uint64_t *entry = entry_mapped(space, address);
    uint64_t kept = *entry & (ENTRY_FRAME | ENTRY_LARGE | ENTRY_ACCESSED | ENTRY_DIRTY);

    *entry = entry_make(address, kept, flags);
    tlb_changed(space, address);
}

void arch_remap(struct arch_space *space, uintptr_t address, phys_addr frame, unsigned flags)
{
    uint64_t *entry = entry_mapped(space, address);

    ASSERT(!(*entry & ENTRY_LARGE) || !is_user_half(address));
    *entry = entry_make(address, frame, flags);
    tlb_changed(space, address);
}

int arch_split(struct arch_space *space, uintptr_t address)
{
    int level = 1;
    uint64_t *entry = entry_find(space, address, &level);
    uint64_t large, small, *table;
    phys_addr frame;

    ASSERT(entry && level == 1 && *entry & ENTRY_LARGE);
    frame = table_frame_alloc();
    if (!frame)
        return -12; /* ENOMEM */
    large = *entry;
    table = direct_pointer(frame);
    small = large & ~ENTRY_LARGE;
    for (unsigned i = 0; i < ENTRIES; i++)
        table[i] = small + i * PAGE_SIZE;
    *entry = frame | ENTRY_PRESENT | ENTRY_WRITE;
    if (is_user_half(address))
        *entry |= ENTRY_USER | ENTRIES * COUNT_ONE;
    tlb_changed(space, address);
    return 0;
}

int arch_space_create(struct arch_space *space)
{
    const uint64_t *kernel_root = direct_pointer(kernel_space.root);
    phys_addr root = table_frame_alloc();
    uint64_t *table;

    if (!root)
        return -12; /* ENOMEM */
    table = direct_pointer(root);
    memcpy(table + ENTRIES / 2, kernel_root + ENTRIES / 2, PAGE_SIZE / 2);
    space->root = root;
    return 0;
}

static void table_destroy(uint64_t *table, int level, unsigned entries)
{
    for (unsigned i = 0; i < entries; i++) {
        if (!(table[i] & ENTRY_USED) || table[i] & ENTRY_LARGE)
            continue;
        if (level > 1)
            table_destroy(table_of(table[i]), level - 1, ENTRIES);
        table_frame_free(table[i] & ENTRY_FRAME);
    }
}

void arch_space_destroy(struct arch_space *space)
{
    if (!space->root)
        return;
    ASSERT(space->root != current_root && space->root != kernel_space.root);
    table_destroy(direct_pointer(space->root), 3, ENTRIES / 2);
    table_frame_free(space->root);
    space->root = 0;
}

void arch_space_switch(const struct arch_space *space)
{
    if (space->root == current_root)
        return;
    current_root = space->root;
    cr3_write(current_root);
}

static void table_make_global(uint64_t *table, int level)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (!(table[i] & ENTRY_PRESENT))
            continue;
        if (level == 0 || table[i] & ENTRY_LARGE)
            table[i] |= ENTRY_GLOBAL;
        else
            table_make_global(table_of(table[i]), level - 1);
    }
}

static void guard_make(const char *page)
{
    int level = 0;
    uint64_t *entry = entry_find(&kernel_space, (uintptr_t)page, &level);

    ASSERT(entry && level == 0);
    *entry = 0;
}

/* The tables that start/ built become ours: no identity-mapped trampoline any more, guard pages
 * below the fixed stacks, global pages for all of the kernel half. */
void paging_init(const struct start_info *start)
{
    extern const char guard_boot[], guard_double_fault[], guard_nmi[], guard_machine_check[];
    uint64_t *root = direct_pointer(start->page_table);

    kernel_space.root = current_root = start->page_table;
    root[0] = 0;
    guard_make(guard_boot);
    guard_make(guard_double_fault);
    guard_make(guard_nmi);
    guard_make(guard_machine_check);
    for (unsigned i = ENTRIES / 2; i < ENTRIES; i++) {
        if (root[i] & ENTRY_PRESENT)
            table_make_global(table_of(root[i]), 2);
    }
    /* All spaces share what is mapped there later, so start/ made the tables. */
    ASSERT(root[index_of(STACK_AREA_BASE, 3)] & root[index_of(REPAIR_BASE, 3)] & ENTRY_PRESENT);
    cr3_write(current_root);
    if (cpu.pge)
        cr4_write(cr4_read() | CR4_PGE);
}
