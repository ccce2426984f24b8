/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: boot/acpi.c */
/* ACPI tables, made by hand as the specification lays them out: whole, old, and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boot/acpi.h"
#include "boot/test/fake_memory.h"

#define BASE    0xe0000UL
#define RSDP_AT 0x40
#define RSDT_AT 0x100
#define XSDT_AT 0x200
#define MADT_AT 0x300
#define FADT_AT 0x500
#define DSDT_AT 0x800

static uint8_t bytes[0x20000];
static uint8_t rsdp[RSDP_SIZE];
static struct fake_memory memory;
static struct reader reader;
static struct boot_info boot;
static struct acpi_info info;

static void put(uint64_t at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void sum_put(uint64_t at, uint32_t size, uint64_t sum_at)
{
    uint8_t sum = 0;

    bytes[sum_at] = 0;
    for (uint32_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[at + i]);
    bytes[sum_at] = (uint8_t)-sum;
}

static void table_put(uint64_t at, const char *signature, uint32_t size)
{
    memcpy(bytes + at, signature, 4);
    put(at + 4, size, 4);
    sum_put(at, size, at + 9);
}

static void rsdp_put(uint8_t revision)
{
    memcpy(bytes + RSDP_AT, "RSD PTR ", 8);
    bytes[RSDP_AT + 15] = revision;
    put(RSDP_AT + 16, BASE + RSDT_AT, 4);
    put(RSDP_AT + 24, BASE + XSDT_AT, 8);
    sum_put(RSDP_AT, 20, RSDP_AT + 8);
}

static uint64_t madt_put(void)
{
    static const uint8_t entries[] = {
        0, 8,  0, 7, 1,  0, 0,    0,                               /* core 7 */
        0, 8,  1, 3, 0,  0, 0,    0,                               /* core 3, disabled */
        0, 8,  2, 9, 1,  0, 0,    0,                               /* core 9 */
        9, 16, 0, 0, 0,  1, 0,    0,    1,    0, 0, 0, 4, 0, 0, 0, /* core 256 by x2APIC */
        9, 16, 0, 0, 9,  0, 0,    0,    1,    0, 0, 0, 4, 0, 0, 0, /* core 9 once more */
        1, 12, 1, 0, 0,  0, 0xc0, 0xfe, 24,   0, 0, 0,             /* second I/O APIC */
        1, 12, 0, 0, 0,  0, 0xc1, 0xfe, 0,    0, 0, 0,             /* first I/O APIC */
        2, 10, 0, 0, 2,  0, 0,    0,    0,    0,                   /* IRQ 0: not ours */
        2, 10, 0, 4, 20, 0, 0,    0,    0x0f, 0,                   /* COM1: GSI 20, low, level */
        5, 12, 0, 0, 0,  0, 0xe0, 0xfd, 0,    0, 0, 0,             /* local APIC elsewhere */
    };

    put(MADT_AT + 36, 0xfee00000, 4);
    memcpy(bytes + MADT_AT + 44, entries, sizeof(entries));
    table_put(MADT_AT, "APIC", 44 + sizeof(entries));
    return 44 + sizeof(entries);
}

static void fadt_put(uint32_t size)
{
    put(FADT_AT + 40, BASE + DSDT_AT, 4);
    put(FADT_AT + 64, 0x604, 4);
    put(FADT_AT + 76, 0x608, 4);
    bytes[FADT_AT + 91] = 4;
    bytes[FADT_AT + 108] = 0x32;
    put(FADT_AT + 112, 1 << 10 | 1 << 8, 4);
    bytes[FADT_AT + 116] = 1; /* reset register: port CF9 */
    put(FADT_AT + 120, 0xcf9, 8);
    bytes[FADT_AT + 128] = 0x0f;
    if (size >= 268) {
        bytes[FADT_AT + 172] = 1; /* PM1a again, 64-bit form, another port */
        put(FADT_AT + 176, 0xb004, 8);
        bytes[FADT_AT + 244] = 0; /* sleep control: memory */
        put(FADT_AT + 248, 0xfea00200, 8);
    }
    table_put(FADT_AT, "FACP", size);
}

static void dsdt_put(const char *code, uint32_t size)
{
    memcpy(bytes + DSDT_AT + 36, code, size);
    table_put(DSDT_AT, "DSDT", 36 + size);
}

