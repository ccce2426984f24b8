/* SPDX-License-Identifier: Apache-2.0 */
/* The machine of the host tests: see fake_arch.h. Tables are two levels: 1 GiB each, then 2 MiB
 * each. */
#include "memory/test/fake_arch.h"

#include <asm/errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/doors.h"
#include "memory/frames.h"

#define TOP_ENTRIES    131072 /* 47 bits of user addresses / 1 GiB */
#define PRESENT        (1UL << 62)
#define ALL_FLAGS      (PAGE_WRITE | PAGE_EXEC | PAGE_USER | PAGE_UNCACHED)
#define RESERVED_BYTES 0x5000 /* stands for the kernel copy */

struct fake_block {  /* 2 MiB */
    uint64_t large;  /* frame | flags | PRESENT */
    uint64_t *small; /* in a frame of its own */
    unsigned used;
};
struct fake_root {
    struct fake_block *giga[TOP_ENTRIES];
};

jmp_buf fake_panic_jump;
bool fake_panic_armed;
unsigned fake_faults;
struct address_space *fake_space;
static char *memory, *store;
static size_t memory_size, store_size;

void panic(const char *format, ...)
{
    if (fake_panic_armed)
        longjmp(fake_panic_jump, 1);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

void arch_poll_interrupts(void)
{
}

void page_zero(void *page)
{
    memset(page, 0, PAGE_SIZE);
}

void page_copy(void *to, const void *from)
{
    memcpy(to, from, PAGE_SIZE);
}

static phys_addr fake_phys(const void *pointer)
{
    return (uintptr_t)pointer - DIRECT_BASE;
}

static char *large_aligned(size_t size)
{
    char *at = mmap(NULL, size + LARGE_PAGE_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        abort();
    return (char *)(((uintptr_t)at + LARGE_PAGE_SIZE - 1) & ~(LARGE_PAGE_SIZE - 1));
}

void fake_memory_start(size_t large)
{
    if (memory)
        munmap(memory, memory_size);
    /* A hole between the two extents, as firmware leaves one. */
    memory_size = (large + 1) * LARGE_PAGE_SIZE;
    memory = large_aligned(memory_size);
    struct machine_node node = {.extent_count = 2};
    size_t first = large - large / 3;
    node.extents[0].base = fake_phys(memory);
    node.extents[0].size = first * LARGE_PAGE_SIZE;
    node.extents[1].base = fake_phys(memory + (first + 1) * LARGE_PAGE_SIZE);
    node.extents[1].size = (large - first) * LARGE_PAGE_SIZE;
    if (large < 3)
        node.extent_count = 1;
    memset(memory, 0xa5, memory_size); /* nobody may count on zeros */
    frames_init(&node, node.extents[0].base + RESERVED_BYTES);
}

size_t fake_free(void)
{
    size_t reserve = frames_total() / 64 > 512 ? frames_total() / 64 : 512;
    return frames_free() + reserve;
}

phys_addr fake_store_start(size_t pages)
{
    if (store)
        munmap(store, store_size);
    store_size = pages * PAGE_SIZE;
    store = large_aligned(store_size);
    frames_window_add(fake_phys(store), store_size, store);
    return fake_phys(store);
}

int arch_space_create(struct arch_space *space)
{
    space->root = (uintptr_t)calloc(1, sizeof(struct fake_root));
    return 0;
}

void arch_space_destroy(struct arch_space *space)
{
    struct fake_root *root = (struct fake_root *)(uintptr_t)space->root;
    for (size_t g = 0; g < TOP_ENTRIES; g++) {
        for (size_t i = 0; root->giga[g] && i < 512; i++) {
            ASSERT(root->giga[g][i].large == 0 && !root->giga[g][i].small);
        }
        free(root->giga[g]);
    }
    free(root);
}

static struct fake_block *block_at(const struct arch_space *space, uintptr_t address, bool create)
{
    struct fake_root *root = (struct fake_root *)(uintptr_t)space->root;
    struct fake_block **giga = &root->giga[address >> 30];
    ASSERT(address < USER_END);
    if (!*giga && create)
        *giga = calloc(512, sizeof(struct fake_block));
    return *giga ? &(*giga)[address >> 21 & 511] : NULL;
}

static uint64_t *entry_at(const struct arch_space *space, uintptr_t address, uint64_t *size)
{
    struct fake_block *block = block_at(space, address, false);
    if (!block)
        return NULL;
    *size = block->large ? LARGE_PAGE_SIZE : PAGE_SIZE;
    if (block->large)
        return &block->large;
    return block->small && block->small[address >> 12 & 511] ? &block->small[address >> 12 & 511]
                                                             : NULL;
}

int arch_map(struct arch_space *space, uintptr_t address, phys_addr frame, unsigned flags)
{
    struct fake_block *block = block_at(space, address, true);
    ASSERT(address % PAGE_SIZE == 0 && frame % PAGE_SIZE == 0 && !block->large);
    if (!block->small) {
        phys_addr table = table_frame_alloc();
        if (!table)
            return -ENOMEM;
        block->small = direct_pointer(table);
    }
    ASSERT(block->small[address >> 12 & 511] == 0);
    block->small[address >> 12 & 511] = frame | flags | PRESENT;
    block->used++;
    return 0;
}

int arch_map_large(struct arch_space *space, uintptr_t address, phys_addr frame, unsigned flags)
{
    struct fake_block *block = block_at(space, address, true);
    ASSERT(address % LARGE_PAGE_SIZE == 0 && frame % LARGE_PAGE_SIZE == 0 && !block->large &&
           !block->small);
    block->large = frame | flags | PRESENT;
    return 0;
}

static void describe(uint64_t entry, uint64_t size, struct arch_mapping *mapping)
{
    *mapping = (struct arch_mapping){
        .frame = entry & ~PRESENT & ~(PAGE_SIZE - 1), .size = size, .flags = entry & ALL_FLAGS};
}

bool arch_lookup(const struct arch_space *space, uintptr_t address, struct arch_mapping *mapping)
{
    uint64_t size;
    uint64_t *entry = entry_at(space, address, &size);
    if (entry)
        describe(*entry, size, mapping);
    return entry != NULL;
}

bool arch_next_mapped(const struct arch_space *space, uintptr_t address, uintptr_t end,
                      uintptr_t *found, struct arch_mapping *mapping)
{
    struct fake_root *root = (struct fake_root *)(uintptr_t)space->root;
    address &= ~(PAGE_SIZE - 1);
    while (address < end) {
        uint64_t size;
        uint64_t step = 1UL << 30;
        if (root->giga[address >> 30]) {
            struct fake_block *block = block_at(space, address, false);
            step = block->large || block->small ? PAGE_SIZE : LARGE_PAGE_SIZE;
            uint64_t *entry = entry_at(space, address, &size);
            if (entry) {
                describe(*entry, size, mapping);
                *found = address & ~(size - 1);
                return true;
            }
        }
        address = (address & ~(step - 1)) + step;
    }
    return false;
}

void arch_unmap(struct arch_space *space, uintptr_t address)
{
    uint64_t size;
    uint64_t *entry = entry_at(space, address, &size);
    struct fake_block *block = block_at(space, address, false);
    ASSERT(entry);
    *entry = 0;
    if (size == PAGE_SIZE && --block->used == 0) {
        table_frame_free(direct_phys(block->small));
        block->small = NULL;
    }
}

static bool gathering;

void arch_drops_begin(void)
{
    ASSERT(!gathering);
    gathering = true;
}

void arch_drops_end(void)
{
    gathering = false;
}

void arch_protect(struct arch_space *space, uintptr_t address, unsigned flags)
{
    uint64_t size;
    uint64_t *entry = entry_at(space, address, &size);
    ASSERT(entry);
    *entry = (*entry & ~(uint64_t)ALL_FLAGS) | flags;
}

void arch_remap(struct arch_space *space, uintptr_t address, phys_addr frame, unsigned flags)
{
    uint64_t size;
    uint64_t *entry = entry_at(space, address, &size);
    ASSERT(entry && size == PAGE_SIZE);
    *entry = frame | flags | PRESENT;
}

int arch_split(struct arch_space *space, uintptr_t address)
{
    struct fake_block *block = block_at(space, address, false);
    ASSERT(block && block->large);
    phys_addr table = table_frame_alloc();
    if (!table)
        return -ENOMEM;
    block->small = direct_pointer(table);
    for (unsigned i = 0; i < 512; i++)
        block->small[i] = block->large + i * PAGE_SIZE;
    block->used = 512;
    block->large = 0;
    return 0;
}

static int byte_find(struct address_space *space, uintptr_t address, bool write, uint8_t **byte)
{
    for (unsigned tries = 0;; tries++) {
        struct arch_mapping mapping;
        ASSERT(tries < 4); /* else: a fault that is said to be resolved and is not */
        if (arch_lookup(&space->arch, address, &mapping) && mapping.flags & PAGE_USER &&
            (!write || mapping.flags & PAGE_WRITE)) {
            *byte = (uint8_t *)direct_pointer(mapping.frame) + address % mapping.size;
            return 0;
        }
        fake_faults++;
        int error = fault_resolve(space, address, write ? FAULT_WRITE : FAULT_READ);
        if (error)
            return error;
    }
}

int fake_write(struct address_space *space, uintptr_t address, uint8_t value)
{
    uint8_t *byte;
    int error = byte_find(space, address, true, &byte);
    if (!error)
        *byte = value;
    return error;
}

int fake_read(struct address_space *space, uintptr_t address, uint8_t *value)
{
    uint8_t *byte;
    int error = byte_find(space, address, false, &byte);
    if (!error)
        *value = *byte;
    return error;
}

int arch_copy_in(void *to, uintptr_t from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (from + i >= USER_END || fake_read(fake_space, from + i, (uint8_t *)to + i) != 0)
            return -EFAULT;
    }
    return 0;
}

int arch_copy_out(uintptr_t to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (to + i >= USER_END || fake_write(fake_space, to + i, ((const uint8_t *)from)[i]) != 0)
            return -EFAULT;
    }
    return 0;
}

int arch_zero_out(uintptr_t to, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (to + i >= USER_END || fake_write(fake_space, to + i, 0) != 0)
            return -EFAULT;
    }
    return 0;
}

long arch_string_length(uintptr_t text, size_t max)
{
    for (size_t i = 0; i < max; i++) {
        uint8_t byte;
        if (text + i >= USER_END || fake_read(fake_space, text + i, &byte) != 0)
            return -EFAULT;
        if (byte == 0)
            return (long)i;
    }
    return (long)max;
}
