/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/thread/wait.c */
/* Wakes and interruptions that meet in one sleep: none may be lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <asm/errno.h>
#include <cmocka.h>

#include "thread/wait.h"

static struct thread sleeper;
struct thread *current = &sleeper;
static void (*meanwhile)(void); /* what happens during the sleep */
static struct wait_queue queue;

nanoseconds arch_clock(void)
{
    return 1000;
}

void timer_set(struct timer *timer, nanoseconds deadline)
{
    timer->position = 1;
}

void timer_cancel(struct timer *timer)
{
    timer->position = 0;
}

void schedule_ready(struct thread *thread)
{
    assert_int_equal(thread->state, THREAD_BLOCKED);
    thread->state = THREAD_READY;
}

void schedule_block(void)
{
    meanwhile();
    assert_int_equal(current->state, THREAD_READY);
    current->state = THREAD_RUNNING;
}

static void interrupt(void)
{
    thread_interrupt(&sleeper);
}

static void interrupt_then_wake(void)
{
    thread_interrupt(&sleeper);
    wake_one(&queue, EVENT_IN);
}

static void wake_then_interrupt(void)
{
    wake_one(&queue, EVENT_IN);
    thread_interrupt(&sleeper);
}

static void expire(void)
{
    wait_timer_fired(&sleeper.wait_timer);
}

static void expire_then_wake(void)
{
    wait_timer_fired(&sleeper.wait_timer);
    wake_one(&queue, EVENT_IN);
}

static int sleep_while(void (*happening)(void))
{
    wait_queue_init(&queue);
    sleeper.state = THREAD_RUNNING;
    meanwhile = happening;
    int result = wait_on(&queue, 2000);
    assert_true(list_is_empty(&queue.waiters));
    assert_int_equal(sleeper.wait_timer.position, 0);
    return result;
}

static void test_single(void **state)
{
    assert_int_equal(sleep_while(interrupt), -EINTR);
    assert_int_equal(sleep_while(expire), -ETIMEDOUT);
    assert_int_equal(sleep_while(wake_then_interrupt), 0);
}

static void test_wake_is_not_lost(void **state)
{
    assert_int_equal(sleep_while(interrupt_then_wake), 0);
    assert_int_equal(sleep_while(expire_then_wake), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single),
        cmocka_unit_test(test_wake_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
