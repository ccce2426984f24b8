/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls for timers that end in a signal: setitimer, alarm, timer_create and its family. The
 * timers themselves are in interval.c; timerfd is a file (file/timerfd.c).
 */
#include <linux/time.h>

#include "arch/arch.h"
#include "linux/interval.h"
#include "linux/interval_timer.h"
#include "linux/signal.h"
#include "linux/syscalls.h"
#include "memory/user_copy.h"

#define TIMERS_MAX 256 /* POSIX timers of one process; a bound on kernel memory */

struct itimer_value {
    struct linux_timeval interval, value;
};
struct timer_value {
    struct linux_timespec interval, value;
};
struct timer_event { /* struct sigevent */
    uint64_t value;
    int32_t signal, notify, tid;
    int32_t pad[11];
};
_Static_assert(sizeof(struct timer_event) == 64, "struct sigevent");

/* ---- setitimer ---- */

static const int itimer_signals[3] = {SIGALRM, SIGVTALRM, SIGPROF};

/* Without a tick, user and system time are not told apart: ITIMER_VIRTUAL counts both. */
static int itimer_set(int which, uint64_t value, uint64_t interval)
{
    struct process *process = process_current();
    struct interval_timer *timer = interval_timer_find(process, INTERVAL_ITIMER(which));
    if (timer == NULL && value == 0)
        return 0;
    if (timer == NULL) {
        timer = interval_timer_create(process, INTERVAL_ITIMER(which));
        if (timer == NULL)
            return -ENOMEM;
        timer->base = which == ITIMER_REAL ? INTERVAL_MONOTONIC : INTERVAL_PROCESS;
        timer->signal = itimer_signals[which];
    }
    interval_timer_set(timer, value, interval, false);
    return 0;
}

static void itimer_get(int which, uint64_t *left, uint64_t *interval)
{
    const struct interval_timer *timer =
        interval_timer_find(process_current(), INTERVAL_ITIMER(which));
    *left = timer ? interval_timer_left(timer) : 0;
    *interval = timer && timer->deadline ? timer->interval : 0;
}

static long itimer_out(user_addr to, uint64_t left, uint64_t interval)
{
    struct itimer_value value = {timeval_from_ns(interval), timeval_from_ns(left)};
    if (left > 0 && left < 1000)
        value.value.microseconds = 1; /* still set */
    return copy_out(to, &value);
}

long sys_getitimer(int which, user_addr value)
{
    uint64_t left, interval;
    if (which < 0 || which > 2)
        return -EINVAL;
    itimer_get(which, &left, &interval);
    return itimer_out(value, left, interval);
}

long sys_setitimer(int which, user_addr value, user_addr old)
{
    struct itimer_value wanted = {{0, 0}, {0, 0}};
    uint64_t first, interval, left, old_interval;
    if (value && copy_in(&wanted, value) != 0)
        return -EFAULT;
    if (which < 0 || which > 2 || timeval_to_ns(&wanted.value, &first) != 0 ||
        timeval_to_ns(&wanted.interval, &interval) != 0)
        return -EINVAL;
    itimer_get(which, &left, &old_interval);
    int error = itimer_set(which, first, interval);
    if (error != 0)
        return error;
    return old ? itimer_out(old, left, old_interval) : 0;
}

long sys_alarm(uint32_t seconds)
{
    uint64_t left, interval;
    itimer_get(ITIMER_REAL, &left, &interval);
    int error = itimer_set(ITIMER_REAL, seconds * NANOSECONDS_PER_SECOND, 0);
    if (error != 0)
        return error;
    /* To the nearest second, but a set alarm never answers 0. */
    uint64_t rounded = (left + NANOSECONDS_PER_SECOND / 2) / NANOSECONDS_PER_SECOND;
    return left > 0 && rounded == 0 ? 1 : (long)rounded;
}

/* ---- timer_create ---- */

/* The negative ids of CPU clocks (sys_time.c), which libraries use for the own process too. Only
 * the own ones. */
static int timer_cpu_clock(struct interval_timer *timer, int clock)
{
    int id = cpu_clock_owner(clock);
    uint64_t unused;
    if (clock_read(clock, &unused) != 0)
        return -EINVAL;
    if (clock & CPU_CLOCK_THREAD) {
        timer->base = INTERVAL_THREAD;
        timer->clock_tid = id == 0 ? current->tid : id;
        return 0;
    }
    timer->base = INTERVAL_PROCESS;
    return id == 0 || id == process_current()->pid ? 0 : -EINVAL;
}

