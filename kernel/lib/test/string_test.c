/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: */
/* The kernel's memcpy and family against the C library's, at every alignment and many sizes. They
 * are compiled in here under other names, so that the test itself keeps the library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define memcpy  kernel_memcpy
#define memmove kernel_memmove
#define memset  kernel_memset
#define memcmp  kernel_memcmp
#define memchr  kernel_memchr
#define strlen  kernel_strlen
#define strnlen kernel_strnlen
#define strcmp  kernel_strcmp
#define strncmp kernel_strncmp
#define strchr  kernel_strchr
#define strrchr kernel_strrchr
#include "../string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr

#define SIZE 256

static unsigned char ours[SIZE], theirs[SIZE];

static void fill(void)
{
    for (int i = 0; i < SIZE; i++)
        ours[i] = theirs[i] = (unsigned char)(i * 7 + 3);
}

static void copies(void **state)
{
    for (size_t from = 0; from < 12; from++)
        for (size_t to = 128; to < 140; to++)
            for (size_t size = 0; size < 110; size++) {
                fill();
                assert_ptr_equal(kernel_memcpy(ours + to, ours + from, size), ours + to);
                memcpy(theirs + to, theirs + from, size);
                assert_memory_equal(ours, theirs, SIZE);
            }
}

static void moves(void **state)
{
    for (size_t from = 0; from < 48; from++)
        for (size_t to = 0; to < 48; to++)
            for (size_t size = 0; size < 100; size += 3) {
                fill();
                assert_ptr_equal(kernel_memmove(ours + to, ours + from, size), ours + to);
                memmove(theirs + to, theirs + from, size);
                assert_memory_equal(ours, theirs, SIZE);
            }
}

static void sets_and_compares(void **state)
{
    for (size_t to = 0; to < 12; to++)
        for (size_t size = 0; size < 100; size++) {
            fill();
            kernel_memset(ours + to, 0x1a5, size);
            memset(theirs + to, 0x1a5, size);
            assert_memory_equal(ours, theirs, SIZE);
            assert_int_equal(kernel_memcmp(ours, theirs, SIZE), 0);
            ours[to + size] ^= 0x80;
            assert_true((kernel_memcmp(ours, theirs, SIZE) < 0) ==
                        (memcmp(ours, theirs, SIZE) < 0));
            assert_ptr_equal(kernel_memchr(ours, 0x1a, size), memchr(ours, 0x1a, size));
        }
}

static void strings(void **state)
{
    static const char *const samples[] = {"",  "a",        "ab",        "abc", "abd",
                                          "b", "abcdefgh", "abcdefghi", "\xff"};

    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
        assert_int_equal(kernel_strlen(samples[i]), strlen(samples[i]));
        assert_int_equal(kernel_strnlen(samples[i], 3), strnlen(samples[i], 3));
        assert_ptr_equal(kernel_strchr(samples[i], 'b'), strchr(samples[i], 'b'));
        assert_ptr_equal(kernel_strchr(samples[i], 0), strchr(samples[i], 0));
        assert_ptr_equal(kernel_strrchr(samples[i], 'b'), strrchr(samples[i], 'b'));
        for (size_t j = 0; j < sizeof(samples) / sizeof(*samples); j++) {
            int a = kernel_strcmp(samples[i], samples[j]), b = strcmp(samples[i], samples[j]);

            assert_true((a < 0) == (b < 0) && (a > 0) == (b > 0));
            a = kernel_strncmp(samples[i], samples[j], 2);
            b = strncmp(samples[i], samples[j], 2);
            assert_true((a < 0) == (b < 0) && (a > 0) == (b > 0));
        }
    }
}

static void copy_cuts(void **state)
{
    char buffer[4];

    assert_int_equal(string_copy(buffer, "abcdef", sizeof(buffer)), 6);
    assert_string_equal(buffer, "abc");
    assert_int_equal(string_copy(buffer, "xy", sizeof(buffer)), 2);
    assert_string_equal(buffer, "xy");
    assert_int_equal(string_copy(NULL, "xy", 0), 2);
}

static void pages(void **state)
{
    unsigned char *a = aligned_alloc(4096, 4096), *b = aligned_alloc(4096, 4096);

    memset(a, 0x55, 4096);
    page_copy(b, a);
    assert_memory_equal(a, b, 4096);
    page_zero(a);
    for (int i = 0; i < 4096; i++)
        assert_int_equal(a[i], 0);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies),  cmocka_unit_test(moves),     cmocka_unit_test(sets_and_compares),
        cmocka_unit_test(strings), cmocka_unit_test(copy_cuts), cmocka_unit_test(pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
