/* SPDX-License-Identifier: Apache-2.0 */
/* Many signals between threads and processes, under timers: none that is queued gets lost, none
 * comes twice. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS  200

static volatile int received[THREADS], sums[THREADS], ticks;
static __thread int self = -1;
static pthread_t threads[THREADS];
static volatile pid_t ids[THREADS];
static pthread_barrier_t barrier;
static int sent[THREADS][THREADS];

static void tick(int signal)
{
    __sync_fetch_and_add(&ticks, 1);
}

static void handler(int signal, siginfo_t *info, void *context)
{
    if (self >= 0) {
        received[self]++;
        sums[self] += info->si_value.sival_int;
    }
}

/* sigqueue to one thread. */
static long queue(pid_t thread, int signal, int value)
{
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_code = SI_QUEUE;
    info.si_value.sival_int = value;
    return syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, signal, &info);
}

static void *worker(void *argument)
{
    self = (int)(long)argument;
    ids[self] = (pid_t)syscall(SYS_gettid);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < ROUNDS; i++) {
        int to = (self + 1 + i % (THREADS - 1)) % THREADS;
        while (queue(ids[to], SIGRTMIN + i % 3, i) != 0 && errno == EAGAIN)
            usleep(100);
        sent[self][to] += i;
        if (i % 16 == 0)
            usleep(100);
    }
    pthread_barrier_wait(&barrier);
    usleep(10000); /* what is on its way arrives */
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void between_threads(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (int i = 0; i < 3; i++)
        sigaction(SIGRTMIN + i, &action, NULL);
    action = (struct sigaction){.sa_handler = tick, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval often = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    setitimer(ITIMER_REAL, &off, NULL);
    int total = 0, wrong = 0;
    for (int i = 0; i < THREADS; i++) {
        int expected = 0;
        for (int j = 0; j < THREADS; j++)
            expected += sent[j][i];
        total += received[i];
        wrong += sums[i] != expected;
    }
    printf("threads: received %d of %d, wrong sums %d, ticks %d\n", total, THREADS * ROUNDS, wrong,
           ticks > 0);
}

static volatile int children_told;

static void child_told(int signal)
{
    children_told++;
}

static void processes(void)
{
    int killed = 0, exited = 0, other = 0;
    struct sigaction action = {.sa_handler = child_told, .sa_flags = SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
    for (int i = 0; i < 60; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (i % 3 == 0)
                _exit(i);
            for (;;)
                usleep(200);
        }
        if (i % 3 == 1) {
            for (int j = 0; j < 5; j++) {
                kill(child, SIGSTOP);
                kill(child, SIGCONT);
            }
        }
        if (i % 3 != 0)
            kill(child, i % 2 ? SIGKILL : SIGTERM);
        int status = 0;
        pid_t got = waitpid(child, &status, 0);
        if (got == child && WIFSIGNALED(status))
            killed++;
        else if (got == child && WIFEXITED(status) && WEXITSTATUS(status) == i)
            exited++;
        else
            other++;
    }
    printf("processes: killed %d, exited %d, other %d, told %d\n", killed, exited, other,
           children_told > 0);
}

int main(void)
{
    signal(SIGALRM, SIG_DFL);
    alarm(20);
    processes();
    between_threads();
    alarm(0);
    return 0;
}
