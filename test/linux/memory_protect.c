/* SPDX-License-Identifier: Apache-2.0 */
/* mprotect: what each right allows to the program and to calls on its behalf; contents survive
 * PROT_NONE. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
#define RW   (PROT_READ | PROT_WRITE)
static sigjmp_buf back;
static int code;

static void handler(int signal, siginfo_t *info, void *context)
{
    code = info->si_code;
    siglongjmp(back, signal);
}

static void result(const char *what, int value)
{
    printf("%s: %s\n", what, value ? strerror(errno) : "done");
}

static void access_show(const char *what, volatile unsigned char *at)
{
    volatile char read_result, write_result, run_result;
    if (sigsetjmp(back, 1) == 0) {
        (void)*at;
        read_result = 'r';
    } else
        read_result = code == SEGV_ACCERR ? '-' : '.';
    if (sigsetjmp(back, 1) == 0) {
        *at = 0xc3; /* ret */
        write_result = 'w';
    } else
        write_result = code == SEGV_ACCERR ? '-' : '.';
    if (sigsetjmp(back, 1) == 0) {
        ((void (*)(void))(uintptr_t)at)();
        run_result = 'x';
    } else
        run_result = code == SEGV_ACCERR ? '-' : '.';
    printf("%s: %c%c%c\n", what, read_result, write_result, run_result);
}

static void call_show(const char *what, char *at)
{
    int pipes[2];
    char byte = 1;
    if (pipe(pipes) != 0)
        return;
    long out = write(pipes[1], at, 1);
    int out_error = errno;
    if (out < 0)
        (void)!write(pipes[1], &byte, 1);
    long in = read(pipes[0], at, 1);
    printf("%s: write from it %s, read to it %s\n", what, out == 1 ? "works" : strerror(out_error),
           in == 1 ? "works" : strerror(errno));
    close(pipes[0]);
    close(pipes[1]);
}

int main(void)
{
    alarm(30);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    char *a = mmap(NULL, 16 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(a, 0xc3, 16 * PAGE);
    static const int rights[] = {PROT_NONE, PROT_READ, RW, PROT_READ | PROT_EXEC, RW | PROT_EXEC};
    static const char *const names[] = {"none", "read", "read write", "read exec", "all"};
    for (int i = 0; i < 5; i++) {
        printf("mprotect %d\n", mprotect(a + PAGE, PAGE, rights[i]));
        access_show(names[i], (unsigned char *)a + PAGE + 5);
        call_show(names[i], a + PAGE + 9);
        access_show("page before", (unsigned char *)a);
    }
    mprotect(a, 16 * PAGE, PROT_NONE);
    mprotect(a, 16 * PAGE, PROT_READ);
    unsigned long sum = 0;
    for (unsigned long i = 0; i < 16 * PAGE; i++)
        sum += (unsigned char)a[i] == 0xc3;
    printf("kept %lu\n", sum);
    munmap(a + 8 * PAGE, PAGE);
    result("over a hole", mprotect(a, 16 * PAGE, RW));
    access_show("before the hole", (unsigned char *)a + 7 * PAGE);
    access_show("hole", (unsigned char *)a + 8 * PAGE);
    access_show("behind the hole", (unsigned char *)a + 9 * PAGE);
    result("unaligned", mprotect(a + 1, PAGE, RW));
    printf("size 0 %d\n", mprotect(a, 0, RW));
    result("bad rights", mprotect(a, PAGE, 0x100));
    result("wraps", mprotect(a, SIZE_MAX - PAGE, RW));
    /* In the middle of what was filled in one go. */
    size_t size = 8UL << 20;
    char *b = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(b, 1, size);
    mprotect(b + (3UL << 20) + PAGE, 3 * PAGE, PROT_READ);
    access_show("large, before", (unsigned char *)b + (3UL << 20));
    access_show("large, inside", (unsigned char *)b + (3UL << 20) + 2 * PAGE);
    access_show("large, behind", (unsigned char *)b + (3UL << 20) + 4 * PAGE);
    return 0;
}
