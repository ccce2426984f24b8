/* SPDX-License-Identifier: Apache-2.0 */
/* CRC32C by tables: the known value, in one piece and in two; tables that are altered. */
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
        cmocka_unit_test(each_altered_word_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
