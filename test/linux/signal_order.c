/* SPDX-License-Identifier: Apache-2.0 */
/* Pending signals: standard ones once and lowest first, real-time ones all, in order, with their
 * values. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile int taken[16], values[16], count;

static void handler(int signal, siginfo_t *info, void *context)
{
    taken[count] = signal;
    values[count++] = info->si_code == SI_QUEUE ? info->si_value.sival_int : -1;
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigset_t all, none;
    int signals[] = {SIGUSR2, SIGUSR1, SIGHUP, SIGRTMIN, SIGRTMIN + 3};
    sigfillset(&all);
    sigfillset(&action.sa_mask); /* so that one handler does not interrupt another */
    sigprocmask(SIG_SETMASK, &all, &none);
    for (int i = 0; i < 5; i++)
        sigaction(signals[i], &action, NULL);
    for (int i = 0; i < 3; i++) {
        kill(getpid(), SIGUSR2);
        sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 30 + i});
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 10 + i});
        kill(getpid(), SIGHUP);
        kill(getpid(), SIGUSR1);
    }
    sigset_t pending;
    sigpending(&pending);
    printf("pending: HUP %d USR1 %d USR2 %d RT0 %d RT1 %d RT3 %d\n", sigismember(&pending, SIGHUP),
           sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2),
           sigismember(&pending, SIGRTMIN), sigismember(&pending, SIGRTMIN + 1),
           sigismember(&pending, SIGRTMIN + 3));
    printf("taken before: %d\n", count);
    /* One frame is built per signal before the first handler runs, so the last one's handler runs
     * first; with all blocked in handlers each return takes the next. */
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 0; i < count; i++) {
        if (taken[i] >= SIGRTMIN)
            printf("RT%d value %d\n", taken[i] - SIGRTMIN, values[i]);
        else
            printf("%s\n", taken[i] == SIGHUP ? "HUP" : taken[i] == SIGUSR1 ? "USR1" : "USR2");
    }
    sigpending(&pending);
    printf("pending after: %d\n", sigismember(&pending, SIGUSR1) + sigismember(&pending, SIGRTMIN));
    return 0;
}
