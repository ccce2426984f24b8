/* SPDX-License-Identifier: Apache-2.0 */
/* The tool's small texts. */
/* TEST-SOURCES: tool/words.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tool/tool.h"

static void encodes_what_is_not_plain(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},           {"abcXYZ-09._/:@", "abcXYZ-09._/:@"},
        {"a b", "a%20b"},   {"1=2,\n", "1%3D2%2C%0A"},
        {"100%", "100%25"}, {"\xc3\xa9\"'", "%C3%A9%22%27"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char *encoded = option_encode(pairs[i][0]);
        assert_string_equal(encoded, pairs[i][1]);
        free(encoded);
    }
}

static void reads_sizes(void **state)
{
    assert_int_equal(size_megabytes("2G"), 2048);
    assert_int_equal(size_megabytes("768M"), 768);
    assert_int_equal(size_megabytes("512"), 512);
    assert_int_equal(size_megabytes(""), 0);
    assert_int_equal(size_megabytes("-1"), 0);
    assert_int_equal(size_megabytes("2GB"), 0);
    assert_int_equal(size_megabytes("x"), 0);
    assert_int_equal(size_megabytes("99999999999999999999"), 0);
}

static void finds_values(void **state)
{
    assert_string_equal(argument_value("--nodes=4", "nodes"), "4");
    assert_string_equal(argument_value("--eval=a=b", "eval"), "a=b");
    assert_null(argument_value("--nodes", "nodes"));
    assert_null(argument_value("--nodesx=4", "nodes"));
    assert_null(argument_value("nodes=4", "nodes"));
}

static void maps_exit_statuses(void **state)
{
    assert_int_equal(exit_status_of_machine(0x81), 0);
    assert_int_equal(exit_status_of_machine(0x83), 1);
    assert_int_equal(exit_status_of_machine(0xff), 63);
    assert_int_equal(exit_status_of_machine(0), -1);
    assert_int_equal(exit_status_of_machine(1), -1);
    assert_int_equal(exit_status_of_machine(126), -1);
}

static char programs[256], kernels[256];

static void program_add(const char *bytes, size_t size)
{
    strncat(programs, bytes, size);
}

static void kernel_add(const char *bytes, size_t size)
{
    strncat(kernels, bytes, size);
}

/* However the bytes are cut, the same come out on both sides. */
static void filters_kernel_lines(void **state)
{
    static const char text[] =
        "one\n[boot] x\n[bo]\n[nb\n[n0 0.1] up\n[none]\n[n\n[\n\n[n12 3.4] x\ntwo [n1 no\nlast";
    for (size_t part = 1; part < sizeof text; part++) {
        struct line_filter filter = {.program = program_add, .kernel = kernel_add};
        programs[0] = kernels[0] = 0;
        for (size_t at = 0; at < sizeof text - 1; at += part) {
            size_t size = sizeof text - 1 - at < part ? sizeof text - 1 - at : part;
            line_filter_add(&filter, text + at, size);
        }
        line_filter_end(&filter);
        assert_string_equal(programs, "one\n[bo]\n[nb\n[none]\n[n\n[\n\ntwo [n1 no\nlast");
        assert_string_equal(kernels, "[boot] x\n[n0 0.1] up\n[n12 3.4] x\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_what_is_not_plain),
        cmocka_unit_test(reads_sizes),
        cmocka_unit_test(finds_values),
        cmocka_unit_test(maps_exit_statuses),
        cmocka_unit_test(filters_kernel_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
