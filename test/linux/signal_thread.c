/* SPDX-License-Identifier: Apache-2.0 */
/* Threads: directed signals, process signals to whoever has them open, and the end of all at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t taker;
static volatile int taken;
static pid_t ids[3];
static pthread_barrier_t ready;
static volatile int stop;

static void handler(int signal)
{
    taker = (pid_t)syscall(SYS_gettid);
    taken++;
}

static void *worker(void *argument)
{
    long number = (long)argument;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    if (number == 1) /* only the middle one takes it */
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    ids[number] = (pid_t)syscall(SYS_gettid);
    pthread_barrier_wait(&ready);
    while (!stop)
        usleep(1000);
    return NULL;
}

static void *waiter(void *argument)
{
    sigset_t *set = argument;
    int signal = 0;
    sigwait(set, &signal);
    return (void *)(long)signal;
}

static void *killer(void *unused)
{
    raise(SIGTERM);
    return NULL;
}

int main(void)
{
    alarm(20);
    pthread_t threads[3];
    sigset_t set;
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_barrier_init(&ready, NULL, 4);
    for (long i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    pthread_barrier_wait(&ready);
    for (int i = 0; i < 5; i++) {
        int before = taken;
        kill(getpid(), SIGUSR1);
        while (taken == before)
            usleep(1000);
        printf("process signal: taken by the open thread %d\n", taker == ids[1]);
    }
    for (int i = 2; i >= 0; i--) {
        int before = taken;
        pthread_kill(threads[i], SIGUSR2);
        while (taken == before)
            usleep(1000);
        printf("directed signal: taken by its thread %d\n", taker == ids[i]);
    }
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    int before = taken;
    kill(getpid(), SIGUSR1);
    usleep(5000);
    printf("nobody open: taken %d\n", taken - before);
    pthread_t waiting;
    void *got;
    pthread_create(&waiting, NULL, waiter, &set);
    pthread_join(waiting, &got);
    printf("sigwait in a thread: %d\n", (long)got == SIGUSR1);
    errno = 0;
    long result = syscall(SYS_tgkill, getpid(), 0x3fffffff, SIGUSR1);
    printf("no such thread: %ld %d\n", result, errno == ESRCH);
    errno = 0;
    result = syscall(SYS_tgkill, getppid(), getpid(), 0);
    printf("thread of another process: %ld %d\n", result, errno == ESRCH);
    result = syscall(SYS_tgkill, getpid(), 0, SIGUSR1);
    printf("thread 0: %ld %d\n", result, errno == EINVAL);

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        stop = 0;
        pthread_barrier_init(&ready, NULL, 2);
        pthread_create(&threads[0], NULL, worker, (void *)0);
        pthread_barrier_wait(&ready);
        pthread_create(&threads[1], NULL, killer, NULL);
        for (;;)
            pause();
    }
    int status;
    waitpid(child, &status, 0);
    printf("deadly for one is deadly for all: %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));
    return 0;
}
