/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX timers: signal with value, to a thread, none; overrun; absolute times; CPU clocks; errors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile int count, code, value, overrun;
static volatile pid_t taker;

static void handler(int signal, siginfo_t *info, void *context)
{
    count++;
    code = info->si_code;
    value = info->si_value.sival_int;
    overrun = info->si_overrun;
    taker = (pid_t)syscall(SYS_gettid);
}

static struct itimerspec every(long first_ms, long period_ms)
{
    return (struct itimerspec){{period_ms / 1000, period_ms % 1000 * 1000000},
                               {first_ms / 1000, first_ms % 1000 * 1000000}};
}

static void *thread(void *unused)
{
    timer_t own;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    struct itimerspec time = every(5, 0);
    count = 0;
    int result = timer_create(CLOCK_MONOTONIC, &event, &own);
    timer_settime(own, 0, &time, NULL);
    while (count < 1)
        usleep(1000);
    printf("SIGEV_THREAD_ID: %d, in this thread %d\n", result, taker == (pid_t)syscall(SYS_gettid));
    timer_delete(own);
    return NULL;
}

static struct sigevent event = {
    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 55}};
static struct itimerspec setting, left;
static timer_t timer, other;

static void periods(void)
{
    printf("create: %d\n", timer_create(CLOCK_MONOTONIC, &event, &timer));
    timer_gettime(timer, &left);
    printf("not set: %ld\n", left.it_value.tv_sec + left.it_value.tv_nsec);
    setting = every(10, 5);
    printf("set: %d\n", timer_settime(timer, 0, &setting, NULL));
    while (count < 4)
        pause();
    printf("came: code %d value %d\n", code, value);
    timer_gettime(timer, &left);
    printf("period %ld, left within it %d\n", left.it_interval.tv_nsec,
           left.it_value.tv_sec == 0 && left.it_value.tv_nsec <= 5000000);
    setting = every(0, 0);
    timer_settime(timer, 0, &setting, &left);
    printf("old period %ld\n", left.it_interval.tv_nsec);
    int before = count;
    usleep(20000);
    printf("off: %d\n", count - before);
}

/* Blocked for many periods: one signal, the rest in the overrun. */
static void blocked(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    setting = every(1, 1);
    timer_settime(timer, 0, &setting, NULL);
    struct timespec nap = {0, 100000000};
    nanosleep(&nap, NULL);
    setting = every(0, 0);
    siginfo_t info;
    int taken = sigwaitinfo(&set, &info);
    int late = timer_getoverrun(timer);
    timer_settime(timer, 0, &setting, NULL);
    printf("blocked: USR1 %d, overrun many %d, the same by call %d\n", taken == SIGUSR1,
           info.si_overrun >= 50, late == info.si_overrun);
    struct timespec none = {0, 0};
    while (sigtimedwait(&set, &info, &none) > 0)
        ;
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void absolute(void)
{
    count = 0;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("second timer: %d\n", timer_create(CLOCK_REALTIME, &event, &other));
    setting = (struct itimerspec){{0, 0}, now};
    timer_settime(other, TIMER_ABSTIME, &setting, NULL);
    while (count < 1)
        usleep(1000);
    printf("absolute, now: came\n");
    setting.it_value.tv_sec += 100;
    timer_settime(other, TIMER_ABSTIME, &setting, NULL);
    timer_gettime(other, &left);
    printf("absolute, later: %d\n", left.it_value.tv_sec >= 95 && left.it_value.tv_sec <= 100);
    printf("delete: %d\n", timer_delete(other));
}

static void kinds(void)
{
    event.sigev_notify = SIGEV_NONE;
    timer_create(CLOCK_MONOTONIC, &event, &other);
    setting = every(20, 0);
    timer_settime(other, 0, &setting, NULL);
    timer_gettime(other, &left);
    printf("none: running %d\n", left.it_value.tv_nsec > 0);
    usleep(30000);
    timer_gettime(other, &left);
    printf("none: run out %d, signals %d\n", left.it_value.tv_nsec == 0, count - 1);
    timer_delete(other);

    event.sigev_notify = SIGEV_SIGNAL;
    count = 0;
    timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &other);
    setting = every(10, 0);
    timer_settime(other, 0, &setting, NULL);
    while (count < 1)
        ;
    printf("CPU time: came\n");
    timer_delete(other);
    pthread_t id;
    pthread_create(&id, NULL, thread, NULL);
    pthread_join(id, NULL);
}

static void refused(void)
{
    setting = every(5000, 0);
    timer_settime(timer, 0, &setting, NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(timer_gettime(timer, &left) == -1 && errno == EINVAL ? 0 : 1);
    int status;
    waitpid(child, &status, 0);
    printf("in a child there is none: %d\n", WEXITSTATUS(status) == 0);
    event.sigev_signo = 99;
    printf("bad signal: %d\n", timer_create(CLOCK_MONOTONIC, &event, &other));
    event.sigev_signo = SIGUSR1;
    printf("bad clock: %d\n", timer_create(99, &event, &other));
    setting.it_value.tv_nsec = -1;
    printf("bad time: %d\n", timer_settime(timer, 0, &setting, NULL));
    timer_delete(timer);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    alarm(20);
    sigaction(SIGUSR1, &action, NULL);
    periods();
    blocked();
    absolute();
    kinds();
    refused();
    return 0;
}
