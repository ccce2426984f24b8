/* SPDX-License-Identifier: Apache-2.0 */
/* timerfd: single, periodic, absolute, disarmed, and errors. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

static long set(int fd, int flags, long first_ms, long interval_ms)
{
    struct itimerspec time = {{interval_ms / 1000, interval_ms % 1000 * 1000000},
                              {first_ms / 1000, first_ms % 1000 * 1000000}};
    return timerfd_settime(fd, flags, &time, NULL);
}

static uint64_t take(int fd)
{
    uint64_t value = 0;
    long result = read(fd, &value, 8);
    show("read", result);
    return value;
}

int main(void)
{
    struct itimerspec now;
    struct timespec clock;
    alarm(20);
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    take(fd);
    show("set", set(fd, 0, 20, 0));
    timerfd_gettime(fd, &now);
    printf("running %d, interval %ld\n", now.it_value.tv_nsec > 0, now.it_interval.tv_nsec);
    struct pollfd poll_fd = {fd, POLLIN, 0};
    show("poll", poll(&poll_fd, 1, 5000));
    printf("expired %llu\n", (unsigned long long)take(fd));
    timerfd_gettime(fd, &now);
    printf("over %ld %ld\n", (long)now.it_value.tv_sec, now.it_value.tv_nsec);
    take(fd);
    show("periodic", set(fd, 0, 5, 5));
    usleep(52000);
    uint64_t count = take(fd);
    printf("several %d\n", count >= 9 && count < 200);
    timerfd_gettime(fd, &now);
    printf("interval %ld, next within it %d\n", now.it_interval.tv_nsec,
           now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 5000000);
    show("disarm", set(fd, 0, 0, 5));
    usleep(10000);
    take(fd);
    clock_gettime(CLOCK_MONOTONIC, &clock);
    struct itimerspec past = {{0, 0}, {clock.tv_sec - 1 > 0 ? clock.tv_sec - 1 : 0, 1}};
    show("absolute, past", timerfd_settime(fd, TFD_TIMER_ABSTIME, &past, NULL));
    poll(&poll_fd, 1, 1000);
    printf("expired %llu\n", (unsigned long long)take(fd));
    close(fd);
    fd = timerfd_create(CLOCK_REALTIME, 0);
    clock_gettime(CLOCK_REALTIME, &clock);
    clock.tv_nsec += 20000000;
    if (clock.tv_nsec >= 1000000000) {
        clock.tv_nsec -= 1000000000;
        clock.tv_sec++;
    }
    struct itimerspec soon = {{0, 0}, clock};
    show("absolute, wall clock",
         timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &soon, NULL));
    printf("expired %llu\n", (unsigned long long)take(fd));
    struct itimerspec old;
    set(fd, 0, 100000, 3000);
    struct itimerspec zero = {{0, 0}, {0, 0}};
    show("old", timerfd_settime(fd, 0, &zero, &old));
    printf("old interval %ld, value %d\n", (long)old.it_interval.tv_sec, old.it_value.tv_sec > 90);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    set(fd, 0, 10, 0);
    show("epoll", epoll_wait(epoll, &event, 1, 5000));
    set(fd, 0, 10, 0);
    show("epoll, unread, set again", epoll_wait(epoll, &event, 1, 5000));
    show("bad clock", timerfd_create(99, 0));
    show("cpu clock", timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
    show("bad flags", timerfd_create(CLOCK_MONOTONIC, 5));
    struct itimerspec bad = {{0, 0}, {0, 1000000000}};
    show("bad time", timerfd_settime(fd, 0, &bad, NULL));
    show("not a timer", timerfd_settime(epoll, 0, &zero, NULL));
    show("write", write(fd, &zero, 8));
    return 0;
}
