/* SPDX-License-Identifier: Apache-2.0 */
/* Taking signals without handlers: sigtimedwait, sigwaitinfo, sigwait. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int handled;

static int refused(int result, int error)
{
    return result == -1 && errno == error;
}

static void handler(int signal)
{
    handled++;
}

int main(void)
{
    alarm(20);
    sigset_t set;
    siginfo_t info;
    struct timespec none = {0, 0}, soon = {0, 30000000}, bad = {0, 2000000000}, long_time = {5, 0};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    printf("nothing: %d\n", refused(sigtimedwait(&set, &info, &none), EAGAIN));
    printf("nothing for a while: %d\n", refused(sigtimedwait(&set, &info, &soon), EAGAIN));
    printf("bad time: %d\n", refused(sigtimedwait(&set, &info, &bad), EINVAL));

    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 1});
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 2});
    kill(getpid(), SIGUSR1);
    int signal_taken = sigwaitinfo(&set, &info);
    printf("first: USR1 %d code %d\n", signal_taken == SIGUSR1, info.si_code);
    for (int i = 0; i < 2; i++) {
        signal_taken = sigwaitinfo(&set, &info);
        printf("then: RT1 %d value %d code %d\n", signal_taken == SIGRTMIN + 1,
               info.si_value.sival_int, info.si_code);
    }
    pid_t child = fork();
    if (child == 0) {
        usleep(30000);
        _exit(3);
    }
    signal_taken = sigwaitinfo(&set, &info);
    printf("child: CHLD %d status %d exited %d\n", signal_taken == SIGCHLD, info.si_status,
           info.si_code == CLD_EXITED);
    waitpid(child, NULL, 0);

    /* Another signal with a handler ends the wait. */
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGUSR2, &action, NULL);
    pid_t parent = getpid();
    child = fork();
    if (child == 0) {
        usleep(30000);
        kill(parent, SIGUSR2);
        _exit(0);
    }
    sigdelset(&set, SIGCHLD);
    int result = sigtimedwait(&set, &info, &long_time);
    printf("interrupted: %d %d handled %d\n", result, errno == EINTR, handled);
    waitpid(child, NULL, 0);
    return 0;
}
