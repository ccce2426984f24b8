/* SPDX-License-Identifier: Apache-2.0 */
/* What of signals a new process and a new thread begin with. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char area[32768];

static void handler(int signal)
{
}

static void show(const char *who)
{
    stack_t stack;
    sigset_t mask, pending;
    struct sigaction action;
    sigaltstack(NULL, &stack);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigpending(&pending);
    sigaction(SIGUSR2, NULL, &action);
    printf("%s: alternate stack %d, USR1 blocked %d, pending %d, handler %d, alarm %d\n", who,
           stack.ss_flags != SS_DISABLE && stack.ss_sp == area, sigismember(&mask, SIGUSR1),
           sigismember(&pending, SIGUSR1), action.sa_handler == handler, alarm(20) > 0);
    fflush(stdout);
}

static void *thread(void *unused)
{
    show("thread");
    return NULL;
}

int main(void)
{
    alarm(20);
    stack_t stack = {.ss_sp = area, .ss_size = sizeof(area)};
    sigset_t mask;
    pthread_t id;
    sigaltstack(&stack, NULL);
    signal(SIGUSR2, handler);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    raise(SIGUSR1); /* for this thread only */
    show("first");
    if (fork() == 0) {
        show("child");
        _exit(0);
    }
    wait(NULL);
    pthread_create(&id, NULL, thread, NULL);
    pthread_join(id, NULL);
    show("first");
    /* Actions are one for all threads, but a child's are its own. */
    pid_t child = fork();
    if (child == 0) {
        signal(SIGUSR2, SIG_IGN);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    show("first");
    return 0;
}
