/* SPDX-License-Identifier: Apache-2.0 */
/* Who sees whose writes after fork: private, shared, advised and file memory, small and large. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define RW   (PROT_READ | PROT_WRITE)

static void child_wait(const char *what)
{
    int status = -1;
    wait(&status);
    printf("%s: child %s %d\n", what, WIFEXITED(status) ? "exit" : "signal",
           WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static void generations(unsigned char *a, size_t size)
{
    for (int generation = 0; generation < 3; generation++) {
        fflush(stdout);
        if (fork() == 0) {
            unsigned long sum = 0;
            for (size_t i = 0; i < size; i += PAGE)
                a[i] = (unsigned char)(a[i] + 1);
            for (size_t i = 0; i < size; i += PAGE)
                sum += a[i];
            if (fork() == 0) {
                memset(a, 0, size);
                _exit(0);
            }
            wait(NULL);
            for (size_t i = 0; i < size; i += PAGE)
                sum -= a[i];
            _exit(sum == 0 && a[0] == generation + 2 ? 42 : 1);
        }
        for (size_t i = 0; i < size; i += 3 * PAGE) /* while the child may run */
            a[i + 1] = (unsigned char)generation;
        child_wait("generation");
        for (size_t i = 0; i < size; i += PAGE)
            a[i] = (unsigned char)(a[i] + 1);
    }
    unsigned long sum = 0;
    for (size_t i = 0; i < size; i += PAGE)
        sum += a[i];
    printf("sum %lu\n", sum);
}

int main(void)
{
    alarm(60);
    size_t size = 12UL << 20;
    unsigned char *a = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < size; i += PAGE)
        a[i] = 1;
    generations(a, size);
    char *shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *wiped = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *kept_away = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *read_only = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shared[0] = wiped[0] = kept_away[0] = read_only[0] = 5;
    mprotect(read_only, 4 * PAGE, PROT_READ);
    printf("advice %d %d\n", madvise(wiped, 2 * PAGE, MADV_WIPEONFORK),
           madvise(kept_away, PAGE, MADV_DONTFORK));
    wiped[2 * PAGE] = 6;
    fflush(stdout);
    if (fork() == 0) {
        shared[PAGE] = 9;
        mprotect(read_only, PAGE, RW);
        int was = read_only[0];
        read_only[0] = 7;
        _exit(wiped[0] == 0 && wiped[2 * PAGE] == 6 && was == 5 ? shared[0] : 1);
    }
    child_wait("kinds");
    printf("from the child: %d %d %d\n", shared[PAGE], read_only[0], wiped[0]);
    if (fork() == 0)
        _exit(kept_away[0]);
    child_wait("not there");
    madvise(wiped, 4 * PAGE, MADV_KEEPONFORK);
    madvise(kept_away, PAGE, MADV_DOFORK);
    if (fork() == 0)
        _exit(kept_away[0] + wiped[0]);
    child_wait("there again");
    /* Many children at once share and part. */
    for (int i = 0; i < 8; i++) {
        if (fork() == 0) {
            for (size_t k = 0; k < size; k += PAGE * 5)
                a[k] = (unsigned char)(i + 1);
            unsigned long sum = 0;
            for (size_t k = 0; k < size; k += PAGE * 5)
                sum += a[k] == i + 1;
            _exit(sum == (size + 5 * PAGE - 1) / (5 * PAGE) ? 0 : 1);
        }
    }
    for (int i = 0; i < 8; i++)
        child_wait("many");
    printf("mine %d\n", a[0]);
    return 0;
}
