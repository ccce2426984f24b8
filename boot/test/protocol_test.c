/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: boot/pvh.c boot/multiboot2.c boot/info.c */
/* What the two boot protocols give us, whole and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boot/info.h"
#include "boot/test/fake_memory.h"

#define BASE 0x5000UL

static uint8_t bytes[0x20000];
static struct boot_info info;
static struct fake_memory memory;
static struct reader reader;

static void put(uint64_t at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static int begin(void **state)
{
    memset(bytes, 0, sizeof(bytes));
    memory = (struct fake_memory){.base = BASE, .size = sizeof(bytes), .bytes = bytes};
    reader = fake_memory_reader(&memory);
    return 0;
}

static int end(void **state)
{
    free(memory.given);
    return 0;
}

static void pvh_put(uint32_t version)
{
    put(0, 0x336ec578, 4);
    put(4, version, 4);
    put(12, 1, 4); /* one module */
    put(16, BASE + 0x100, 8);
    put(24, BASE + 0x200, 8); /* options */
    put(32, 0xf5000, 8);      /* RSDP */
    put(40, BASE + 0x300, 8); /* memory map */
    put(48, 2, 4);
    put(0x100, 0x3e000000, 8);
    put(0x108, 0x1234567, 8);
    strcpy((char *)bytes + 0x200, "nodes=2 verbose");
    put(0x300, 0, 8);
    put(0x308, 0x9fc00, 8);
    put(0x310, 1, 4);
    put(0x318, 0x100000, 8);
    put(0x320, 0x1000, 8);
    put(0x328, 2, 4);
}

static void pvh_whole(void **state)
{
    pvh_put(1);
    assert_null(pvh_read(&reader, BASE, &info));
    assert_int_equal(info.module_base, 0x3e000000);
    assert_int_equal(info.module_size, 0x1234567);
    assert_int_equal(info.rsdp, 0xf5000);
    assert_string_equal(info.options, "nodes=2 verbose");
    assert_int_equal(info.options_size, 16);
    assert_int_equal(info.range_count, 2);
    assert_int_equal(info.ranges[0].size, 0x9fc00);
    assert_true(info.ranges[0].usable);
    assert_false(info.ranges[1].usable);
}

static void pvh_version_0_is_refused_with_options_known(void **state)
{
    pvh_put(0);
    assert_non_null(strstr(pvh_read(&reader, BASE, &info), "no memory map"));
    assert_string_equal(info.options, "nodes=2 verbose");
}

static void pvh_broken(void **state)
{
    assert_non_null(pvh_read(&reader, BASE, &info)); /* no magic */
    pvh_put(1);
    assert_non_null(pvh_read(&reader, BASE - 1, &info));
    put(48, 0xffffffff, 4); /* more entries than memory holds */
    assert_non_null(pvh_read(&reader, BASE, &info));
    pvh_put(1);
    put(24, 0xffffffffffffff00, 8); /* options nowhere: none */
    assert_null(pvh_read(&reader, BASE, &info));
    assert_int_equal(info.options_size, 1);
    put(16, 0xffffffffffffff00, 8); /* module list nowhere: none */
    assert_null(pvh_read(&reader, BASE, &info));
    assert_int_equal(info.module_size, 0);
}

static void options_too_long(void **state)
{
    pvh_put(1);
    put(24, BASE + 0x400, 8);
    memset(bytes + 0x400, 'x', OPTIONS_MAX - 1);
    assert_null(pvh_read(&reader, BASE, &info));
    assert_int_equal(info.options_size, OPTIONS_MAX);
    memset(bytes + 0x400, 'x', OPTIONS_MAX);
    assert_non_null(strstr(pvh_read(&reader, BASE, &info), "longer"));
}

static uint64_t tag_put(uint64_t at, uint32_t type, uint32_t size)
{
    put(at, type, 4);
    put(at + 4, size, 4);
    put(0, ((at + size + 7) & ~7UL) + 8, 4); /* total, with the end tag behind this one */
    put(((at + size + 7) & ~7UL), 0, 4);
    put(((at + size + 7) & ~7UL) + 4, 8, 4);
    return (at + size + 7) & ~7UL;
}

static uint64_t multiboot2_put(void)
{
    uint64_t at = 8, next = tag_put(at, 1, 8 + 8);

    strcpy((char *)bytes + at + 8, "nodes=3");
    at = next;
    next = tag_put(at, 3, 16 + 2);
    put(at + 8, 0x200000, 4);
    put(at + 12, 0x300000, 4);
    at = next;
    next = tag_put(at, 6, 16 + 2 * 24);
    put(at + 8, 24, 4);
    put(at + 16, 0x100000, 8);
    put(at + 24, 0x7000000, 8);
    put(at + 32, 1, 4);
    put(at + 40, 0xfffffffffffff000, 8);
    put(at + 48, 0x2000, 8); /* wraps */
    put(at + 56, 2, 4);
    at = next;
    next = tag_put(at, 14, 8 + 20);
    memcpy(bytes + at + 8, "RSD PTR 1", 9);
    at = next;
    next = tag_put(at, 15, 8 + 36);
    memcpy(bytes + at + 8, "RSD PTR 2", 9);
    at = next;
    return tag_put(at, 12, 16);
}

static void multiboot2_whole(void **state)
{
    multiboot2_put();
    assert_null(multiboot2_read(&reader, BASE, &info));
    assert_string_equal(info.options, "nodes=3");
    assert_int_equal(info.module_base, 0x200000);
    assert_int_equal(info.module_size, 0x100000);
    assert_int_equal(info.range_count, 2);
    assert_int_equal(info.ranges[1].base + info.ranges[1].size, UINT64_MAX);
    assert_true(info.uefi);
    assert_memory_equal(info.rsdp_copy, "RSD PTR 2", 9);
}

static void multiboot2_broken(void **state)
{
    multiboot2_put();
    for (uint32_t size = 0; size < 8; size++) { /* a tag smaller than its head */
        put(12, size, 4);
        assert_non_null(multiboot2_read(&reader, BASE, &info));
    }
    put(12, 0xfffffff8, 4);
    assert_non_null(multiboot2_read(&reader, BASE, &info));
    multiboot2_put();
    put(0, 15, 4);
    assert_non_null(multiboot2_read(&reader, BASE, &info));
    put(0, 0x100001, 4);
    assert_non_null(multiboot2_read(&reader, BASE, &info));
    put(0, 16, 4); /* nothing in it: no memory map */
    assert_non_null(multiboot2_read(&reader, BASE, &info));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pvh_whole, begin, end),
        cmocka_unit_test_setup_teardown(pvh_version_0_is_refused_with_options_known, begin, end),
        cmocka_unit_test_setup_teardown(pvh_broken, begin, end),
        cmocka_unit_test_setup_teardown(options_too_long, begin, end),
        cmocka_unit_test_setup_teardown(multiboot2_whole, begin, end),
        cmocka_unit_test_setup_teardown(multiboot2_broken, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
