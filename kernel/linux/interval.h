/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks and timers of programs: reading any CLOCK_*, arithmetic on intervals (pure, host-tested),
 * and the timers of a process (setitimer, alarm, timer_create).
 */
#pragma once
#include "linux/abi.h"
#include "linux/process.h"

#define NANOSECONDS_PER_SECOND 1000000000UL
#define TIME_MAX_NS            ((uint64_t)INT64_MAX) /* ends of time are cut to this, as Linux's KTIME_MAX */

/* Checked conversions. -EINVAL: negative or fraction out of range. Cut to TIME_MAX_NS. */
int timespec_to_ns(const struct linux_timespec *time, uint64_t *ns) MUST_CHECK;
int timeval_to_ns(const struct linux_timeval *time, uint64_t *ns) MUST_CHECK;
struct linux_timespec timespec_from_ns(uint64_t ns);
struct linux_timeval timeval_from_ns(uint64_t ns);
/* Sum, cut to TIME_MAX_NS. */
uint64_t time_add(uint64_t a, uint64_t b);
/* A periodic timer was due at `deadline`, it is `now`: the first deadline after now. *missed: how
 * many further expirations passed besides the one at `deadline`. interval > 0, deadline <= now. */
uint64_t interval_advance(uint64_t deadline, uint64_t interval, uint64_t now, uint64_t *missed);

#define CPU_CLOCK_THREAD 4 /* bit of a negative clock id: a thread's time, not a process's */
/* The id in a negative clock id: man 3 clock_getcpuclockid, the complement of an id above three
 * bits. 0 is oneself. Complement first: what is shifted is then never negative. */
static inline int cpu_clock_owner(int clock)
{
    return ~clock >> 3;
}
/* Time of a clock for the current process. -EINVAL: no such clock; -ESRCH. */
int clock_read(int clock, uint64_t *ns) MUST_CHECK;

/* interval.c: called at exec (POSIX timers only) and at the end of a process (all). */
void interval_timers_drop(struct process *process, bool itimers_too);
/* A SI_TIMER signal left the queue: sets its overrun and the next expiration. */
void interval_timer_delivered(struct process *process, struct linux_siginfo *info);
