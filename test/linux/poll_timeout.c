/* SPDX-License-Identifier: Apache-2.0 */
/* poll, ppoll, select and pselect: readiness, timeouts and what is written back. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

static long elapsed_ms(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - from->tv_sec) * 1000 + (now.tv_nsec - from->tv_nsec) / 1000000;
}

int main(void)
{
    int ends[2];
    struct timespec start, short_time = {0, 20000000}, none = {0, 0};
    alarm(20);
    if (pipe(ends) != 0)
        return 1;
    struct pollfd fds[4] = {
        {ends[0], POLLIN, 77}, {ends[1], POLLOUT, 77}, {-1, POLLIN, 77}, {99, POLLIN, 77}};
    show("poll", poll(fds, 4, 1000));
    printf("%#x %#x %#x %#x\n", fds[0].revents, fds[1].revents, fds[2].revents, fds[3].revents);
    clock_gettime(CLOCK_MONOTONIC, &start);
    show("poll 30 ms", poll(fds, 1, 30));
    printf("waited %d\n", elapsed_ms(&start) >= 29);
    show("poll nothing", poll(NULL, 0, 5));
    show("poll now", poll(fds, 1, 0));
    clock_gettime(CLOCK_MONOTONIC, &start);
    show("ppoll 20 ms", ppoll(fds, 1, &short_time, NULL));
    printf("waited %d\n", elapsed_ms(&start) >= 19);
    show("ppoll now", ppoll(fds, 1, &none, NULL));
    struct timespec bad = {0, 1000000000};
    show("ppoll bad time", ppoll(fds, 1, &bad, NULL));
    struct pollfd *volatile nowhere = (struct pollfd *)8;
    volatile unsigned long too_many = 100000000;
    show("poll bad address", poll(nowhere, 1, 0));
    show("poll too many", poll(nowhere, too_many, 0));

    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &out);
    struct timeval time = {0, 30000};
    show("select", select(ends[1] + 1, &in, &out, NULL, &time));
    printf("in %d out %d, time left %d\n", FD_ISSET(ends[0], &in), FD_ISSET(ends[1], &out),
           time.tv_usec > 0);
    FD_SET(ends[0], &in);
    time = (struct timeval){0, 20000};
    clock_gettime(CLOCK_MONOTONIC, &start);
    show("select 20 ms", select(ends[1] + 1, &in, NULL, NULL, &time));
    printf("waited %d, in %d, time left %ld\n", elapsed_ms(&start) >= 19, FD_ISSET(ends[0], &in),
           (long)time.tv_usec);
    if (write(ends[1], "x", 1) != 1)
        return 1;
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &out);
    show("pselect both", pselect(ends[1] + 1, &in, &out, NULL, &none, NULL));
    FD_SET(ends[0], &in);
    show("select cut", select(ends[0], &in, NULL, NULL, &time));
    FD_ZERO(&in);
    FD_SET(60, &in);
    show("select closed", select(61, &in, NULL, NULL, &time));
    show("select negative", select(-1, NULL, NULL, NULL, &time));
    struct pollfd many[40];
    for (int i = 0; i < 40; i++)
        many[i] = (struct pollfd){i % 2 ? ends[1] : ends[0], POLLIN | POLLOUT, 0};
    show("poll 40", poll(many, 40, 100));
    printf("%#x %#x\n", many[0].revents, many[39].revents);
    int file = open("/etc/passwd", O_RDONLY);
    fds[0] = (struct pollfd){file, POLLIN | POLLOUT, 0};
    show("poll file", poll(fds, 1, 0));
    printf("%#x\n", fds[0].revents);
    return 0;
}