static int timer_clock(struct interval_timer *timer, int clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_TAI:
    case CLOCK_REALTIME_ALARM:
        timer->realtime = true;
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        return 0;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
        return -EOPNOTSUPP;
    case CLOCK_PROCESS_CPUTIME_ID:
        timer->base = INTERVAL_PROCESS;
        return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        timer->base = INTERVAL_THREAD;
        timer->clock_tid = current->tid;
        return 0;
    default:
        return clock < 0 ? timer_cpu_clock(timer, clock) : -EINVAL;
    }
}

static int event_check(const struct timer_event *event)
{
    if (event->notify == SIGEV_NONE)
        return 0;
    if (event->signal < 1 || event->signal > SIGNAL_COUNT)
        return -EINVAL;
    if (event->notify == SIGEV_SIGNAL || event->notify == SIGEV_THREAD)
        return 0;
    if (event->notify != SIGEV_THREAD_ID)
        return -EINVAL;
    const struct thread *thread = thread_find(event->tid);
    return thread && thread->process == process_current() ? 0 : -EINVAL;
}

static int timer_id_new(const struct process *process)
{
    for (int id = 0; id < TIMERS_MAX; id++) {
        if (interval_timer_find(process, id) == NULL)
            return id;
    }
    return -EAGAIN;
}

long sys_timer_create(int clock, user_addr event_at, user_addr id_at)
{
    struct process *process = process_current();
    struct timer_event event = {.notify = SIGEV_SIGNAL, .signal = SIGALRM};
    struct interval_timer probe = {.id = 0};
    if (event_at && copy_in(&event, event_at) != 0)
        return -EFAULT;
    int error = timer_clock(&probe, clock);
    if (error == 0)
        error = event_check(&event);
    if (error != 0)
        return error;
    int32_t id = timer_id_new(process);
    if (id < 0)
        return id;
    if (event_at == 0)
        event.value = (uint64_t)id;
    if (copy_out(id_at, &id) != 0)
        return -EFAULT;
    struct interval_timer *timer = interval_timer_create(process, id);
    if (timer == NULL)
        return -EAGAIN;
    (void)timer_clock(timer, clock);
    timer->notify = event.notify;
    timer->signal = event.signal;
    timer->tid = event.tid;
    timer->value = event.value;
    return 0;
}

static struct interval_timer *timer_at(int id)
{
    return id < 0 ? NULL : interval_timer_find(process_current(), id);
}

static struct timer_value timer_state(const struct interval_timer *timer)
{
    uint64_t left = interval_timer_left(timer);
    return (struct timer_value){
        timespec_from_ns(timer->deadline || timer->signalled ? timer->interval : 0),
        timespec_from_ns(left)};
}

long sys_timer_settime(int id, int flags, user_addr value, user_addr old)
{
    struct timer_value wanted;
    uint64_t first, interval;
    if (value == 0)
        return -EINVAL;
    if (copy_in(&wanted, value) != 0)
        return -EFAULT;
    if (timespec_to_ns(&wanted.value, &first) != 0 ||
        timespec_to_ns(&wanted.interval, &interval) != 0)
        return -EINVAL;
    struct interval_timer *timer = timer_at(id);
    if (timer == NULL)
        return -EINVAL;
    struct timer_value before = timer_state(timer);
    interval_timer_set(timer, first, interval, (flags & TIMER_ABSTIME) != 0);
    return old ? copy_out(old, &before) : 0;
}

long sys_timer_gettime(int id, user_addr value)
{
    const struct interval_timer *timer = timer_at(id);
    if (timer == NULL)
        return -EINVAL;
    struct timer_value state = timer_state(timer);
    return copy_out(value, &state);
}

long sys_timer_getoverrun(int id)
{
    const struct interval_timer *timer = timer_at(id);
    return timer ? timer->overrun : -EINVAL;
}

long sys_timer_delete(int id)
{
    struct interval_timer *timer = timer_at(id);
    if (timer == NULL)
        return -EINVAL;
    interval_timer_delete(timer);
    return 0;
}
