/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vDSO: code of the kernel that programs run themselves, so that asking for the time needs no
 * call. A shared object of its own, mapped behind the page with the clock's parameters. Reads only
 * that page and the TSC; must give exactly what the calls in sys_time.c give (host and image tests
 * compare them).
 */
#include <asm/errno.h>
#include <asm/unistd.h>
#include <linux/time.h>
#include <stddef.h>
#include <stdint.h>

#include "linux/vdso_data.h"

#define NANOSECONDS_PER_SECOND 1000000000UL
#define COARSE_NS              4000000

struct time_spec {
    int64_t seconds, nanoseconds;
};
struct time_value {
    int64_t seconds, microseconds;
};
struct time_zone {
    int32_t minutes_west, summer_time;
};

extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

int __vdso_clock_gettime(int clock, struct time_spec *time);
int __vdso_clock_getres(int clock, struct time_spec *resolution);
int __vdso_gettimeofday(struct time_value *time, struct time_zone *zone);
int64_t __vdso_time(int64_t *time);
long __vdso_getcpu(unsigned *cpu, unsigned *memory_node, void *unused);

static inline long call2(long number, long a, long b)
{
    long result;
    asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return result;
}

static inline uint64_t monotonic(void)
{
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    uint64_t passed = ((uint64_t)high << 32 | low) - vdso_data.clock.tsc_base;
    return vdso_data.clock.ns_base +
           (uint64_t)((unsigned __int128)passed * vdso_data.clock.mult >> vdso_data.clock.shift);
}

/* A correction may come in the midst: the kernel alters the page while this program stands still.
 */
static uint64_t utc(void)
{
    const volatile uint32_t *corrections = &vdso_data.corrections;
    for (;;) {
        uint32_t before = *corrections;
        asm volatile("" ::: "memory");
        uint64_t ns = monotonic();
        ns += wall_offset(&vdso_data.clock.wall, ns);
        asm volatile("" ::: "memory");
        if (before == *corrections)
            return ns;
    }
}

#define CLOCKS_UTC (1U << CLOCK_REALTIME | 1U << CLOCK_REALTIME_COARSE | 1U << CLOCK_TAI)
#define CLOCKS_MONOTONIC                                                                           \
    (1U << CLOCK_MONOTONIC | 1U << CLOCK_MONOTONIC_RAW | 1U << CLOCK_MONOTONIC_COARSE |            \
     1U << CLOCK_BOOTTIME)

int __vdso_clock_gettime(int clock, struct time_spec *time)
{
    uint32_t bit = (unsigned)clock < 32 ? 1U << clock : 0;
    if (!(bit & (CLOCKS_UTC | CLOCKS_MONOTONIC)))
        return (int)call2(__NR_clock_gettime, clock, (long)time);
    uint64_t ns = bit & CLOCKS_UTC ? utc() : monotonic();
    time->seconds = (int64_t)(ns / NANOSECONDS_PER_SECOND);
    time->nanoseconds = (int64_t)(ns % NANOSECONDS_PER_SECOND);
    return 0;
}

int __vdso_clock_getres(int clock, struct time_spec *resolution)
{
    uint32_t bit = (unsigned)clock < 32 ? 1U << clock : 0;
    if (!(bit & (CLOCKS_UTC | CLOCKS_MONOTONIC)))
        return (int)call2(__NR_clock_getres, clock, (long)resolution);
    if (resolution) {
        resolution->seconds = 0;
        resolution->nanoseconds =
            bit & (1U << CLOCK_REALTIME_COARSE | 1U << CLOCK_MONOTONIC_COARSE) ? COARSE_NS : 1;
    }
    return 0;
}

int __vdso_gettimeofday(struct time_value *time, struct time_zone *zone)
{
    if (time) {
        uint64_t ns = utc();
        time->seconds = (int64_t)(ns / NANOSECONDS_PER_SECOND);
        time->microseconds = (int64_t)(ns % NANOSECONDS_PER_SECOND / 1000);
    }
    if (zone)
        zone->minutes_west = zone->summer_time = 0;
    return 0;
}

int64_t __vdso_time(int64_t *time)
{
    int64_t seconds = (int64_t)(utc() / NANOSECONDS_PER_SECOND);
    if (time)
        *time = seconds;
    return seconds;
}

/* A node has one processor. */
long __vdso_getcpu(unsigned *cpu, unsigned *memory_node, void *unused)
{
    if (cpu)
        *cpu = 0;
    if (memory_node)
        *memory_node = 0;
    return 0;
}
