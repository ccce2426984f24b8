/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/lib/random.c */
/* The block function against RFC 8439; the generator never repeats and survives a dead hardware
 * source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/random.h"

static uint64_t ticks;

static uint64_t fake_clock(void)
{
    return ++ticks;
}

static bool no_hardware(uint64_t *value)
{
    return false;
}

/* RFC 8439, 2.3.2. */
static void block_of_the_rfc(void **state)
{
    static const uint8_t expected[64] = {
        0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
        0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
        0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
        0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
        0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
    };
    uint8_t key_bytes[32], out[64];
    uint32_t key[8];
    static const uint32_t nonce[3] = {0x09000000, 0x4a000000, 0};

    for (unsigned i = 0; i < sizeof(key_bytes); i++)
        key_bytes[i] = (uint8_t)i;
    memcpy(key, key_bytes, sizeof(key));
    chacha20_block(key, 1, nonce, out);
    assert_memory_equal(out, expected, sizeof(out));
}

/* RFC 8439, A.1, test vector 1: all zero. */
static void block_of_zeros(void **state)
{
    static const uint8_t expected[16] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
                                         0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28};
    static const uint32_t key[8], nonce[3];
    uint8_t out[64];

    chacha20_block(key, 0, nonce, out);
    assert_memory_equal(out, expected, sizeof(expected));
}

static void sizes_and_repeats(void **state)
{
    static uint8_t bytes[3 << 20];
    uint8_t first[32];

    random_init(no_hardware, fake_clock, 1);
    random_bytes(first, sizeof(first));
    for (size_t size = 0; size < 2000; size += 7)
        random_bytes(bytes, size);
    random_bytes(bytes, sizeof(bytes)); /* over several reseeds */
    for (size_t i = 0; i + sizeof(first) <= sizeof(bytes); i++)
        assert_false(bytes[i] == first[0] && memcmp(bytes + i, first, sizeof(first)) == 0);
    /* Bits are about evenly spread. */
    size_t ones = 0;
    for (size_t i = 0; i < sizeof(bytes); i++)
        ones += (size_t)__builtin_popcount(bytes[i]);
    assert_in_range(ones, sizeof(bytes) * 4 - sizeof(bytes) / 100,
                    sizeof(bytes) * 4 + sizeof(bytes) / 100);
}

static void lives_differ(void **state)
{
    uint8_t a[32], b[32];

    random_init(no_hardware, fake_clock, 1);
    random_bytes(a, sizeof(a));
    random_init(no_hardware, fake_clock, 2);
    random_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_of_the_rfc),
        cmocka_unit_test(block_of_zeros),
        cmocka_unit_test(sizes_and_repeats),
        cmocka_unit_test(lives_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
