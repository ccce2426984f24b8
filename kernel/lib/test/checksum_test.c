/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/lib/checksum.c */
/* XXH64 against published values, and that no byte, size or alignment goes unnoticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/checksum.h"

static void published_vectors(void **state)
{
    static const struct {
        const char *text;
        uint64_t sum;
    } vectors[] = {
        {"", 0xef46db3751d8e999},
        {"a", 0xd24ec4f1a98c6e5b},
        {"abc", 0x44bc2cf5ad770999},
        {"xxhash", 0x32dd38952c4bc720},
        {"Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1},
    };

    for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        assert_int_equal(checksum_bytes(vectors[i].text, strlen(vectors[i].text)), vectors[i].sum);
}

static void every_bit_counts(void **state)
{
    unsigned char bytes[100];

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 37);
    for (size_t size = 1; size <= sizeof(bytes); size++) {
        uint64_t sum = checksum_bytes(bytes, size);

        assert_int_not_equal(sum, checksum_bytes(bytes, size - 1));
        for (size_t bit = 0; bit < size * 8; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_int_not_equal(sum, checksum_bytes(bytes, size));
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
    }
}

static void alignment_does_not_matter(void **state)
{
    unsigned char bytes[80], moved[88];

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 91 + 5);
    for (unsigned shift = 0; shift < 8; shift++) {
        memcpy(moved + shift, bytes, sizeof(bytes));
        assert_int_equal(checksum_bytes(moved + shift, sizeof(bytes)),
                         checksum_bytes(bytes, sizeof(bytes)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(alignment_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
