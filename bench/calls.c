/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What system calls cost. The same static program runs on HydrOS and on Linux; each line is
 * "calls <name> <nanoseconds per operation>", the best of several rounds, since anything above it
 * is the emulator's host doing something else.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void null_call(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        syscall(SYS_getppid);
}

static int zero_fd;
static void read_zero(unsigned count)
{
    char buffer[4096];
    for (unsigned i = 0; i < count; i++)
        if (read(zero_fd, buffer, sizeof buffer) != (ssize_t)sizeof buffer)
            die("read /dev/zero");
}

static int ping[2], pong[2];
static void *pipe_echo(void *count)
{
    char byte;
    for (unsigned i = 0; i < *(unsigned *)count; i++)
        if (read(ping[0], &byte, 1) != 1 || write(pong[1], &byte, 1) != 1)
            die("echo");
    return NULL;
}

static void pipe_ping_pong(unsigned count)
{
    pthread_t thread;
    char byte = 'x';
    if (pthread_create(&thread, NULL, pipe_echo, &count))
        die("pthread_create");
    for (unsigned i = 0; i < count; i++)
        if (write(ping[1], &byte, 1) != 1 || read(pong[0], &byte, 1) != 1)
            die("ping");
    pthread_join(thread, NULL);
}

static _Atomic uint32_t turn;
static void futex(_Atomic uint32_t *word, int op, uint32_t value)
{
    syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void turn_wait(uint32_t mine)
{
    while (turn != mine)
        futex(&turn, FUTEX_WAIT, !mine);
}

static void turn_give(uint32_t to)
{
    turn = to;
    futex(&turn, FUTEX_WAKE, 1);
}

static void *futex_other(void *count)
{
    for (unsigned i = 0; i < *(unsigned *)count; i++) {
        turn_wait(1);
        turn_give(0);
    }
    return NULL;
}

/* Two threads hand a word to each other: two wakes and two waits an operation. */
static void futex_wake(unsigned count)
{
    pthread_t thread;
    turn = 0;
    if (pthread_create(&thread, NULL, futex_other, &count))
        die("pthread_create");
    for (unsigned i = 0; i < count; i++) {
        turn_give(1);
        turn_wait(0);
    }
    pthread_join(thread, NULL);
}

#define TOUCH_PAGES 4096u
static void page_touch(unsigned count)
{
    for (unsigned done = 0; done < count; done += TOUCH_PAGES) {
        volatile char *memory = mmap(NULL, TOUCH_PAGES * 4096ul, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            die("mmap");
        for (unsigned i = 0; i < TOUCH_PAGES; i++)
            memory[i * 4096ul] = 1;
        munmap((void *)(uintptr_t)memory, TOUCH_PAGES * 4096ul);
    }
}

static void map_unmap(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        void *memory =
            mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || munmap(memory, 65536))
            die("mmap");
    }
}

static const char *self;
static void fork_exec_wait(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int status;
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0) {
            execl(self, self, "exit", (char *)NULL);
            _exit(127);
        }
        if (waitpid(pid, &status, 0) != pid || status)
            die("wait");
    }
}

static const struct {
    const char *name;
    void (*run)(unsigned count);
    unsigned count;
} measures[] = {
    {"null_call", null_call, 100000},         {"read_zero", read_zero, 20000},
    {"pipe_ping_pong", pipe_ping_pong, 5000}, {"futex_wake", futex_wake, 5000},
    {"page_touch", page_touch, TOUCH_PAGES},  {"map_unmap", map_unmap, 10000},
    {"fork_exec_wait", fork_exec_wait, 100},
};

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "exit"))
        return 0;
    self = argv[0];
    zero_fd = open("/dev/zero", O_RDONLY);
    if (zero_fd < 0 || pipe(ping) || pipe(pong))
        die("start");
    for (size_t m = 0; m < sizeof measures / sizeof measures[0]; m++) {
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            uint64_t start = now_ns();
            measures[m].run(measures[m].count);
            double each = (double)(now_ns() - start) / measures[m].count;
            if (round == 0 || each < best)
                best = each;
        }
        printf("calls %s %.1f\n", measures[m].name, best);
        fflush(stdout);
    }
    return 0;
}
