/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/cookie.c kernel/lib/random.c */
/* What a cookie says is what was put in, and to nobody else, and not for long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/random.h"
#include "network/cookie.h"

static bool no_hardware(uint64_t *value)
{
    return false;
}

static uint64_t clock_of_test(void)
{
    static uint64_t now;

    return now += 12345;
}

static const struct cookie_who who = {.connection = 0x123456789abcdef0UL, .first = 77};

static void all_options_come_back(void **state)
{
    static const uint16_t given[] = {100, 536, 1219, 1220, 1399, 1400, 1459, 1460, 9000};
    static const uint16_t told[] = {536, 536, 536, 1220, 1220, 1400, 1400, 1460, 1460};

    for (unsigned i = 0; i < COUNT_OF(given); i++) {
        for (unsigned scale = 0; scale <= COOKIE_NO_SCALE; scale++) {
            struct cookie_options in = {given[i], (uint8_t)scale, scale & 1}, out;
            uint32_t cookie = cookie_make(&who, &in, 9);

            assert_true(cookie_read(cookie, &who, 9, &out));
            assert_int_equal(out.mss, told[i]);
            assert_int_equal(out.scale, scale);
            assert_int_equal(out.sack, scale & 1);
        }
    }
}

static void only_for_two_minutes(void **state)
{
    struct cookie_options options = {1460, 7, true}, out;

    for (uint32_t minute = 4; minute < 6; minute++) {
        uint32_t cookie = cookie_make(&who, &options, minute);

        for (uint32_t later = 0; later < 8; later++)
            assert_int_equal(cookie_read(cookie, &who, minute + later, &out), later < 2);
    }
}

static void only_for_whom_it_was_made(void **state)
{
    struct cookie_options options = {1460, 7, true}, out;
    struct cookie_who other = who;
    uint32_t cookie = cookie_make(&who, &options, 4);

    other.first++;
    assert_false(cookie_read(cookie, &other, 4, &out));
    for (unsigned bit = 0; bit < 64; bit++) {
        other = who;
        other.connection ^= 1UL << bit;
        assert_false(cookie_read(cookie, &other, 4, &out));
    }
    for (unsigned bit = 0; bit < 32; bit++)
        assert_false(cookie_read(cookie ^ 1U << bit, &who, 4, &out));
}

static struct cookie_options read(const char *bytes, size_t size)
{
    return cookie_options_read((const uint8_t *)bytes, size);
}

static void options_are_read(void **state)
{
    struct cookie_options options = read("\2\4\5\264\4\2\10\12abcdefgh\1\3\3\7", 20);

    assert_int_equal(options.mss, 1460);
    assert_int_equal(options.scale, 7);
    assert_true(options.sack);
    options = read("", 0);
    assert_int_equal(options.mss, 536);
    assert_int_equal(options.scale, COOKIE_NO_SCALE);
    assert_false(options.sack);
    assert_int_equal(read("\3\3\377", 3).scale, 14);
}

/* Lengths of 0, 1 and beyond the end. */
static void broken_options_end_the_reading(void **state)
{
    static const char *const broken[] = {"\2\0\5\264", "\2\1\5\264", "\2\5\5\264", "\376\377\1\1",
                                         "\1\1\1\2"};

    for (unsigned i = 0; i < COUNT_OF(broken); i++)
        assert_int_equal(read(broken[i], 4).mss, 536);
    assert_int_equal(read("\0\2\4\5", 4).mss, 536);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_options_come_back),          cmocka_unit_test(only_for_two_minutes),
        cmocka_unit_test(only_for_whom_it_was_made),      cmocka_unit_test(options_are_read),
        cmocka_unit_test(broken_options_end_the_reading),
    };

    random_init(no_hardware, clock_of_test, 1);
    return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
