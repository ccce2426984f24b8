/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/lib/format.c */
/* Every conversion gives what the C library's printf gives; short buffers are terminated and
 * counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format.h"

#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours[128], theirs[128];                                                               \
        int our_length = format(ours, sizeof(ours), __VA_ARGS__);                                  \
        int their_length = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                          \
        assert_string_equal(ours, theirs);                                                         \
        assert_int_equal(our_length, their_length);                                                \
    } while (0)

static void numbers(void **state)
{
    static const long values[] = {0,
                                  1,
                                  -1,
                                  9,
                                  10,
                                  255,
                                  -255,
                                  2147483647,
                                  -2147483648L,
                                  4294967295,
                                  9223372036854775807L,
                                  -9223372036854775807L - 1};

    for (size_t i = 0; i < COUNT_OF(values); i++) {
        int small = (int)values[i];

        SAME("%d|%5d|%-5d|%05d|%+d|% d", small, small, small, small, small, small);
        SAME("%ld|%20ld|%-22ld|%022ld", values[i], values[i], values[i], values[i]);
        SAME("%u|%x|%X|%o|%#x|%#o", small, small, small, small, small, small);
        SAME("%lu|%lx|%016lx|%-20lX|", values[i], values[i], values[i], values[i]);
        SAME("%lld|%llu|%zu|%zx", (long long)values[i], (long long)values[i], (size_t)values[i],
             (size_t)values[i]);
        SAME("%hd|%hu|%hhu|%hhx", (short)small, (unsigned short)small, (unsigned char)small,
             (unsigned char)small);
        SAME("%.5d|%8.5d|%-8.3x|%.0d", small, small, small, small);
    }
}

static void texts(void **state)
{
    SAME("%s|%10s|%-10s|%.3s|%.0s|%5.2s", "hello", "hello", "hello", "hello", "hello", "hello");
    SAME("%*s|%-*s|%.*s", 8, "abc", 8, "abc", 2, "abc");
    SAME("%c%c%%|%3c|%-3c|", 'a', 'b', 'c', 'd');
    SAME("plain");
    SAME("%p", (void *)0x1234abcd);
    SAME("%s", "");
    SAME("%*d|", -6, 42);
}

static void null_text(void **state)
{
    char buffer[16];
    const char *volatile nothing = NULL;

    assert_int_equal(format(buffer, sizeof(buffer), "%s", nothing), 6);
    assert_string_equal(buffer, "(null)");
}

static void short_buffers(void **state)
{
    char buffer[8];

    memset(buffer, 'x', sizeof(buffer));
    assert_int_equal(format(buffer, 4, "abcdef"), 6);
    assert_string_equal(buffer, "abc");
    assert_int_equal(buffer[4], 'x');
    assert_int_equal(format(buffer, 1, "%d", 12345), 5);
    assert_string_equal(buffer, "");
    assert_int_equal(format(NULL, 0, "%s", "abc"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
        cmocka_unit_test(null_text),
        cmocka_unit_test(short_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
