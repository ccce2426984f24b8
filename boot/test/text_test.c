/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: boot/options.c boot/calendar.c */
/* Boot options and the CMOS clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boot/clock.h"
#include "boot/options.h"

static void numbers(void **state)
{
    uint64_t value = 7;

    assert_int_equal(boot_option_number("", "nodes", &value), OPTION_ABSENT);
    assert_int_equal(boot_option_number("xnodes=3 nodes nodesx=4", "nodes", &value), OPTION_ABSENT);
    assert_int_equal(value, 7);
    assert_int_equal(boot_option_number("a  nodes=12", "nodes", &value), OPTION_NUMBER);
    assert_int_equal(value, 12);
    assert_int_equal(boot_option_number("exit-port=0xF4 b", "exit-port", &value), OPTION_NUMBER);
    assert_int_equal(value, 0xf4);
    assert_int_equal(boot_option_number("nodes=1 nodes=2", "nodes", &value), OPTION_NUMBER);
    assert_int_equal(value, 2);
    assert_int_equal(boot_option_number("nodes=", "nodes", &value), OPTION_WRONG);
    assert_int_equal(boot_option_number("nodes=0x", "nodes", &value), OPTION_WRONG);
    assert_int_equal(boot_option_number("nodes=1f", "nodes", &value), OPTION_WRONG);
    assert_int_equal(boot_option_number("nodes=-1", "nodes", &value), OPTION_WRONG);
    assert_int_equal(boot_option_number("nodes=99999999999999999999", "nodes", &value),
                     OPTION_WRONG);
}

static void texts(void **state)
{
    char text[5];

    boot_option_text("nodes=abcdefgh x", "nodes", text, sizeof(text));
    assert_string_equal(text, "abcd");
    boot_option_text("nodes=ab x", "nodes", text, sizeof(text));
    assert_string_equal(text, "ab");
    boot_option_text("x", "nodes", text, sizeof(text));
    assert_string_equal(text, "");
}

static void dates(void **state)
{
    assert_int_equal(clock_seconds(1970, 1, 1, 0, 0, 0), 0);
    assert_int_equal(clock_seconds(2000, 2, 29, 23, 59, 59), 951868799);
    assert_int_equal(clock_seconds(2000, 3, 1, 0, 0, 0), 951868800);
    assert_int_equal(clock_seconds(2026, 12, 31, 12, 30, 15), 1798720215);
    assert_int_equal(clock_seconds(2100, 3, 1, 0, 0, 0), 4107542400);
}

static void cmos_registers(void **state)
{
    const uint8_t bcd[6] = {0x59, 0x30, 0x23, 0x29, 0x02, 0x24};
    const uint8_t binary_pm[6] = {59, 30, 0x80 | 11, 29, 2, 24};
    const uint8_t midnight[6] = {0, 0, 0x12, 1, 1, 0};
    const uint8_t noon[6] = {0, 0, 0x92, 1, 1, 0};
    const uint8_t absent[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint64_t expected = clock_seconds(2024, 2, 29, 23, 30, 59) * 1000000000UL;

    assert_int_equal(clock_decode(bcd, 0x20, 2), expected);
    assert_int_equal(clock_decode(bcd, 0, 2), expected);
    assert_int_equal(clock_decode(binary_pm, 20, 4), expected);
    assert_int_equal(clock_decode(midnight, 0x20, 0), 946684800UL * 1000000000UL);
    assert_int_equal(clock_decode(noon, 0x20, 0), (946684800UL + 43200) * 1000000000UL);
    assert_int_equal(clock_decode(absent, 0xff, 0xff), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
        cmocka_unit_test(dates),
        cmocka_unit_test(cmos_registers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