static int begin(void **state)
{
    memset(bytes, 0, sizeof(bytes));
    memset(&boot, 0, sizeof(boot));
    memory = (struct fake_memory){.base = BASE, .size = sizeof(bytes), .bytes = bytes};
    reader = fake_memory_reader(&memory);
    rsdp_put(2);
    put(RSDT_AT + 36, BASE + MADT_AT, 4);
    table_put(RSDT_AT, "RSDT", 40);
    put(XSDT_AT + 36, BASE + MADT_AT, 8);
    put(XSDT_AT + 44, BASE + FADT_AT, 8);
    table_put(XSDT_AT, "XSDT", 52);
    madt_put();
    fadt_put(268);
    dsdt_put("xx\x08_S5_\x12\x07\x04\x0a\x05\x01\x00\x00", 15);
    return 0;
}

static int end(void **state)
{
    free(memory.given);
    return 0;
}

static void everything(void **state)
{
    assert_true(acpi_find_rsdp(&reader, &boot, rsdp));
    acpi_read(&reader, rsdp, &info);
    assert_true(info.has_madt);
    assert_int_equal(info.core_count, 3);
    assert_int_equal(info.cores[0], 7);
    assert_int_equal(info.cores[1], 9);
    assert_int_equal(info.cores[2], 256);
    assert_int_equal(info.lapic_base, 0xfde00000);
    assert_int_equal(info.ioapic_base, 0xfec10000);
    assert_int_equal(info.ioapic_gsi_base, 0);
    assert_int_equal(info.serial_gsi, 20);
    assert_int_equal(info.serial_active_low, 1);
    assert_int_equal(info.serial_level, 1);
    assert_int_equal(info.pm1a_control, 0xb004);
    assert_int_equal(info.pm1b_control, 0);
    assert_true(info.has_s5);
    assert_int_equal(info.sleep_type_a, 5);
    assert_int_equal(info.sleep_type_b, 1);
    assert_int_equal(info.sleep_control, 0xfea00200);
    assert_int_equal(info.sleep_control_io, 0);
    assert_int_equal(info.reset_port, 0xcf9);
    assert_int_equal(info.reset_value, 0x0f);
    assert_int_equal(info.timer_port, 0x608);
    assert_true(info.timer_is_32_bit);
    assert_int_equal(info.century_register, 0x32);
    assert_false(info.hardware_reduced);
    put(FADT_AT + 112, 1 << 20, 4);
    table_put(FADT_AT, "FACP", 268);
    acpi_read(&reader, rsdp, &info);
    assert_true(info.hardware_reduced);
    assert_int_equal(info.reset_port, 0);
}

static void old_tables(void **state)
{
    rsdp_put(0);
    put(RSDT_AT + 36, BASE + FADT_AT, 4);
    table_put(RSDT_AT, "RSDT", 40);
    fadt_put(116); /* ACPI 1.0: no reset register */
    assert_true(acpi_find_rsdp(&reader, &boot, rsdp));
    acpi_read(&reader, rsdp, &info);
    assert_false(info.has_madt);
    assert_int_equal(info.lapic_base, 0xfee00000);
    assert_int_equal(info.pm1a_control, 0x604);
    assert_int_equal(info.reset_port, 0);
    assert_int_equal(info.sleep_type_a, 5);
}

static void xsdt_altered_falls_back_to_rsdt(void **state)
{
    bytes[XSDT_AT + 20] ^= 1;
    assert_true(acpi_find_rsdp(&reader, &boot, rsdp));
    acpi_read(&reader, rsdp, &info);
    assert_true(info.has_madt);
    assert_int_equal(info.pm1a_control, 0); /* the RSDT has no FADT here */
}

static void rsdp_comes_from_everywhere(void **state)
{
    memcpy(boot.rsdp_copy, bytes + RSDP_AT, RSDP_SIZE);
    memset(bytes + RSDP_AT, 0, RSDP_SIZE);
    assert_false(acpi_find_rsdp(&reader, &boot, rsdp));
    boot.has_rsdp_copy = true;
    assert_true(acpi_find_rsdp(&reader, &boot, rsdp));
    boot.rsdp_copy[9] ^= 1;
    assert_false(acpi_find_rsdp(&reader, &boot, rsdp));
    boot.rsdp_copy[9] ^= 1;
    memcpy(bytes + sizeof(bytes) - 20, boot.rsdp_copy, 20); /* not at 16 bytes: only by address */
    boot.has_rsdp_copy = false;
    boot.rsdp = BASE + sizeof(bytes) - 20;
    assert_true(acpi_find_rsdp(&reader, &boot, rsdp));
    boot.rsdp = 1;
    assert_false(acpi_find_rsdp(&reader, &boot, rsdp));
}

