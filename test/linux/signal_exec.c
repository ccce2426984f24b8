/* SPDX-License-Identifier: Apache-2.0 */
/* What exec keeps of signals: ignored ones, the mask and what is pending; handlers and the
 * alternate stack go. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static char area[16384];

static void handler(int signal)
{
}

static int second(void)
{
    struct sigaction now;
    stack_t stack;
    sigset_t mask, pending;
    sigaction(SIGUSR1, NULL, &now);
    printf("handler gone: %d\n", now.sa_handler == SIG_DFL);
    sigaction(SIGUSR2, NULL, &now);
    printf("ignored kept: %d\n", now.sa_handler == SIG_IGN);
    sigaction(SIGHUP, NULL, &now);
    printf("default kept: %d, flags cleared %d\n", now.sa_handler == SIG_DFL, now.sa_flags == 0);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigpending(&pending);
    printf("mask kept: TERM %d INT %d; pending kept: TERM %d\n", sigismember(&mask, SIGTERM),
           sigismember(&mask, SIGINT), sigismember(&pending, SIGTERM));
    sigaltstack(NULL, &stack);
    printf("alternate stack gone: %d\n", stack.ss_flags == SS_DISABLE);
    struct itimerval left;
    getitimer(ITIMER_REAL, &left);
    printf("alarm kept: %d\n", left.it_value.tv_sec > 0);
    return 0;
}

int main(int count, char **arguments)
{
    if (count > 1 && strcmp(arguments[1], "second") == 0)
        return second();
    alarm(20);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigset_t mask;
    stack_t stack = {.ss_sp = area, .ss_size = sizeof(area)};
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaltstack(&stack, NULL);
    raise(SIGTERM);
    execl("/proc/self/exe", arguments[0], "second", (char *)NULL);
    return 1;
}
