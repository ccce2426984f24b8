/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks and sleeping. All clocks of the machine are one: the monotonic one, plus the offset that
 * makes it UTC; CPU clocks come from the threads' books. Nobody can set a clock: the nodes share
 * them. The vDSO answers clock_gettime without a call by the same numbers (vdso/clock.c).
 */
#include <linux/time.h>

#include "arch/arch.h"
#include "lib/string.h"
#include "linux/interval.h"
#include "linux/signal.h"
#include "linux/syscalls.h"
#include "memory/user_copy.h"
#include "thread/wait.h"

/* What Linux says with 250 ticks a second; ours are finer than they say. */
#define COARSE_NS   4000000
#define CPU_LOOK_NS 1000000 /* sleepers on a CPU clock look no more often */
/* Bits of the negative ids: 0 user+system, 1 user, 2 scheduled: one and the same here. */
#define CPU_CLOCK_KIND 3

/* A clock with a negative id. */
static int cpu_clock_read(int clock, uint64_t *ns)
{
    int id = cpu_clock_owner(clock);
    if ((clock & CPU_CLOCK_KIND) == CPU_CLOCK_KIND)
        return -EINVAL;
    if (clock & CPU_CLOCK_THREAD) {
        const struct thread *thread = id == 0 ? current : thread_find(id);
        if (thread == NULL || thread->process != current->process)
            return -EINVAL;
        *ns = thread_run_time(thread);
        return 0;
    }
    const struct process *process = id == 0 ? current->process : process_find(id);
    if (process == NULL)
        return -EINVAL;
    *ns = process_run_time(process);
    return 0;
}

int clock_read(int clock, uint64_t *ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI: /* Linux's offset is 0 until someone sets it, too */
        *ns = arch_clock() + arch_wall_offset();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = arch_clock();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        *ns = process_run_time(current->process);
        return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = thread_run_time(current);
        return 0;
    default:
        return clock < 0 ? cpu_clock_read(clock, ns) : -EINVAL;
    }
}

long sys_clock_gettime(int clock, user_addr time)
{
    uint64_t ns;
    int error = clock_read(clock, &ns);
    if (error != 0)
        return error;
    struct linux_timespec value = timespec_from_ns(ns);
    return copy_out(time, &value);
}

long sys_clock_getres(int clock, user_addr resolution)
{
    uint64_t ns;
    int error = clock_read(clock, &ns);
    if (error != 0)
        return error;
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    struct linux_timespec value = {0, coarse ? COARSE_NS : 1};
    return resolution ? copy_out(resolution, &value) : 0;
}

long sys_clock_settime(int clock, user_addr time)
{
    struct linux_timespec value;
    uint64_t ns;
    if (clock != CLOCK_REALTIME)
        return -EINVAL;
    if (copy_in(&value, time) != 0)
        return -EFAULT;
    return timespec_to_ns(&value, &ns) != 0 ? -EINVAL : -EPERM;
}

long sys_settimeofday(user_addr time, user_addr zone)
{
    return -EPERM;
}

long sys_gettimeofday(user_addr time, user_addr zone)
{
    struct linux_timeval value = timeval_from_ns(arch_clock() + arch_wall_offset());
    const uint64_t utc = 0; /* struct timezone: minutes west, kind of summer time */
    if (time && copy_out(time, &value) != 0)
        return -EFAULT;
    return zone && copy_out(zone, &utc) != 0 ? -EFAULT : 0;
}

long sys_time(user_addr time)
{
    int64_t seconds = (int64_t)((arch_clock() + arch_wall_offset()) / NANOSECONDS_PER_SECOND);
    if (time && copy_out(time, &seconds) != 0)
        return -EFAULT;
    return seconds;
}

/* ---- sleeping ---- */

/* Until clock shows target. -EINTR when a signal came first. */
static int sleep_until(int clock, uint64_t target)
{
    for (;;) {
        uint64_t now;
        int error = clock_read(clock, &now);
        if (error != 0 || now >= target)
            return error;
        uint64_t left = target - now;
        /* A CPU clock may stand still: without a least step this would never sleep nor end. */
        if ((clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID) && left < CPU_LOOK_NS)
            left = CPU_LOOK_NS;
        error = wait_any(time_add(arch_clock(), left));
        if (error == -EINTR)
            return error;
    }
}

/* restart_block: [1] clock, [2] target on it, [3] where the rest is told. */
static long sleep_relative(void)
{
    int clock = (int)current->restart_block[1];
    uint64_t target = (uint64_t)current->restart_block[2], now = 0;
    user_addr remaining = (user_addr)current->restart_block[3];
    int error = sleep_until(clock, target);
    if (error != -EINTR)
        return error;
    if (remaining) {
        error = clock_read(clock, &now);
        struct linux_timespec left = timespec_from_ns(target > now ? target - now : 0);
        if (error != 0 || copy_out(remaining, &left) != 0)
            return -EFAULT;
    }
    current->restart_block[0] = (long)sleep_relative;
    return -ERESTART_RESTARTBLOCK;
}

long sys_clock_nanosleep(int clock, int flags, user_addr time, user_addr remaining)
{
    struct linux_timespec value;
    uint64_t ns, now;
    if (clock == CLOCK_THREAD_CPUTIME_ID || clock_read(clock, &now) != 0)
        return -EINVAL;
    if (clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE ||
        clock == CLOCK_MONOTONIC_COARSE)
        return -EOPNOTSUPP;
    if (copy_in(&value, time) != 0)
        return -EFAULT;
    if (timespec_to_ns(&value, &ns) != 0)
        return -EINVAL;
    if (flags & TIMER_ABSTIME) {
        int error = sleep_until(clock, ns);
        return error == -EINTR ? -ERESTARTNOHAND : error;
    }
    current->restart_block[1] = clock;
    current->restart_block[2] = (long)time_add(now, ns);
    current->restart_block[3] = (long)remaining;
    return sleep_relative();
}

long sys_nanosleep(user_addr time, user_addr remaining)
{
    return sys_clock_nanosleep(CLOCK_MONOTONIC, 0, time, remaining);
}

/* ---- adjusting: only looking ---- */

struct time_adjustment { /* struct timex */
    uint32_t modes;
    int64_t offset, frequency, error_max, error_estimate;
    int32_t status;
    int64_t constant, precision, tolerance;
    struct linux_timeval time;
    int64_t tick;
    int64_t statistics[8]; /* of a pulse per second */
    int32_t tai;
    int32_t pad[11];
};
_Static_assert(sizeof(struct time_adjustment) == 208, "struct timex");
#define STATUS_UNSYNCHRONISED 0x40
#define RESULT_TIME_ERROR     5 /* what adjtimex answers while nobody keeps the clock right */
#define TICK_US               10000

long sys_adjtimex(user_addr buffer)
{
    struct time_adjustment state;
    if (copy_in(&state, buffer) != 0)
        return -EFAULT;
    if (state.modes != 0)
        return -EPERM;
    memset(&state, 0, sizeof(state));
    state.status = STATUS_UNSYNCHRONISED;
    state.error_max = state.error_estimate = 16000000; /* as Linux when unsynchronised */
    state.constant = 2;
    state.precision = 1;
    state.tick = TICK_US;
    state.time = timeval_from_ns(arch_clock() + arch_wall_offset());
    return copy_out(buffer, &state) != 0 ? -EFAULT : RESULT_TIME_ERROR;
}

long sys_clock_adjtime(int clock, user_addr buffer)
{
    return clock == CLOCK_REALTIME ? sys_adjtimex(buffer) : -EOPNOTSUPP;
}
