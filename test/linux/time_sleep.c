/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeping: never too short, absolute and relative, what an interrupted sleep tells, errors. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int handled;

static void handler(int signal)
{
    handled++;
}

static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct timespec spec(int64_t ns)
{
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}

static void itimer(int microseconds)
{
    struct itimerval once = {{0, 0}, {0, microseconds}};
    setitimer(ITIMER_REAL, &once, NULL);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    struct timespec time, left;
    alarm(20);
    int64_t lengths[] = {0, 1, 1000000, 30000000};
    for (int i = 0; i < 4; i++) {
        time = spec(lengths[i]);
        int64_t before = now(CLOCK_MONOTONIC);
        int result = nanosleep(&time, NULL);
        int64_t passed = now(CLOCK_MONOTONIC) - before;
        printf("nanosleep %ld: %d, long enough %d, not far too long %d\n", (long)lengths[i], result,
               passed >= lengths[i], passed < lengths[i] + 2000000000);
    }
    clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
    for (int i = 0; i < 3; i++) {
        int64_t target = now(clocks[i]) + 20000000;
        time = spec(target);
        int result = clock_nanosleep(clocks[i], TIMER_ABSTIME, &time, NULL);
        printf("absolute: %d, reached %d\n", result, now(clocks[i]) >= target);
        time = spec(now(clocks[i]) - 1000000);
        printf("absolute, past: %d\n", clock_nanosleep(clocks[i], TIMER_ABSTIME, &time, NULL));
        time = spec(5000000);
        printf("relative: %d\n", clock_nanosleep(clocks[i], 0, &time, NULL));
    }
    sigaction(SIGALRM, &action, NULL);
    itimer(50000);
    time = spec(10000000000);
    int result = nanosleep(&time, &left);
    printf("interrupted: %d %d, handled %d, left about right %d\n", result, errno == EINTR, handled,
           left.tv_sec == 9 || left.tv_sec == 8);
    itimer(50000);
    time = spec(now(CLOCK_MONOTONIC) + 10000000000);
    printf("absolute, interrupted: %d\n",
           clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR);
    /* Stopped and continued: the sleep goes on to its first end. */
    pid_t child = fork();
    if (child == 0) {
        int64_t start = now(CLOCK_MONOTONIC);
        time = spec(200000000);
        int slept = nanosleep(&time, NULL);
        int64_t passed = now(CLOCK_MONOTONIC) - start;
        _exit(slept != 0 ? 1 : passed < 200000000 ? 2 : 3);
    }
    usleep(30000);
    kill(child, SIGSTOP);
    usleep(30000);
    kill(child, SIGCONT);
    int status = 0;
    waitpid(child, &status, 0);
    printf("stopped in between: %d\n", WEXITSTATUS(status));

    time = (struct timespec){0, 1000000000};
    result = nanosleep(&time, NULL);
    printf("bad fraction: %d %d\n", result, errno == EINVAL);
    time = (struct timespec){-1, 0};
    result = nanosleep(&time, NULL);
    printf("negative: %d %d\n", result, errno == EINVAL);
    time = (struct timespec){0, 1};
    printf("no such clock: %d\n", clock_nanosleep(99, 0, &time, NULL) == EINVAL);
    printf("own thread's time: %d\n",
           clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL) == EINVAL);
    return 0;
}
