/* SPDX-License-Identifier: Apache-2.0 */
/* The mask: how it changes, what cannot be blocked, what fork and threads inherit. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long raw(int how, const unsigned long *set)
{
    unsigned long old = 0;
    syscall(SYS_rt_sigprocmask, how, set, &old, 8);
    return old;
}

/* Whether the call was refused with this errno. */
static int refused(long result, int error)
{
    return result == -1 && errno == error;
}

static void *thread(void *unused)
{
    sigset_t pending;
    sigpending(&pending);
    printf("thread: mask %#lx, own pending USR1 %d\n", raw(SIG_BLOCK, NULL),
           sigismember(&pending, SIGUSR1));
    return NULL;
}

int main(void)
{
    alarm(20);
    unsigned long all = ~0UL, none = 0, some = 1UL << (SIGUSR1 - 1) | 1UL << (SIGTERM - 1);
    raw(SIG_SETMASK, &all);
    printf("all: %#lx\n", raw(SIG_BLOCK, NULL));
    raw(SIG_SETMASK, &none);
    printf("none: %#lx\n", raw(SIG_BLOCK, NULL));
    raw(SIG_BLOCK, &some);
    printf("some: %#lx\n", raw(SIG_BLOCK, NULL));
    unsigned long one = 1UL << (SIGTERM - 1);
    raw(SIG_UNBLOCK, &one);
    printf("one less: %#lx\n", raw(SIG_BLOCK, NULL));
    printf("bad how: %d\n", refused(syscall(SYS_rt_sigprocmask, 9, &some, NULL, 8), EINVAL));
    printf("bad how without set: %ld\n", syscall(SYS_rt_sigprocmask, 9, NULL, NULL, 8));
    printf("bad size: %d\n", refused(syscall(SYS_rt_sigprocmask, 0, &some, NULL, 16), EINVAL));
    printf("bad address: %d\n", refused(syscall(SYS_rt_sigprocmask, 0, 8L, NULL, 8), EFAULT));

    raise(SIGUSR1); /* to this thread */
    kill(getpid(), SIGUSR1);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sigset_t pending;
        sigpending(&pending);
        printf("child: mask %#lx, pending USR1 %d\n", raw(SIG_BLOCK, NULL),
               sigismember(&pending, SIGUSR1));
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    pthread_t id;
    pthread_create(&id, NULL, thread, NULL);
    pthread_join(id, NULL);
    sigset_t pending;
    sigpending(&pending);
    printf("parent: pending USR1 %d\n", sigismember(&pending, SIGUSR1));
    /* Ignoring drops what is pending, also the blocked one. */
    signal(SIGUSR1, SIG_IGN);
    sigpending(&pending);
    printf("ignored: pending USR1 %d\n", sigismember(&pending, SIGUSR1));
    signal(SIGUSR1, SIG_DFL);
    raw(SIG_SETMASK, &none);
    printf("still here\n");
    return 0;
}
