/* SPDX-License-Identifier: Apache-2.0 */
/* mremap: contents follow, in place or moved, private or shared; alignments and refusals. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
#define RW   (PROT_READ | PROT_WRITE)
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static char *filled(size_t pages, int type)
{
    char *a = mmap(NULL, pages * PAGE, RW, type | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < pages; i++)
        a[i * PAGE + i % PAGE] = (char)(i + 1);
    return a;
}

static size_t right(const char *a, size_t pages)
{
    size_t count = 0;
    for (size_t i = 0; i < pages; i++)
        count += a[i * PAGE + i % PAGE] == (char)(i + 1);
    return count;
}

static int is_mapped(char *at)
{
    unsigned char unused;
    return mincore(at, PAGE, &unused) == 0;
}

static void refused(const char *what, void *at)
{
    printf("%s: %s\n", what, at == MAP_FAILED ? strerror(errno) : "done");
}

int main(void)
{
    alarm(60);
    /* In a reservation, so that what is around is known. */
    char *place = mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *a =
        mremap(filled(20, MAP_PRIVATE), 20 * PAGE, 20 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    munmap(place + 20 * PAGE, 44 * PAGE);
    char *b = mremap(a, 20 * PAGE, 10 * PAGE, 0);
    printf("shrunk in place %d, right %zu, rest mapped %d\n", a == b, right(b, 10),
           is_mapped(a + 10 * PAGE));
    b = mremap(a, 10 * PAGE, 20 * PAGE, 0);
    printf("grown in place %d, right %zu, new zero %d\n", a == b, right(b, 10), b[15 * PAGE] == 0);
    char *wall =
        mmap(a + 20 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    refused("no room", mremap(a, 20 * PAGE, 30 * PAGE, 0));
    b = mremap(a, 20 * PAGE, 4000 * PAGE, MREMAP_MAYMOVE);
    printf("moved %d, right %zu, new zero %d, old gone %d, wall there %d\n", a != b, right(b, 10),
           b[3999 * PAGE] == 0, !is_mapped(a), is_mapped(wall));
    for (int i = 10; i < 4000; i++)
        b[i * PAGE + (unsigned long)i % PAGE] = (char)(i + 1);
    printf("large: page-aligned %d, right %zu\n", (uintptr_t)b % PAGE == 0, right(b, 4000));
    char *c =
        mmap(NULL, 5000 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *d = mremap(b, 4000 * PAGE, 4000 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, c + 3 * PAGE);
    printf("fixed, other alignment: there %d, right %zu, old gone %d\n", d == c + 3 * PAGE,
           right(d, 4000), !is_mapped(b));
    d = mremap(d, 4000 * PAGE, 2000 * PAGE, MREMAP_MAYMOVE);
    d = mremap(d, 2000 * PAGE, 4000 * PAGE, MREMAP_MAYMOVE);
    printf("shrunk and grown: right %zu, new zero %d\n", right(d, 2000),
           d[3000 * PAGE + 3000] == 0);
    /* From the middle: what is around stays. */
    char *e = filled(12, MAP_PRIVATE);
    char *f = mremap(e + 4 * PAGE, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE);
    printf("middle: %d %d, around %zu %d, hole %d\n", f[4], f[3 * PAGE + 7], right(e, 4),
           e[8 * PAGE + 8], !is_mapped(e + 5 * PAGE));
    char *g = mremap(f, 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
    printf("left mapped: moved %d, content %d, old empty %d\n", g != f, g[4], f[4] == 0);
    /* Shared: both views, and a second one of length 0. */
    char *h = filled(6, MAP_SHARED);
    char *i = mremap(h, 0, 6 * PAGE, MREMAP_MAYMOVE);
    h[3] = 77;
    printf("second view %d, right %zu\n", i[3], right(i, 6));
    char *j = mremap(h, 6 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, c);
    j[5] = 78;
    printf("shared moved %d, other view sees %d\n", j == c, i[5]);
    refused("size 0", mremap(j, PAGE, 0, 0));
    refused("unaligned", mremap(j + 1, PAGE, PAGE, 0));
    refused("unknown flag", mremap(j, PAGE, PAGE, 64));
    refused("fixed alone", mremap(j, PAGE, PAGE, MREMAP_FIXED, c));
    refused("overlap", mremap(i, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, i + PAGE));
    refused("nothing there", mremap((void *)0x30000000, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    refused("over a hole", mremap(e, 12 * PAGE, 13 * PAGE, MREMAP_MAYMOVE));
    refused("private length 0", mremap(e, 0, PAGE, MREMAP_MAYMOVE));
    refused("too large", mremap(e, PAGE, 1UL << 47, MREMAP_MAYMOVE));
    return 0;
}
