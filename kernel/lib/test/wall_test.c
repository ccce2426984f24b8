/* SPDX-License-Identifier: Apache-2.0 */
/* The time of day while it is corrected. */
/* TEST-SOURCES: */
#include "lib/wall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW   1000000000000UL
#define RIGHT 1700000000000000000UL
#define MS    1000000L

static uint64_t wall_at(const struct wall *wall, uint64_t now)
{
    return now + wall_offset(wall, now);
}

/* By less than it goes: never back, never with a jump, right in the end. */
static void small_errors_melt(void **state)
{
    for (int64_t error = -128 * MS; error <= 128 * MS; error += MS / 2) {
        struct wall wall = {.offset = RIGHT + (uint64_t)error};
        wall_correct(&wall, wall_offset(&wall, NOW), RIGHT, NOW);
        uint64_t before = wall_at(&wall, NOW);
        assert_int_equal(before, NOW + RIGHT + (uint64_t)error);
        for (uint64_t passed = 1; passed < 300000 * (uint64_t)MS; passed = passed * 5 / 4 + 1) {
            uint64_t after = wall_at(&wall, NOW + passed);
            assert_true(after >= before);
            before = after;
        }
        assert_int_equal(wall_offset(&wall, NOW + 263000 * (uint64_t)MS), RIGHT);
    }
}

static void large_errors_are_a_step(void **state)
{
    struct wall wall = {.offset = 0};
    wall_correct(&wall, wall_offset(&wall, NOW), RIGHT, NOW);
    assert_int_equal(wall_offset(&wall, NOW), RIGHT);
    wall_correct(&wall, RIGHT, RIGHT - 129 * MS, NOW + 5);
    assert_int_equal(wall_offset(&wall, NOW + 5), RIGHT - 129 * MS);
}

/* In the midst of melting, too, nothing jumps. */
static void corrected_again(void **state)
{
    struct wall wall = {.offset = RIGHT};
    uint64_t now = NOW, before = wall_at(&wall, now);
    srand(1);
    for (int i = 0; i < 100000; i++) {
        uint64_t was = wall_offset(&wall, now);
        if (rand() % 10 == 0)
            wall_correct(&wall, was, was + (uint64_t)(rand() % (200 * MS)) - 100 * MS, now);
        uint64_t step = (uint64_t)(rand() % MS);
        now += step;
        uint64_t after = wall_at(&wall, now);
        assert_true(after >= before && after - before <= step + (step >> WALL_SLEW_SHIFT) + 1);
        before = after;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_errors_melt),
        cmocka_unit_test(large_errors_are_a_step),
        cmocka_unit_test(corrected_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
