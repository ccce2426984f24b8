/* SPDX-License-Identifier: Apache-2.0 */
/* Timers with short periods: the program and the machine get on all the same. */
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int count;

static void handler(int signal, siginfo_t *info, void *context)
{
    count++;
}

static int burn(void)
{
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec < 100000000);
    return 1;
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec time = {{0, 50000}, {0, 50000}}, off = {{0, 0}, {0, 0}};
    struct itimerval value = {{0, 100}, {0, 100}}, none = {{0, 0}, {0, 0}};
    timer_t timer;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGVTALRM, &action, NULL);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &time, NULL);
    printf("50 us: went on %d\n", burn());
    timer_settime(timer, 0, &off, NULL);
    printf("came %d\n", count > 0);
    signal(SIGUSR1, SIG_IGN);
    timer_settime(timer, 0, &time, NULL);
    printf("50 us, ignored: went on %d\n", burn());
    timer_delete(timer);
    count = 0;
    setitimer(ITIMER_VIRTUAL, &value, NULL);
    printf("100 us of CPU time: went on %d\n", burn());
    setitimer(ITIMER_VIRTUAL, &none, NULL);
    printf("came %d\n", count > 0);
    return 0;
}
