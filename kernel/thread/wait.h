/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleep until woken, until a deadline, or until a signal. Use:
 *     while (!ready(thing)) {
 *         int error = wait_on(&thing->readers, deadline);
 *         if (error) return error;
 *     }
 * Nothing can slip between test and sleep, since nothing else runs.
 */
#pragma once
#include "thread/thread.h"

#define NO_DEADLINE UINT64_MAX

/* Event bits, as in poll(2). */
enum {
    EVENT_IN = 1,
    EVENT_PRI = 2,
    EVENT_OUT = 4,
    EVENT_ERR = 8,
    EVENT_HUP = 0x10,
    EVENT_NVAL = 0x20,
    EVENT_RDNORM = 0x40,
    EVENT_WRNORM = 0x100,
    EVENT_RDHUP = 0x2000,
    EVENT_ALL = 0xffff
};

struct wait_queue {
    struct list waiters;
};
struct waiter {
    struct list link;
    /* Called by wake; may remove itself from the queue. events: what happened. */
    void (*wake)(struct waiter *waiter, unsigned events);
    struct thread *thread;
};
#define WAIT_QUEUE_INIT(queue)                                                                     \
    {                                                                                              \
        {                                                                                          \
            &(queue).waiters, &(queue).waiters                                                     \
        }                                                                                          \
    }
void wait_queue_init(struct wait_queue *queue);
void wait_add(struct wait_queue *queue, struct waiter *waiter);
void wait_remove(struct waiter *waiter); /* harmless when in none */
/* 0: woken (maybe for nothing). -EINTR: a signal is pending or the thread must end. -ETIMEDOUT. */
int wait_on(struct wait_queue *queue, nanoseconds deadline) MUST_CHECK MAY_SLEEP;
/* Sleeps without a queue (waiters of one's own wake it through thread_wake). Same results. */
int wait_any(nanoseconds deadline) MUST_CHECK MAY_SLEEP;
/* Not interruptible; only for short, certain waits. */
void wait_certain(struct wait_queue *queue) MAY_SLEEP;
/* For a wait that only the end of the thread may cut short: -EINTR when it is dying, and for any
 * signal that comes while it sleeps, so that the caller looks whether it is a fatal one. */
int wait_fatal(struct wait_queue *queue) MUST_CHECK MAY_SLEEP;
void wake_all(struct wait_queue *queue, unsigned events);
void wake_one(struct wait_queue *queue, unsigned events);
void thread_wake(struct thread *thread); /* wait result 0 */
struct timer;
void wait_timer_fired(struct timer *timer);   /* thread->wait_timer */
void thread_interrupt(struct thread *thread); /* -EINTR if it sleeps interruptibly */
