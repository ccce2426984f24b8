/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: start/load.c start/tables.c start/elf.c kernel/lib/checksum.c */
/*
 * Loads a small kernel into partitions of a made-up machine and walks the page tables it gets:
 * every page of the node's view is compared with what abi/layout.h promises. Memory is an array;
 * low parts of it stand for partitions that claim to be larger.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/channel.h"
#include "lib/checksum.h"
#include "start/elf.h"
#include "start/load.h"
#include "start/start.h"

#define PRESENT    1UL
#define WRITE      2UL
#define USER       4UL
#define UNCACHED   0x18UL
#define LARGE      0x80UL
#define NO_EXECUTE (1UL << 63)
#define ADDRESS    0x000ffffffffff000UL

#define MIB              (1UL << 20)
#define HIGH             0x140000000UL /* node 1 lies above 4 GiB */
#define STORE            0x3000000UL
#define KERNEL_FILE_SIZE 0x4000
#define RING             (4 * RING_SIZE_MIN)
#define PIECE            (8 * MIB) /* what really exists of a partition */

static struct machine machine;
static char *partition[2], *store, *published, *trampoline;
static unsigned char kernel_file[KERNEL_FILE_SIZE];
static bool guardian; /* may not write published pages */

static void *fake_map(uint64_t phys, uint64_t size)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t base = machine.nodes[i].extents[0].base;

        if (phys >= base && phys + size <= base + PIECE)
            return partition[i] + (phys - base);
    }
    if (phys >= machine.published_base && phys < machine.published_base + 2 * PUBLISHED_SIZE)
        return guardian ? NULL : published + (phys - machine.published_base);
    if (phys == TRAMPOLINE_PHYS)
        return trampoline;
    fail_msg("mapped %lx, which is nobody's business", (unsigned long)phys);
    return NULL;
}

static const void *fake_store(uint64_t phys, uint64_t size)
{
    assert_true(phys >= STORE && phys + size <= STORE + machine.store_size);
    return store + (phys - STORE);
}

static void fake_wait(unsigned microseconds)
{
}

static const struct start_host host = {fake_map, fake_store, NULL, fake_wait};

static void put(uint64_t at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        kernel_file[at + i] = (unsigned char)(value >> 8 * i);
}

static void segment_put(unsigned index, uint32_t flags, uint64_t offset, uint64_t address,
                        uint64_t file_size, uint64_t memory_size)
{
    uint64_t at = 64 + index * 56;

    put(at, 1, 4);
    put(at + 4, flags, 4);
    put(at + 8, offset, 8);
    put(at + 16, address, 8);
    put(at + 32, file_size, 8);
    put(at + 40, memory_size, 8);
}

/* Text, constants, a hole of one page, data with 3 MiB of zeros behind. */
static void kernel_put(void)
{
    for (unsigned i = 0; i < KERNEL_FILE_SIZE; i++)
        kernel_file[i] = (unsigned char)(i * 13 + 1);
    memset(kernel_file, 0, 64 + 3 * 56);
    memcpy(kernel_file,
           "\x7f"
           "ELF\2\1\1",
           7);
    put(16, 2, 2);
    put(18, 62, 2);
    put(24, KERNEL_BASE + 0x10, 8);
    put(32, 64, 8);
    put(54, 56, 2);
    put(56, 3, 2);
    segment_put(0, 5, 0x1000, KERNEL_BASE, 0x1800, 0x1800);
    segment_put(1, 4, 0x2800, KERNEL_BASE + 0x2000, 0x800, 0x800);
    segment_put(2, 6, 0x3000, KERNEL_BASE + 0x4008, 0x100, 3 * MIB);
}

static void store_put(void)
{
    for (unsigned i = 0; i < 2; i++) {
        machine.kernel[i].base = STORE + 0x10000 + i * KERNEL_FILE_SIZE;
        machine.kernel[i].size = KERNEL_FILE_SIZE;
        machine.kernel[i].checksum = checksum_bytes(kernel_file, KERNEL_FILE_SIZE);
        memcpy(store + 0x10000 + i * KERNEL_FILE_SIZE, kernel_file, KERNEL_FILE_SIZE);
    }
}

