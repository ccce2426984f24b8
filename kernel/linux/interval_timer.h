/* SPDX-License-Identifier: Apache-2.0 */
/* One timer that ends in a signal; between interval.c, which runs it, and the calls of sys_timer.c.
 */
#pragma once
#include "linux/process.h"
#include "thread/timer.h"

enum interval_base { INTERVAL_MONOTONIC, INTERVAL_PROCESS, INTERVAL_THREAD };
struct interval_timer {
    struct list link; /* process->posix_timers */
    struct timer timer;
    struct process *process;
    int id; /* POSIX: from 0; setitimer's: INTERVAL_ITIMER(which) */
    enum interval_base base;
    int clock_tid;           /* INTERVAL_THREAD: whose time */
    bool realtime;           /* absolute times are UTC */
    bool signalled;          /* its signal waits to be taken */
    int notify, signal, tid; /* SIGEV_*; tid for SIGEV_THREAD_ID */
    uint64_t value;          /* sigev_value */
    uint64_t deadline;       /* on the base clock; 0: not set */
    uint64_t interval;       /* 0: once */
    int overrun;             /* of the last signal taken */
};
#define INTERVAL_ITIMER(which) (-1 - (which))

struct interval_timer *interval_timer_find(const struct process *process, int id); /* NULL */
/* In the process's list, not set, zeroed but for process and id. NULL: out of memory. */
struct interval_timer *interval_timer_create(struct process *process, int id) MUST_CHECK;
void interval_timer_delete(struct interval_timer *timer);
/* value 0: stops it. */
void interval_timer_set(struct interval_timer *timer, uint64_t value, uint64_t interval,
                        bool absolute);
uint64_t interval_timer_left(const struct interval_timer *timer); /* 0: not set */
