/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/thread/timer.c */
/* The heap of deadlines against a plain array, and when the hardware is programmed and when not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/doors.h"
#include "memory/heap.h"
#include "thread/thread.h"

static nanoseconds now, hardware = UINT64_MAX;
static unsigned programmings, slices_over;

nanoseconds arch_clock(void)
{
    return now;
}

void arch_timer_set(nanoseconds deadline)
{
    hardware = deadline;
    programmings++;
}

void schedule_slice_over(void)
{
    slices_over++;
}

void *heap_resize(void *object, size_t old_size, size_t new_size)
{
    char *grown = realloc(object, new_size);
    memset(grown + old_size, 0, new_size - old_size);
    return grown;
}

void panic(const char *format, ...)
{
    abort();
}

#define COUNT 300
static struct timer timers[COUNT];
static nanoseconds expected[COUNT]; /* 0: not set */
static unsigned fired;

static void fire(struct timer *timer)
{
    size_t index = (size_t)(timer - timers);
    assert_int_equal(expected[index], timer->deadline);
    assert_true(timer->deadline <= now);
    expected[index] = 0;
    fired++;
}

static nanoseconds first_expected(void)
{
    nanoseconds first = UINT64_MAX;
    for (size_t i = 0; i < COUNT; i++) {
        if (expected[i] && expected[i] < first)
            first = expected[i];
    }
    return first;
}

static void advance(nanoseconds to)
{
    now = to;
    if (hardware <= now) {
        hardware = UINT64_MAX;
        timer_enter();
    }
}

static void against_a_model(void **state)
{
    unsigned seed = 7;
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(timer_init(&timers[i], fire), 0);
    for (unsigned step = 0; step < 40000; step++) {
        size_t index = (size_t)rand_r(&seed) % COUNT;
        switch (rand_r(&seed) % 4) {
        case 0:
        case 1:
            expected[index] = now + 1 + (nanoseconds)(rand_r(&seed) % 5000);
            timer_set(&timers[index], expected[index]);
            break;
        case 2:
            expected[index] = 0;
            timer_cancel(&timers[index]);
            break;
        default:
            advance(now + (nanoseconds)(rand_r(&seed) % 200));
            assert_true(first_expected() > now);
        }
        assert_int_equal(timer_next(), first_expected());
        assert_true(hardware <= first_expected());
    }
    assert_true(fired > 1000);
    for (size_t i = 0; i < COUNT; i++)
        timer_release(&timers[i]);
    assert_int_equal(timer_next(), UINT64_MAX);
    advance(now + 10000);
    assert_true(hardware == UINT64_MAX);
}

static void nothing(struct timer *timer)
{
}

static void the_hardware_is_left_alone(void **state)
{
    struct timer one, two;
    assert_int_equal(timer_init(&one, nothing), 0);
    assert_int_equal(timer_init(&two, nothing), 0);
    programmings = 0;
    timer_set(&one, now + 1000);
    assert_int_equal(programmings, 1);
    timer_set(&two, now + 2000);
    timer_cancel(&one);
    timer_set(&one, now + 1500);
    timer_set(&one, now + 3000);
    assert_int_equal(programmings, 1); /* it stands at 1000 and may */
    advance(now + 1000);
    assert_int_equal(programmings, 2);
    assert_int_equal(hardware, now + 1000);
    advance(now + 1000);
    assert_int_equal(hardware, now + 1000);
    advance(now + 1000);
    assert_true(hardware == UINT64_MAX); /* quiet */
    timer_release(&one);
    timer_release(&two);
}

static void the_slice_ends_once(void **state)
{
    slices_over = 0;
    timer_slice(now + 500);
    assert_int_equal(hardware, now + 500);
    advance(now + 499);
    assert_int_equal(slices_over, 0);
    advance(now + 1);
    assert_int_equal(slices_over, 1);
    assert_true(hardware == UINT64_MAX);
    timer_slice(now + 500);
    timer_slice(UINT64_MAX);
    advance(now + 1000);
    assert_int_equal(slices_over, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_a_model),
        cmocka_unit_test(the_hardware_is_left_alone),
        cmocka_unit_test(the_slice_ends_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
