/* SPDX-License-Identifier: Apache-2.0 */
/* Random writes, truncations, mappings and holes on one file against an array that says what it
 * must hold. */
/* FLAVOURS: dynamic static musl */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT 200000
#define PAGE  4096UL

static unsigned char model[LIMIT], buffer[LIMIT];
static size_t size;
static unsigned random_state = 777;

static unsigned pick(unsigned count)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % count;
}

static void fail(const char *what, int step)
{
    printf("step %d: %s differs\n", step, what);
    exit(1);
}

static void fill(size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer[i] = (unsigned char)pick(256);
}

static void step_map(int fd, int step, size_t at, size_t count)
{
    size_t start = at / PAGE * PAGE;
    if (at + count > size)
        return;
    unsigned char *map =
        mmap(NULL, at - start + count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)start);
    if (map == MAP_FAILED)
        fail("mmap", step);
    if (memcmp(map + (at - start), model + at, count) != 0)
        fail("mapping", step);
    if (pick(2)) {
        fill(count);
        memcpy(map + (at - start), buffer, count);
        memcpy(model + at, buffer, count);
    }
    munmap(map, at - start + count);
}

static void step_resize(int fd, size_t to)
{
    if (ftruncate(fd, (off_t)to) != 0)
        fail("ftruncate", -1);
    if (to > size)
        memset(model + size, 0, to - size);
    size = to;
}

int main(void)
{
    alarm(20);
    char path[] = "/tmp/hydros-content.XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    for (int step = 0; step < 6000; step++) {
        size_t at = pick(LIMIT), count = 1 + pick(pick(4) ? 3000 : 40000);
        if (count > LIMIT - at)
            count = LIMIT - at;
        switch (pick(9)) {
        case 0:
        case 1:
        case 2:
            fill(count);
            if (pwrite(fd, buffer, count, (off_t)at) != (ssize_t)count)
                fail("pwrite", step);
            if (at > size)
                memset(model + size, 0, at - size);
            memcpy(model + at, buffer, count);
            if (at + count > size)
                size = at + count;
            break;
        case 3:
        case 4: {
            ssize_t expect = at >= size ? 0 : (ssize_t)(count < size - at ? count : size - at);
            if (pread(fd, buffer, count, (off_t)at) != expect)
                fail("length", step);
            if (expect > 0 && memcmp(buffer, model + at, (size_t)expect) != 0)
                fail("content", step);
            break;
        }
        case 5:
            step_map(fd, step, at, count);
            break;
        case 6:
            step_resize(fd, pick(3) ? at : size / 2);
            break;
        case 7:
            if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
                          (off_t)count) != 0)
                fail("fallocate", step);
            for (size_t i = at; i < at + count && i < size; i++)
                model[i] = 0;
            break;
        default: {
            struct stat st;
            fstat(fd, &st);
            if ((size_t)st.st_size != size)
                fail("size", step);
        }
        }
    }
    printf("6000 steps, all as it must be\n");
    return 0;
}