static int begin(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        partition[i] = aligned_alloc(PAGE_SIZE, PIECE);
        memset(partition[i], 0xa5, PIECE);
    }
    store = aligned_alloc(PAGE_SIZE, 0x20000);
    published = aligned_alloc(PAGE_SIZE, 2 * PUBLISHED_SIZE);
    trampoline = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(published, 0, 2 * PUBLISHED_SIZE);
    machine = (struct machine){
        .magic = MACHINE_MAGIC,
        .node_count = 2,
        .store_base = STORE,
        .store_size = 0x20000,
        .root = {0x3100000, 5 * MIB + 100, 0},
        .published_base = 0x3800000,
        .channels_base = 0x2c00000,
        .ring_size = RING,
        .lapic_base = 0xfee00000,
        .ioapic_base = 0xfec00000,
        .start_table = STORE + 0x8000,
        .nodes = {{0, 1, {{0x4000000, 512 * MIB}}},
                  {1, 3, {{HIGH, 40 * MIB}, {0x2400000, 4 * MIB}, {0x8000000000UL, 1024 * MIB}}}},
    };
    kernel_put();
    store_put();
    guardian = false;
    return 0;
}

static int end(void **state)
{
    for (unsigned i = 0; i < 2; i++)
        free(partition[i]);
    free(store);
    free(published);
    free(trampoline);
    return 0;
}

static struct start_info *info_of(uint32_t node)
{
    return (struct start_info *)(void *)partition[node];
}

/* The last-level entry for address in the tables of node, 0: not mapped. *size: of the page. */
static uint64_t walk(uint32_t node, uint64_t address, uint64_t *size)
{
    uint64_t entry = info_of(node)->page_table | PRESENT | WRITE;

    for (int level = 4; level > 0; level--) {
        const uint64_t *table = fake_map(entry & ADDRESS, PAGE_SIZE);

        assert_true((entry & (WRITE | USER | NO_EXECUTE | LARGE)) == WRITE);
        entry = table[address >> (12 + 9 * (level - 1)) & 511];
        *size = 1UL << (12 + 9 * (level - 1));
        if (!(entry & PRESENT))
            return 0;
        if (level == 1 || (level == 2 && (entry & LARGE)))
            return entry;
    }
    return 0;
}

static void expect(uint32_t node, uint64_t address, uint64_t phys, uint64_t size, uint64_t flags)
{
    uint64_t page;

    for (uint64_t at = 0; at < size; at += PAGE_SIZE) {
        uint64_t entry = walk(node, address + at, &page);
        uint64_t found = (entry & ADDRESS & ~(page - 1)) + ((address + at) & (page - 1));

        assert_int_equal(found, phys + at);
        assert_int_equal(entry & (PRESENT | WRITE | USER | UNCACHED | NO_EXECUTE), PRESENT | flags);
    }
}

static void expect_nothing(uint32_t node, uint64_t address)
{
    uint64_t page;

    assert_int_equal(walk(node, address, &page), 0);
}

static void tables_are_as_the_layout_says(void **state)
{
    for (uint32_t node = 0; node < 2; node++) {
        assert_int_equal(start_load(&machine, node, 1, &host), START_OK);
        uint64_t kernel = info_of(node)->kernel_base;
        uint64_t own = PUBLISHED_BASE + node * PUBLISHED_SIZE;

        expect(node, KERNEL_BASE, kernel, 0x2000, 0);
        expect(node, KERNEL_BASE + 0x2000, kernel + 0x2000, 0x1000, NO_EXECUTE);
        expect_nothing(node, KERNEL_BASE + 0x3000);
        expect(node, KERNEL_BASE + 0x4000, kernel + 0x4000, 3 * MIB + 0x1000, WRITE | NO_EXECUTE);
        expect_nothing(node, KERNEL_BASE + 0x5000 + 3 * MIB);
        expect(node, STORE_BASE, STORE, 0x20000, NO_EXECUTE);
        expect_nothing(node, STORE_BASE + 0x20000);
        expect(node, IMAGE_BASE, 0x3100000, 5 * MIB + 100, NO_EXECUTE);
        expect_nothing(node, IMAGE_BASE + 5 * MIB + PAGE_SIZE);
        expect(node, own, 0x3800000 + node * PUBLISHED_SIZE, PUBLISHED_SIZE, WRITE | NO_EXECUTE);
        expect(node, PUBLISHED_BASE + (1 - node) * PUBLISHED_SIZE,
               0x3800000 + (1 - node) * PUBLISHED_SIZE, PUBLISHED_SIZE, NO_EXECUTE);
        expect_nothing(node, PUBLISHED_BASE + 2 * PUBLISHED_SIZE);
        for (uint32_t i = 0; i < 2; i++)
            expect(node, CHANNEL_BASE + i * 2 * RING, 0x2c00000 + i * 2 * RING, 2 * RING,
                   (i == node ? WRITE : 0) | NO_EXECUTE);
        expect_nothing(node, CHANNEL_BASE + 4 * RING);
        expect(node, DEVICE_LAPIC, 0xfee00000, PAGE_SIZE, WRITE | UNCACHED | NO_EXECUTE);
        expect(node, DEVICE_IOAPIC, 0xfec00000, PAGE_SIZE, WRITE | UNCACHED | NO_EXECUTE);
        expect(node, TRAMPOLINE_PHYS, TRAMPOLINE_PHYS, PAGE_SIZE, 0);
        expect_nothing(node, 0);
        expect_nothing(node, DEVICE_IOAPIC + PAGE_SIZE);
    }
}