static void altered_tables_are_skipped(void **state)
{
    bytes[MADT_AT + 50] ^= 1;
    acpi_find_rsdp(&reader, &boot, rsdp);
    acpi_read(&reader, rsdp, &info);
    assert_false(info.has_madt);
    assert_true(info.madt_altered);
    assert_int_equal(info.core_count, 0);
    assert_true(info.has_s5);
}

static void madt_cut_anywhere(void **state)
{
    uint64_t whole = madt_put();

    acpi_find_rsdp(&reader, &boot, rsdp);
    for (uint32_t size = 0; size < whole; size++) {
        table_put(MADT_AT, "APIC", size);
        acpi_read(&reader, rsdp, &info);
        assert_true(info.core_count <= 3);
    }
    bytes[MADT_AT + 45] = 0; /* an entry of no size must not keep us */
    table_put(MADT_AT, "APIC", (uint32_t)whole);
    acpi_read(&reader, rsdp, &info);
    assert_int_equal(info.core_count, 0);
    assert_false(info.has_madt);
    assert_int_equal(info.madt_broken_at, 44);
}

/* The last entries, too, must be whole, each as large as its kind is at least. */
static void madt_broken_late(void **state)
{
    uint32_t size = (uint32_t)madt_put();
    uint32_t last = size - 12; /* the local APIC's address */

    acpi_find_rsdp(&reader, &boot, rsdp);
    for (unsigned i = 0; i < 256; i++) {
        bytes[MADT_AT + last + 1] = (uint8_t)i;
        table_put(MADT_AT, "APIC", size);
        acpi_read(&reader, rsdp, &info);
        assert_int_equal(info.has_madt, i == 12);
        assert_int_equal(info.madt_broken_at, i == 12 ? 0 : last);
        assert_int_equal(info.core_count, i == 12 ? 3 : 0);
        assert_false(info.madt_altered);
    }
}

static void s5_forms(void **state)
{
    static const struct {
        const char *code;
        uint32_t size;
        bool found;
        uint32_t a, b;
    } forms[] = {
        {"xx\x08_S5_\x12\x0a\x04\x0a\x07\x0a\x06\x00\x00", 16, true, 7, 6},
        {"x\x08\\_S5_\x12\x06\x04\x00\x00\x00\x00", 14, true, 0, 0},
        {"xx\x08_S5_\x12\x46\x00\x02\x0b\x05\x00\x01", 15, true, 5, 1},
        {"xx\x08_S5_\x12\x06\x01\x00\x00", 12, false, 0, 0}, /* one element only */
        {"xx\x08_S5_\x12\x06\x04\x0a", 11, false, 0, 0},     /* cut */
        {"xx\x08_S5_\x12", 8, false, 0, 0},
        {"xx\x08_S5_", 7, false, 0, 0},
        {"xx\x14_S5_\x12\x06\x04\x00\x00", 12, false, 0, 0}, /* no name */
        {"xx\x08_S5_\x12\xff", 9, false, 0, 0},
    };

    acpi_find_rsdp(&reader, &boot, rsdp);
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        dsdt_put(forms[i].code, forms[i].size);
        acpi_read(&reader, rsdp, &info);
        assert_int_equal(info.has_s5, forms[i].found);
        assert_int_equal(info.sleep_type_a, forms[i].a);
        assert_int_equal(info.sleep_type_b, forms[i].b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything, begin, end),
        cmocka_unit_test_setup_teardown(old_tables, begin, end),
        cmocka_unit_test_setup_teardown(xsdt_altered_falls_back_to_rsdt, begin, end),
        cmocka_unit_test_setup_teardown(rsdp_comes_from_everywhere, begin, end),
        cmocka_unit_test_setup_teardown(altered_tables_are_skipped, begin, end),
        cmocka_unit_test_setup_teardown(madt_cut_anywhere, begin, end),
        cmocka_unit_test_setup_teardown(madt_broken_late, begin, end),
        cmocka_unit_test_setup_teardown(s5_forms, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
