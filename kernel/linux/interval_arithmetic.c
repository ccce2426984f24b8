/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversions of time and the arithmetic of periodic timers. Pure: compiled on the host for its
 * tests. Nothing overflows: sums and products are cut to TIME_MAX_NS, about 292 years.
 */
#include "linux/interval.h"

#define SECONDS_MAX (TIME_MAX_NS / NANOSECONDS_PER_SECOND)

static int seconds_to_ns(int64_t seconds, int64_t fraction, int64_t fractions_per_second,
                         uint64_t *ns)
{
    if (seconds < 0 || fraction < 0 || fraction >= fractions_per_second)
        return -EINVAL;
    *ns = (uint64_t)seconds >= SECONDS_MAX
              ? TIME_MAX_NS
              : (uint64_t)seconds * NANOSECONDS_PER_SECOND +
                    (uint64_t)(fraction * ((int64_t)NANOSECONDS_PER_SECOND / fractions_per_second));
    return 0;
}

int timespec_to_ns(const struct linux_timespec *time, uint64_t *ns)
{
    return seconds_to_ns(time->seconds, time->nanoseconds, NANOSECONDS_PER_SECOND, ns);
}

int timeval_to_ns(const struct linux_timeval *time, uint64_t *ns)
{
    return seconds_to_ns(time->seconds, time->microseconds, 1000000, ns);
}

struct linux_timespec timespec_from_ns(uint64_t ns)
{
    return (struct linux_timespec){(int64_t)(ns / NANOSECONDS_PER_SECOND),
                                   (int64_t)(ns % NANOSECONDS_PER_SECOND)};
}

struct linux_timeval timeval_from_ns(uint64_t ns)
{
    return (struct linux_timeval){(int64_t)(ns / NANOSECONDS_PER_SECOND),
                                  (int64_t)(ns % NANOSECONDS_PER_SECOND / 1000)};
}

uint64_t time_add(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) || sum > TIME_MAX_NS ? TIME_MAX_NS : sum;
}

uint64_t interval_advance(uint64_t deadline, uint64_t interval, uint64_t now, uint64_t *missed)
{
    uint64_t passed = now < deadline ? 0 : (now - deadline) / interval;
    *missed = passed;
    /* deadline + passed * interval is at most now, so only the last step can overflow */
    return time_add(deadline + passed * interval, interval);
}
