/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/linux/interval_arithmetic.c */
/* Conversions at their borders, and periodic timers against a slow model that counts one period at
 * a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linux/interval.h"

static int spec(int64_t seconds, int64_t nanoseconds, uint64_t *ns)
{
    struct linux_timespec time = {seconds, nanoseconds};
    return timespec_to_ns(&time, ns);
}

static int value(int64_t seconds, int64_t microseconds, uint64_t *ns)
{
    struct linux_timeval time = {seconds, microseconds};
    return timeval_to_ns(&time, ns);
}

static void conversions(void **state)
{
    uint64_t ns;
    assert_int_equal(spec(0, 0, &ns), 0);
    assert_int_equal(ns, 0);
    assert_int_equal(spec(1, 999999999, &ns), 0);
    assert_int_equal(ns, 1999999999);
    assert_int_equal(spec(0, 1000000000, &ns), -EINVAL);
    assert_int_equal(spec(0, -1, &ns), -EINVAL);
    assert_int_equal(spec(-1, 0, &ns), -EINVAL);
    assert_int_equal(spec(INT64_MAX, 0, &ns), 0);
    assert_true(ns == TIME_MAX_NS);
    assert_int_equal(spec(TIME_MAX_NS / 1000000000 - 1, 999999999, &ns), 0);
    assert_true(ns < TIME_MAX_NS);
    assert_int_equal(value(2, 3, &ns), 0);
    assert_int_equal(ns, 2000003000);
    assert_int_equal(value(0, 1000000, &ns), -EINVAL);
    assert_int_equal(value(INT64_MAX, 999999, &ns), 0);
    assert_true(ns == TIME_MAX_NS);
    assert_int_equal(timespec_from_ns(1999999999).nanoseconds, 999999999);
    assert_int_equal(timeval_from_ns(1999999999).microseconds, 999999);
}

static void sums_are_cut(void **state)
{
    assert_true(time_add(1, 2) == 3);
    assert_true(time_add(TIME_MAX_NS, 1) == TIME_MAX_NS);
    assert_true(time_add(UINT64_MAX, UINT64_MAX) == TIME_MAX_NS);
}

static void advance_against_model(void **state)
{
    for (uint64_t interval = 1; interval < 12; interval++) {
        for (uint64_t now = 100; now < 160; now++) {
            uint64_t next = 100, count = 0, missed;
            while (next <= now) {
                next += interval;
                count++;
            }
            assert_int_equal(interval_advance(100, interval, now, &missed), next);
            assert_int_equal(missed, count - 1);
        }
    }
}

static void advance_far(void **state)
{
    uint64_t missed;
    assert_true(interval_advance(1, TIME_MAX_NS, 5, &missed) == TIME_MAX_NS);
    assert_int_equal(missed, 0);
    assert_true(interval_advance(0, 1, TIME_MAX_NS, &missed) == TIME_MAX_NS);
    assert_true(missed == TIME_MAX_NS);
    assert_int_equal(interval_advance(10, 5, 3, &missed), 15); /* not due: one period */
    assert_int_equal(missed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions),
        cmocka_unit_test(sums_are_cut),
        cmocka_unit_test(advance_against_model),
        cmocka_unit_test(advance_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
