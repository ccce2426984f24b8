/* SPDX-License-Identifier: Apache-2.0 */
/* CRC32C without the instruction: the known value, in one piece and in two; folded ones of all
 * sizes, with a copy and without; tables that are altered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kernel/lib/crc32c.c"

static void known_value(void **state)
{
    crc32c_init(false);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static uint32_t bit_by_bit(const unsigned char *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;

    while (size-- > 0)
        crc = crc >> 8 ^ of_byte((crc ^ *bytes++) & 0xff);
    return ~crc;
}

static void check_size(const unsigned char *bytes, size_t size, size_t first)
{
    static unsigned char copy[0x4100];
    uint32_t right = bit_by_bit(bytes, size);

    assert_int_equal(crc32c(0, bytes, size), right);
    memset(copy, 0x5a, sizeof(copy));
    assert_int_equal(crc32c_copy(crc32c(0, bytes, first), copy, bytes + first, size - first),
                     right);
    assert_memory_equal(copy, bytes + first, size - first);
    for (size_t i = size - first; i < sizeof(copy); i++)
        assert_int_equal(copy[i], 0x5a);
}

static void folded_are_right(void **state)
{
    static unsigned char bytes[0x4000];

    crc32c_init(false);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * i >> 5 ^ i * 151);
    for (size_t size = FOLDED_MIN - 2; size < 2 * FOLDED_MIN; size++)
        check_size(bytes + size % 8, size, size % 7);
    for (size_t blocks = 1; blocks <= 4; blocks++) {
        for (size_t size = blocks * BLOCK; size < blocks * BLOCK + 3 * LAST; size += 13)
            check_size(bytes, size, size % 5);
    }
    check_size(bytes, sizeof(bytes), 0);
}

static void each_altered_word_is_found(void **state)
{
    crc32c_init(false);
    assert_true(crc32c_is_sound());
    for (unsigned k = 0; k < 8; k++) {
        for (unsigned i = 0; i < 256; i++) {
            tables[k][i] ^= 1U << (i % 32);
            assert_false(crc32c_is_sound());
            tables[k][i] ^= 1U << (i % 32);
        }
    }
    assert_true(crc32c_is_sound());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_value),
        cmocka_unit_test(folded_are_right),
        cmocka_unit_test(each_altered_word_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
