/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines: a heap of timers over the one-shot hardware timer. No deadline, no interrupt. The
 * hardware may stand at an earlier time than the first deadline (a cancelled one): one idle
 * interrupt costs less than programming it anew at every change.
 */
#pragma once
#include "lib/check.h"

struct timer {
    nanoseconds deadline;
    size_t position;                   /* in the heap + 1; 0: not set */
    void (*fire)(struct timer *timer); /* interrupts off, must not sleep; may set the timer again */
};
void timer_set(struct timer *timer,
               nanoseconds deadline); /* also moves one that is set. Cannot fail: room is
              reserved by timer_init, called once per timer before first use */
int timer_init(struct timer *timer, void (*fire)(struct timer *)) MUST_CHECK; /* -ENOMEM */
void timer_cancel(struct timer *timer);
/* Cancels and gives the room back; harmless on a zeroed one. */
void timer_release(struct timer *timer);
void timer_program(void); /* sets the hardware to the first deadline or the end of the slice */
void timer_slice(nanoseconds end); /* time slice of the running thread; UINT64_MAX: none */
nanoseconds timer_next(void);      /* first deadline; UINT64_MAX: none */
