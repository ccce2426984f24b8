/* SPDX-License-Identifier: Apache-2.0 */
/* More pages at once than are dropped from the TLB one by one: none of them may be remembered after
 * mprotect, munmap, mremap, MADV_DONTNEED or fork. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  4096UL
#define COUNT 300UL
#define SIZE  (COUNT * PAGE)
#define RW    (PROT_READ | PROT_WRITE)
static sigjmp_buf back;

static void handler(int signal)
{
    siglongjmp(back, signal);
}

static char *map(void *at, int flags)
{
    char *memory = mmap(at, SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (memory == MAP_FAILED)
        exit(1);
    return memory;
}

static void fill(volatile char *memory, char value)
{
    for (size_t i = 0; i < COUNT; i++)
        memory[i * PAGE] = value;
}

/* How many pages can be read and written, and what they hold. */
static void show(const char *what, volatile char *memory)
{
    static volatile unsigned readable, writable, sum;
    static volatile size_t i;
    readable = writable = sum = 0;
    for (i = 0; i < COUNT; i++) {
        if (sigsetjmp(back, 1) == 0) {
            sum += (unsigned)memory[i * PAGE];
            readable++;
            memory[i * PAGE] = memory[i * PAGE];
            writable++;
        }
    }
    printf("%s: %u readable, %u writable, sum %u\n", what, readable, writable, sum);
}

int main(void)
{
    signal(SIGSEGV, handler);
    char *memory = map(NULL, 0);
    fill(memory, 1);
    show("mapped", memory);
    mprotect(memory, SIZE, PROT_READ);
    show("PROT_READ", memory);
    mprotect(memory, SIZE, PROT_NONE);
    show("PROT_NONE", memory);
    mprotect(memory, SIZE, RW);
    show("again", memory);
    madvise(memory, SIZE, MADV_DONTNEED);
    show("MADV_DONTNEED", memory);
    fill(memory, 2);
    munmap(memory, SIZE);
    show("munmap", memory);
    map(memory, MAP_FIXED);
    show("mapped there again", memory);
    fill(memory, 3);
    char *other = map(NULL, 0);
    if (mremap(memory, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, other) != other)
        return 1;
    show("moved", other);
    show("where it was", memory);
    fflush(stdout);
    pid_t child = fork();
    fill(other, child == 0 ? 4 : 5);
    if (child == 0) {
        show("child", other);
        return 0;
    }
    waitpid(child, NULL, 0);
    show("parent", other);
    return 0;
}
