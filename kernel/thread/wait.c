/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleeping and waking. A sleeper stands in at most one queue here (poll and epoll bring waiters of
 * their own). A waker takes a sleeper out of the queue at once, so two wakes never spend themselves
 * on one sleeper.
 */
#include "thread/wait.h"

#include <asm/errno.h>

bool (*thread_has_signal)(const struct thread *thread);

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waiters);
}

/* Not inlined: the compiler takes a sleeper's waiter on its stack for one that is left behind. */
__attribute__((noinline)) void wait_add(struct wait_queue *queue, struct waiter *waiter)
{
    list_insert(&queue->waiters, &waiter->link);
}

void wait_remove(struct waiter *waiter)
{
    if (waiter->link.next)
        list_remove(&waiter->link);
}

static void sleeper_wake(struct waiter *waiter, unsigned events)
{
    list_remove(&waiter->link);
    thread_wake(waiter->thread);
}

void wait_timer_fired(struct timer *timer)
{
    struct thread *thread = CONTAINER_OF(timer, struct thread, wait_timer);
    if (thread->state == THREAD_BLOCKED) {
        thread->wait_result = -ETIMEDOUT;
        schedule_ready(thread);
    }
}

static int sleep_until(nanoseconds deadline, enum thread_sleep interruptible)
{
    struct thread *thread = current;
    if (interruptible != SLEEP_CERTAIN && thread->process) {
        if (thread->dying)
            return -EINTR;
        if (interruptible == SLEEP_SIGNAL && thread_has_signal && thread_has_signal(thread))
            return -EINTR;
    }
    if (deadline != NO_DEADLINE) {
        if (deadline <= arch_clock())
            return -ETIMEDOUT;
        timer_set(&thread->wait_timer, deadline);
    }
    thread->interruptible = interruptible;
    thread->state = THREAD_BLOCKED;
    schedule_block();
    if (deadline != NO_DEADLINE)
        timer_cancel(&thread->wait_timer);
    return thread->wait_result;
}

static int sleep_on(struct wait_queue *queue, nanoseconds deadline, enum thread_sleep interruptible)
{
    struct waiter waiter = {.wake = sleeper_wake, .thread = current};
    wait_add(queue, &waiter);
    int result = sleep_until(deadline, interruptible);
    /* Whoever took us out of the queue spent a wake on us, also when a signal or the deadline came
     * first: so this counts as woken. The caller looks, and asks again if there is nothing. */
    if (list_is_empty(&waiter.link))
        return 0;
    list_remove(&waiter.link);
    return result;
}

int wait_on(struct wait_queue *queue, nanoseconds deadline)
{
    return sleep_on(queue, deadline, SLEEP_SIGNAL);
}

int wait_any(nanoseconds deadline)
{
    return sleep_until(deadline, SLEEP_SIGNAL);
}

void wait_certain(struct wait_queue *queue)
{
    sleep_on(queue, NO_DEADLINE, SLEEP_CERTAIN);
}

int wait_fatal(struct wait_queue *queue)
{
    return sleep_on(queue, NO_DEADLINE, SLEEP_FATAL);
}

void wake_all(struct wait_queue *queue, unsigned events)
{
    struct waiter *waiter;
    LIST_FOR_EACH (waiter, &queue->waiters, struct waiter, link)
        waiter->wake(waiter, events);
}

void wake_one(struct wait_queue *queue, unsigned events)
{
    struct waiter *waiter;
    LIST_FOR_EACH (waiter, &queue->waiters, struct waiter, link) {
        bool sleeper = waiter->wake == sleeper_wake;
        waiter->wake(waiter, events);
        /* Watchers (poll, epoll) only learn; a sleeper takes the thing, so one is enough. */
        if (sleeper)
            break;
    }
}

void thread_wake(struct thread *thread)
{
    if (thread->state == THREAD_BLOCKED) {
        thread->wait_result = 0;
        schedule_ready(thread);
    }
}

void thread_interrupt(struct thread *thread)
{
    if (thread->state != THREAD_BLOCKED || thread->interruptible == SLEEP_CERTAIN)
        return;
    thread->wait_result = -EINTR;
    schedule_ready(thread);
}
