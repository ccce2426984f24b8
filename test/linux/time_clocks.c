/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks: none goes back, those that are one agree, through the library (vDSO) as through calls;
 * errors. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t ns(const struct timespec *time)
{
    return time->tv_sec * 1000000000 + time->tv_nsec;
}

static int64_t read_clock(clockid_t clock)
{
    struct timespec time;
    return clock_gettime(clock, &time) == 0 ? ns(&time) : -1;
}

static int64_t read_by_call(clockid_t clock)
{
    struct timespec time;
    return syscall(SYS_clock_gettime, clock, &time) == 0 ? ns(&time) : -1;
}

int main(void)
{
    static const struct {
        clockid_t clock;
        const char *name;
    } rows[] = {
        {CLOCK_REALTIME, "REALTIME"},
        {CLOCK_MONOTONIC, "MONOTONIC"},
        {CLOCK_MONOTONIC_RAW, "MONOTONIC_RAW"},
        {CLOCK_BOOTTIME, "BOOTTIME"},
        {CLOCK_PROCESS_CPUTIME_ID, "PROCESS_CPUTIME_ID"},
        {CLOCK_THREAD_CPUTIME_ID, "THREAD_CPUTIME_ID"},
    };
    alarm(20);
    struct timespec at;
    struct timeval value;
    for (int i = 0; i < 6; i++) {
        int64_t last = read_clock(rows[i].clock);
        int back = 0, broken = 0;
        for (int j = 0; j < 2000; j++) {
            int64_t now = j % 2 ? read_clock(rows[i].clock) : read_by_call(rows[i].clock);
            back += now < last;
            broken += now < 0;
            last = now;
        }
        clock_getres(rows[i].clock, &at);
        printf("%s: back %d broken %d resolution %ld\n", rows[i].name, back, broken, (long)ns(&at));
    }
    int64_t fine = read_clock(CLOCK_REALTIME), coarse = read_clock(CLOCK_REALTIME_COARSE);
    printf("coarse is near: %d\n", coarse > fine - 1000000000 && coarse < fine + 1000000000);
    fine = read_clock(CLOCK_REALTIME);
    gettimeofday(&value, NULL);
    int64_t day = value.tv_sec * 1000000000LL + value.tv_usec * 1000LL;
    printf("gettimeofday agrees: %d\n", day >= fine / 1000 * 1000 && day < fine + 2000000000);
    time_t seconds = time(NULL);
    printf("time agrees: %d\n", seconds - fine / 1000000000 < 3);
    printf("TAI within a minute: %d\n", read_clock(CLOCK_TAI) - fine < 60000000000);
    printf("after 2020: %d\n", fine > 1577836800LL * 1000000000);
    struct timezone zone = {99, 99};
    syscall(SYS_gettimeofday, &value, &zone);
    printf("zone: %d %d\n", zone.tz_minuteswest, zone.tz_dsttime);

    errno = 0;
    int result = clock_gettime(99, &at);
    printf("no such clock: %d %d\n", result, errno == EINVAL);
    errno = 0;
    result = clock_getres(99, &at);
    printf("no such clock's resolution: %d %d\n", result, errno == EINVAL);
    printf("resolution without a place: %d\n", clock_getres(CLOCK_MONOTONIC, NULL));
    errno = 0;
    long called = syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8L);
    printf("bad address: %ld %d\n", called, errno == EFAULT);
    errno = 0;
    called = syscall(SYS_clock_settime, CLOCK_MONOTONIC, &at);
    printf("set the monotonic clock: %ld %d\n", called, errno == EINVAL);
    return 0;
}
