/* SPDX-License-Identifier: Apache-2.0 */
/* Who can be sent what: errors of kill, tkill and sigqueueinfo, groups, signal 0. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int handled;

static void handler(int signal)
{
    handled++;
}

static const char *outcome(long result)
{
    return result == 0 ? "ok" : strerror(errno);
}

int main(void)
{
    alarm(20);
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    printf("kill 0 to me: %s\n", outcome(kill(getpid(), 0)));
    printf("kill 99: %s\n", outcome(kill(getpid(), 99)));
    printf("kill -1 signal: %s\n", outcome(kill(getpid(), -1)));
    printf("nobody: %s\n", outcome(kill(0x3fffffff, 0)));
    printf("no group: %s\n", outcome(kill(-0x3fffffff, SIGTERM)));
    printf("most negative: %s\n", outcome(kill((pid_t)0x80000000, SIGTERM)));
    printf("tkill 0: %s\n", outcome(syscall(SYS_tkill, 0, SIGTERM)));
    printf("tkill nobody: %s\n", outcome(syscall(SYS_tkill, 0x3fffffff, SIGTERM)));
    signal(SIGUSR1, handler);
    info.si_code = SI_QUEUE;
    printf("queueinfo to me: %s\n",
           outcome(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info)));
    info.si_code = SI_USER;
    printf("queueinfo as kill to me: %s\n",
           outcome(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info)));
    printf("queueinfo as kill to another: %s\n",
           outcome(syscall(SYS_rt_sigqueueinfo, getppid(), SIGUSR1, &info)));
    info.si_code = SI_TKILL;
    printf("queueinfo as tgkill to another: %s\n",
           outcome(syscall(SYS_rt_sigqueueinfo, getppid(), SIGUSR1, &info)));
    printf("queueinfo bad address: %s\n",
           outcome(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, 8L)));
    printf("handled: %d\n", handled);

    /* A group of three gets it, and only that. */
    pid_t children[3], group = 0;
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (;;)
                pause();
        }
        setpgid(children[i], group);
        if (i == 0)
            group = children[0];
    }
    printf("group: %s\n", outcome(kill(-group, SIGTERM)));
    for (int i = 0; i < 3; i++) {
        int status = 0;
        waitpid(children[i], &status, 0);
        printf("child %d by %d\n", i, WTERMSIG(status));
    }
    printf("group gone: %s\n", outcome(kill(-group, SIGTERM)));
    /* The dead one can be sent signals until it is waited for. */
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t ended;
    waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT);
    printf("zombie: %s\n", outcome(kill(child, SIGTERM)));
    waitpid(child, NULL, 0);
    printf("reaped: %s\n", outcome(kill(child, SIGTERM)));
    return 0;
}