static void direct_map_is_the_partition_only(void **state)
{
    for (uint32_t node = 0; node < 2; node++) {
        const struct machine_node *self = &machine.nodes[node];
        uint64_t page;

        start_load(&machine, node, 1, &host);
        uint64_t kernel = info_of(node)->kernel_base;

        expect(node, DIRECT_BASE + kernel, kernel, 0x3000, NO_EXECUTE); /* text, constants */
        expect(node, DIRECT_BASE + kernel + 0x3000, kernel + 0x3000, 4 * MIB, WRITE | NO_EXECUTE);
        for (uint32_t i = 0; i < self->extent_count; i++) {
            uint64_t base = self->extents[i].base, last = base + self->extents[i].size - PAGE_SIZE;

            expect(node, DIRECT_BASE + base, base, PAGE_SIZE, WRITE | NO_EXECUTE);
            expect(node, DIRECT_BASE + last, last, PAGE_SIZE, WRITE | NO_EXECUTE);
            expect_nothing(node, DIRECT_BASE + base - PAGE_SIZE);
            expect_nothing(node, DIRECT_BASE + last + PAGE_SIZE);
            walk(node, DIRECT_BASE + last, &page);
            assert_int_equal(page, LARGE_PAGE_SIZE);
        }
        expect_nothing(node, DIRECT_BASE + machine.nodes[1 - node].extents[0].base);
        expect_nothing(node, DIRECT_BASE + STORE);
    }
}

/* Every present entry of all tables, not only where we thought of looking. */
static void no_page_is_writable_and_executable(void **state)
{
    start_load(&machine, 1, 1, &host);
    uint64_t base = machine.nodes[1].extents[0].base, pages = 0;
    uint64_t end_of_tables = info_of(1)->free_base;

    for (uint64_t table = info_of(1)->page_table; table < end_of_tables; table += PAGE_SIZE) {
        const uint64_t *entries = (const uint64_t *)(void *)(partition[1] + (table - base));

        for (unsigned i = 0; i < 512; i++) {
            uint64_t phys = entries[i] & ADDRESS;
            bool is_table = phys > info_of(1)->page_table && phys < end_of_tables &&
                            !(entries[i] & (NO_EXECUTE | LARGE));

            if (!(entries[i] & PRESENT) || is_table)
                continue;
            assert_true((entries[i] & NO_EXECUTE) || !(entries[i] & WRITE));
            assert_false(entries[i] & USER);
            assert_false(phys >= 0x4000000 && phys < 0x4000000 + 512 * MIB); /* node 0 */
            pages++;
        }
    }
    assert_true(pages > 1000);
}

