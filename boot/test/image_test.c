/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: boot/image.c kernel/lib/checksum.c */
/* Every way in which a system image can be wrong has its own sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/layout.h"
#include "boot/image.h"
#include "lib/checksum.h"

#define SIZE (4 * PAGE_SIZE)

static unsigned char bytes[SIZE];
static struct image_header header, result;

static void header_put(void)
{
    header.checksum = 0;
    header.checksum = checksum_bytes(&header, sizeof(header));
    memcpy(bytes, &header, sizeof(header));
}

static int begin(void **state)
{
    for (unsigned i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 7);
    header = (struct image_header){
        .magic = IMAGE_MAGIC,
        .version = IMAGE_VERSION,
        .header_size = sizeof(header),
        .image_size = SIZE,
        .kernel = {PAGE_SIZE, 5000, checksum_bytes(bytes + PAGE_SIZE, 5000)},
        .root = {3 * PAGE_SIZE, PAGE_SIZE, checksum_bytes(bytes + 3 * PAGE_SIZE, PAGE_SIZE)},
    };
    header_put();
    return 0;
}

static void check(const char *expected)
{
    assert_non_null(strstr(image_check(bytes, SIZE, &result), expected));
}

static void whole(void **state)
{
    assert_null(image_check(bytes, SIZE, &result));
    assert_int_equal(result.root.offset, 3 * PAGE_SIZE);
}

static void truncated(void **state)
{
    assert_non_null(strstr(image_check(bytes, 79, &result), "truncated"));
    assert_non_null(strstr(image_check(bytes, SIZE - 1, &result), "truncated"));
}

static void altered(void **state)
{
    bytes[PAGE_SIZE + 4999] ^= 1;
    check("altered: kernel");
    begin(state);
    bytes[SIZE - 1] ^= 0x80;
    check("altered: root");
    begin(state);
    bytes[30] ^= 1;
    check("altered: header");
    begin(state);
    bytes[0] ^= 1;
    check("no HydrOS system image");
    begin(state);
    header.version++;
    header_put();
    check("another version");
}

static void parts_outside(void **state)
{
    static const struct image_part wrong[] = {
        {0, 100, 0},             /* over the header */
        {PAGE_SIZE + 8, 100, 0}, /* not at a page */
        {SIZE, 1, 0},            /* behind the end */
        {2 * PAGE_SIZE, 2 * PAGE_SIZE + 1, 0},
        {PAGE_SIZE, UINT64_MAX, 0}, /* wraps */
        {~(PAGE_SIZE - 1), PAGE_SIZE, 0},
        {PAGE_SIZE, 0, 0},             /* empty */
        {2 * PAGE_SIZE, PAGE_SIZE, 0}, /* over the kernel */
    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        begin(state);
        header.root = wrong[i];
        header_put();
        check("altered: its parts");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(whole, begin),
        cmocka_unit_test_setup(truncated, begin),
        cmocka_unit_test_setup(altered, begin),
        cmocka_unit_test_setup(parts_outside, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
