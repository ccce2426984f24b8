/* SPDX-License-Identifier: Apache-2.0 */
/* mmap, munmap, brk: places, what replaces what, contents after partial unmapping, and every
 * refusal. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE      4096UL
#define RW        (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

static void refused(const char *what, void *at)
{
    printf("%s: %s\n", what, at == MAP_FAILED ? strerror(errno) : "mapped");
}

static void result(const char *what, int value)
{
    printf("%s: %s\n", what, value ? strerror(errno) : "done");
}

/* Which pages of the range are mapped: one character each. */
static void picture(const char *what, char *at, int pages)
{
    unsigned char unused;
    printf("%s: ", what);
    for (int i = 0; i < pages; i++)
        putchar(mincore(at + i * PAGE, PAGE, &unused) == 0 ? 'X' : '.');
    putchar('\n');
}

static void places(void)
{
    char *a = mmap(NULL, 10 * PAGE, RW, ANONYMOUS, -1, 0);
    for (int i = 0; i < 10; i++)
        a[i * PAGE] = (char)('a' + i);
    munmap(a + 3 * PAGE, 2 * PAGE);
    munmap(a + 8 * PAGE, PAGE);
    picture("after unmapping", a, 10);
    printf("contents: %c%c%c..%c%c%c.%c\n", a[0], a[PAGE], a[2 * PAGE], a[5 * PAGE], a[6 * PAGE],
           a[7 * PAGE], a[9 * PAGE]);
    char *hint = mmap(a + 3 * PAGE, PAGE, RW, ANONYMOUS, -1, 0);
    printf("free hint taken: %d\n", hint == a + 3 * PAGE);
    char *busy = mmap(a, PAGE, RW, ANONYMOUS, -1, 0);
    printf("busy hint avoided: %d\n", busy != a && a[0] == 'a');
    char *fixed = mmap(a + PAGE, 2 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
    printf("fixed there: %d, content new: %d %d, beside: %c %d\n", fixed == a + PAGE, a[PAGE],
           a[2 * PAGE], a[0], a[3 * PAGE]);
    void *no = mmap(a, 10 * PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    refused("noreplace on something", no);
    no = mmap(a + 4 * PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    printf("noreplace on a hole: %d\n", no == a + 4 * PAGE);
    char *low = mmap(NULL, PAGE, RW, ANONYMOUS | MAP_32BIT, -1, 0);
    printf("low: %d\n", (uintptr_t)low < 0x80000000UL);
    munmap(a, 10 * PAGE);
    picture("all unmapped", a, 10);
    printf("unmapping nothing: %d\n", munmap(a, 10 * PAGE));
}

static void refusals(void)
{
    refused("size 0", mmap(NULL, 0, RW, ANONYMOUS, -1, 0));
    refused("no type", mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));
    refused("bad descriptor", mmap(NULL, PAGE, RW, MAP_PRIVATE, 99, 0));
    refused("huge", mmap(NULL, 1UL << 47, RW, ANONYMOUS | MAP_NORESERVE, -1, 0));
    refused("overflow", mmap(NULL, SIZE_MAX, RW, ANONYMOUS, -1, 0));
    refused("too much at once", mmap(NULL, 1UL << 45, RW, ANONYMOUS, -1, 0));
    refused("fixed unaligned", mmap((void *)0x10000001, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
    refused("fixed in the kernel",
            mmap((void *)0xffff800000000000, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
    refused("fixed over the end",
            mmap((void *)0x7ffffffff000, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
    int pipes[2];
    if (pipe(pipes) == 0)
        refused("pipe", mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, pipes[0], 0));
    result("munmap unaligned", munmap((void *)1, PAGE));
    result("munmap size 0", munmap((void *)PAGE, 0));
    result("munmap too large", munmap((void *)PAGE, SIZE_MAX - PAGE));
}

static void reservations(void)
{
    char *a = mmap(NULL, 1UL << 30, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1, 0);
    printf("reserved: %d\n", a != MAP_FAILED);
    char *b = mmap(a + (512UL << 20), 1UL << 20, RW, ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    memset(b, 7, 1UL << 20);
    printf("inside: %d %d\n", b == a + (512UL << 20), b[(1UL << 20) - 1]);
    printf("grows: %d\n", mprotect(b + (1UL << 20), 1UL << 20, RW));
    memset(b + (1UL << 20), 8, 1UL << 20);
    printf("sum: %d\n", b[0] + b[(2UL << 20) - 1]);
    char *c = mmap(b, 2UL << 20, PROT_NONE, ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    mprotect(c, 2UL << 20, RW);
    printf("given back: %d %d\n", c[0], c[(2UL << 20) - 1]);
    munmap(a, 1UL << 30);
}

static void breaks(void)
{
    char *start = sbrk(0);
    printf("grow %d\n", brk(start + 5 * PAGE + 100));
    memset(start, 3, 5 * PAGE + 100);
    printf("at %ld\n", (long)((char *)sbrk(0) - start));
    printf("shrink %d\n", brk(start + 10));
    printf("grow again %d\n", brk(start + 3 * PAGE));
    printf("old %d, new %d\n", start[5], start[2 * PAGE]);
    long before = syscall(SYS_brk, 0);
    printf("nonsense keeps it: %d %d\n", syscall(SYS_brk, 1) == before,
           syscall(SYS_brk, -4096L) == before);
    brk(start);
}

static void sequence(void)
{
    size_t size = 24UL << 20;
    unsigned char *a = mmap(NULL, size, RW, ANONYMOUS, -1, 0);
    unsigned long sum = 0, bad = 0;
    for (size_t i = 0; i < size; i += PAGE) {
        bad += a[i] != 0 || a[i + PAGE - 1] != 0;
        a[i] = (unsigned char)(i / PAGE);
    }
    for (size_t i = 0; i < size; i += PAGE)
        sum += a[i];
    printf("sequence: dirty %lu, sum %lu\n", bad, sum);
    munmap(a + (5UL << 20) + PAGE, 3UL << 20); /* cuts large pages */
    sum = 0;
    for (size_t i = 0; i < size; i += PAGE)
        sum += i >= (5UL << 20) + PAGE && i < (8UL << 20) + PAGE ? 0 : a[i];
    printf("after a cut: sum %lu\n", sum);
    madvise(a + (10UL << 20), 1UL << 20, MADV_DONTNEED);
    printf("discarded: %d, beside: %d %d\n", a[(10UL << 20) + PAGE], a[(10UL << 20) - PAGE],
           a[(11UL << 20) + PAGE]);
    munmap(a, size);
}

int main(void)
{
    alarm(60);
    static char buffer[4096]; /* not from the heap, whose end is moved below */
    setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
    places();
    refusals();
    reservations();
    breaks();
    sequence();
    return 0;
}
