/* SPDX-License-Identifier: Apache-2.0 */
/* FLAVOURS: dynamic static */
/* Threads: ids, names, ends of one and of all wherever they sleep, clone's words, vfork. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static __thread int own = 5;
static pid_t tids[3];

static void *body(void *argument)
{
    long number = (long)argument;
    char name[16];
    own += (int)number;
    tids[number] = gettid();
    snprintf(name, sizeof(name), "thread %ld", number);
    prctl(PR_SET_NAME, name);
    return (void *)(long)own;
}

static void threads(void)
{
    pthread_t thread[3];
    char name[16];
    for (long i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, body, (void *)i);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(thread[i], &result);
        printf("thread %d: %ld\n", i, (long)result);
    }
    prctl(PR_GET_NAME, name);
    printf("own is still %d; tids differ: %d; main is pid: %d\n", own,
           tids[0] != tids[1] && tids[1] != tids[2] && tids[0] != getpid(), gettid() == getpid());
}

static int word, pipe_ends[2];
static void *sleep_futex(void *argument)
{
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return NULL;
}
static void *sleep_read(void *argument)
{
    char byte;
    if (read(pipe_ends[0], &byte, 1) > 0)
        puts("read something");
    return NULL;
}
static void *sleep_epoll(void *argument)
{
    struct epoll_event event;
    epoll_wait(epoll_create1(0), &event, 1, -1);
    return NULL;
}
static void *sleep_time(void *argument)
{
    sleep(1000);
    return NULL;
}
static void *sleep_child(void *argument)
{
    if (fork() == 0) {
        close(1);
        sleep(2);
        _exit(0);
    }
    wait(NULL);
    return NULL;
}
static void *spin(void *argument)
{
    for (volatile unsigned i = 0;; i++)
        ;
    return NULL;
}
static void *end_all(void *argument)
{
    usleep(50000);
    exit(11);
}

static void all_end(void (*end)(void), const char *what)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        void *(*bodies[])(void *) = {sleep_futex, sleep_read,  sleep_epoll,
                                     sleep_time,  sleep_child, spin};
        pthread_t thread;
        if (pipe(pipe_ends) < 0)
            _exit(1);
        for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
            pthread_create(&thread, NULL, bodies[i], NULL);
        usleep(50000);
        end();
    }
    waitpid(child, &status, 0);
    printf("%s: exit %d signal %d\n", what, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
           WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void by_exit(void)
{
    _exit(10);
}
static void by_other(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, end_all, NULL);
    pthread_join(thread, NULL);
}
static void by_kill(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}
static void by_fault(void)
{
    *(volatile int *)8 = 1;
}

static void *outlives(void *argument)
{
    usleep(30000);
    _exit(12);
}
static void main_ends_first(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, outlives, NULL);
    pthread_exit(NULL);
}

static char stack[65536] __attribute__((aligned(16)));
static int shared_value;
static int clone_body(void *argument)
{
    shared_value = 42;
    return 17;
}

static void clones(void)
{
    int parent_tid = -1, child_tid = -1, status;
    pid_t child = clone(clone_body, stack + sizeof(stack), CLONE_VM | CLONE_PARENT_SETTID | SIGCHLD,
                        NULL, &parent_tid, NULL, &child_tid);
    waitpid(child, &status, 0);
    printf("clone with memory: exit %d value %d parent word %d\n", WEXITSTATUS(status),
           shared_value, parent_tid == child);
    child =
        clone(clone_body, stack + sizeof(stack),
              CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, NULL, NULL, NULL, &child_tid);
    printf("no signal: wait %d %s", waitpid(child, &status, 0), strerror(errno));
    printf(", with __WALL %d\n", waitpid(child, &status, __WALL) == child);
    printf("child word was cleared: %d\n", child_tid);
    printf("thread without memory: %ld %s\n",
           syscall(SYS_clone, CLONE_THREAD | SIGCHLD, NULL, NULL, NULL, 0), strerror(errno));
    printf("handlers without memory: %ld %s\n",
           syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, 0), strerror(errno));
    printf("clone3 too small: %ld %s\n", syscall(SYS_clone3, &status, 8), strerror(errno));
}

static void vforks(void)
{
    volatile int value = 1;
    int status;
    pid_t child = vfork();
    if (child == 0) {
        value = 2;
        _exit(5);
    }
    printf("vfork shares: %d, ", value);
    waitpid(child, &status, 0);
    printf("exit %d\n", WEXITSTATUS(status));
}

static void *many_body(void *argument)
{
    __atomic_add_fetch((int *)argument, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void many(void)
{
    int count = 0;
    for (int round = 0; round < 20; round++) {
        pthread_t thread[20];
        for (int i = 0; i < 20; i++)
            pthread_create(&thread[i], NULL, many_body, &count);
        for (int i = 0; i < 20; i++)
            pthread_join(thread[i], NULL);
    }
    printf("%d threads came and went\n", count);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    threads();
    all_end(by_exit, "exit");
    all_end(by_other, "exit in another");
    all_end(by_kill, "kill");
    all_end(by_fault, "fault");
    all_end(main_ends_first, "main first");
    clones();
    vforks();
    many();
    return 0;
}
