/* SPDX-License-Identifier: Apache-2.0 */
/* What siginfo says about who sent a signal and why. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile siginfo_t last;

static void handler(int signal, siginfo_t *info, void *context)
{
    last = *info;
}

static void show(const char *what)
{
    printf("%s: code %d, from me %d, uid right %d, value %d\n", what, last.si_code,
           last.si_pid == getpid(), last.si_uid == getuid(),
           last.si_code == SI_QUEUE ? last.si_value.sival_int : 0);
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    kill(getpid(), SIGUSR1);
    show("kill");
    raise(SIGUSR1);
    show("raise");
    pthread_kill(pthread_self(), SIGUSR1);
    show("pthread_kill");
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = -77});
    show("sigqueue");

    pid_t child = fork();
    if (child == 0)
        _exit(42);
    int status;
    waitpid(child, &status, 0);
    printf("SIGCHLD: exited %d, the child %d, status %d, errno %d\n", last.si_code == CLD_EXITED,
           last.si_pid == child, last.si_status, last.si_errno);
    child = fork();
    if (child == 0)
        pause();
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    printf("SIGCHLD: killed %d, the child %d, status %d\n", last.si_code == CLD_KILLED,
           last.si_pid == child, last.si_status);
    child = fork();
    if (child == 0) {
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
    /* The order of the two is not told, so look at the child's own through waitid. */
    siginfo_t ended = {0};
    waitid(P_PID, (id_t)child, &ended, WEXITED);
    printf("waitid: signal %d, code %d, status %d, pid right %d\n", ended.si_signo, ended.si_code,
           ended.si_status, ended.si_pid == child);
    return 0;
}