static void upper_entries_are_present(void **state)
{
    static const uint64_t areas[] = {DIRECT_BASE,    STORE_BASE,   IMAGE_BASE,
                                     PUBLISHED_BASE, CHANNEL_BASE, STACK_AREA_BASE,
                                     DEVICE_BASE,    REPAIR_BASE,  KERNEL_BASE};

    start_load(&machine, 0, 1, &host);
    const uint64_t *root = fake_map(info_of(0)->page_table, PAGE_SIZE);

    for (unsigned i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
        assert_true(root[areas[i] >> 39 & 511] & PRESENT);
}

static void kernel_is_copied_and_rest_is_zero(void **state)
{
    start_load(&machine, 0, 7, &host);
    const char *copy = partition[0] + PAGE_SIZE;
    const struct start_page *page = (const struct start_page *)(void *)partition[0];

    assert_memory_equal(copy, kernel_file + 0x1000, 0x1800);
    assert_memory_equal(copy + 0x2000, kernel_file + 0x2800, 0x800);
    assert_memory_equal(copy + 0x4008, kernel_file + 0x3000, 0x100);
    for (uint64_t i = 0x4108; i < 0x5000 + 3 * MIB; i++)
        assert_int_equal(copy[i], 0);
    for (unsigned i = 0x1800; i < 0x2000; i++)
        assert_int_equal(copy[i], 0);
    assert_int_equal(page->info.magic, START_MAGIC);
    assert_int_equal(page->info.node, 0);
    assert_int_equal(page->info.incarnation, 7);
    assert_int_equal(page->entry, KERNEL_BASE + 0x10);
    assert_int_equal(page->info.free_base % PAGE_SIZE, 0);
    assert_true(page->info.free_base < 0x4000000 + PIECE);
    struct published *self = (struct published *)(void *)published;

    assert_int_equal(self->state, NODE_STARTING);
    assert_int_equal(self->incarnation, 7);
}

static void twice_is_the_same(void **state)
{
    char *first = malloc(PIECE);

    start_load(&machine, 1, 2, &host);
    info_of(1)->started_tsc = 0;
    memcpy(first, partition[1], PIECE);
    guardian = true; /* and a guardian leaves the published pages alone */
    memset(published, 0x77, 2 * PUBLISHED_SIZE);
    memset(partition[1], 0x5a, info_of(1)->free_base - HIGH);
    assert_int_equal(start_load(&machine, 1, 2, &host), START_OK);
    info_of(1)->started_tsc = 0;
    assert_memory_equal(first, partition[1], PIECE);
    assert_int_equal(published[PUBLISHED_SIZE], 0x77);
    free(first);
}

static void second_copy_helps(void **state)
{
    store[0x10000 + 100] ^= 1;
    assert_int_equal(start_load(&machine, 0, 1, &host), START_OK);
    store[0x10000 + KERNEL_FILE_SIZE + 5000] ^= 1;
    assert_int_equal(start_load(&machine, 0, 1, &host), START_KERNEL_ALTERED);
}

static void first_extent_too_small(void **state)
{
    machine.nodes[0].extents[0].size = 2 * MIB;
    assert_int_equal(start_load(&machine, 0, 1, &host), START_NO_ROOM);
}

static void bad_kernels(void **state)
{
    struct kernel_elf elf;

    assert_true(kernel_elf_read(kernel_file, KERNEL_FILE_SIZE, &elf));
    assert_int_equal(elf.count, 3);
    for (uint64_t size = 0; size < 0x3100; size++)
        assert_false(kernel_elf_read(kernel_file, size, &elf));
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        kernel_put();                                                                              \
        change;                                                                                    \
        assert_false(kernel_elf_read(kernel_file, KERNEL_FILE_SIZE, &elf));                        \
    } while (0)
    REFUSED(put(4, 1, 1));                     /* 32 bits */
    REFUSED(put(16, 3, 2));                    /* position-independent */
    REFUSED(put(18, 183, 2));                  /* another machine */
    REFUSED(put(24, KERNEL_BASE + 0x2000, 8)); /* entry in constants */
    REFUSED(put(24, KERNEL_BASE + 0x1900, 8)); /* entry behind the text */
    REFUSED(put(24, 0x1000, 8));
    REFUSED(put(32, UINT64_MAX, 8));
    REFUSED(put(56, 0, 2));
    REFUSED(put(56, 0xffff, 2));
    REFUSED(segment_put(0, 7, 0x1000, KERNEL_BASE, 0x1800, 0x1800)); /* W and X */
    REFUSED(segment_put(1, 4, 0x2800, KERNEL_BASE + 0x1fff, 1, 1));  /* shares a page */
    REFUSED(segment_put(1, 4, 0x2800, 0x400000, 1, 1));
    REFUSED(segment_put(1, 4, 0x2800, KERNEL_BASE + 0x2000, 2, 1)); /* file > memory */
    REFUSED(segment_put(2, 6, UINT64_MAX, KERNEL_BASE + 0x4000, 1, 1));
    REFUSED(segment_put(2, 6, 0x3000, KERNEL_BASE + 0x4000, UINT64_MAX, UINT64_MAX));
    REFUSED(segment_put(2, 6, 0x3000, KERNEL_BASE + 0x4000, 1, KERNEL_SIZE_MAX));
    REFUSED(segment_put(2, 6, 0x3000, UINT64_MAX - 10, 1, 1));
    kernel_put();
    put(16, 3, 2);
    store_put();
    assert_int_equal(start_load(&machine, 0, 1, &host), START_KERNEL_BAD_ELF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tables_are_as_the_layout_says, begin, end),
        cmocka_unit_test_setup_teardown(direct_map_is_the_partition_only, begin, end),
        cmocka_unit_test_setup_teardown(no_page_is_writable_and_executable, begin, end),
        cmocka_unit_test_setup_teardown(upper_entries_are_present, begin, end),
        cmocka_unit_test_setup_teardown(kernel_is_copied_and_rest_is_zero, begin, end),
        cmocka_unit_test_setup_teardown(twice_is_the_same, begin, end),
        cmocka_unit_test_setup_teardown(second_copy_helps, begin, end),
        cmocka_unit_test_setup_teardown(first_extent_too_small, begin, end),
        cmocka_unit_test_setup_teardown(bad_kernels, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
