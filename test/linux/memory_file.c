/* SPDX-License-Identifier: Apache-2.0 */
/* Mapped files: the program's own image, written files, memfd mapped twice, ends of files, msync
 * and advice. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096UL
#define RW   (PROT_READ | PROT_WRITE)
static sigjmp_buf back;
static int caught;

static void handler(int signal)
{
    caught = signal;
    siglongjmp(back, 1);
}

static void touch(const char *what, volatile char *at)
{
    caught = 0;
    if (sigsetjmp(back, 1) == 0)
        (void)*at;
    printf("%s: %s\n", what, caught == SIGBUS ? "SIGBUS" : caught == SIGSEGV ? "SIGSEGV" : "fine");
}

static void refused(const char *what, void *at)
{
    printf("%s: %s\n", what, at == MAP_FAILED ? strerror(errno) : "mapped");
}

static void result(const char *what, int value)
{
    printf("%s: %s\n", what, value ? strerror(errno) : "done");
}

static void own_image(void)
{
    int fd = open("/proc/self/exe", O_RDONLY);
    struct stat stat;
    char head[64], whole[4096];
    fstat(fd, &stat);
    char *a = mmap(NULL, (size_t)stat.st_size, RW, MAP_PRIVATE, fd, 0);
    (void)!pread(fd, head, sizeof(head), 0);
    printf("head %d\n", memcmp(a, head, sizeof(head)));
    int same = 1;
    for (off_t at = 0; at < stat.st_size; at += 4096) {
        long size = pread(fd, whole, sizeof(whole), at);
        same &= memcmp(a + at, whole, (size_t)size) == 0;
    }
    printf("all the same %d\n", same);
    char *end = a + stat.st_size;
    int zeros = 1;
    for (; ((unsigned long)end & (PAGE - 1)) != 0; end++)
        zeros &= *end == 0;
    printf("zeros behind the end %d\n", zeros);
    a[0] = 'X';
    (void)!pread(fd, head, sizeof(head), 0);
    printf("private write stays private: %d %d\n", a[0] == 'X', head[0] == 0x7f);
    madvise(a, PAGE, MADV_DONTNEED);
    printf("and is dropped: %d\n", a[0] == 0x7f);
    refused("shared write of a read-only descriptor", mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0));
    char *b = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    printf("shared read %d\n", b[1] == 'E');
    result("shared read to write", mprotect(b, PAGE, RW));
    close(fd);
}

static void written_file(void)
{
    char name[] = "/tmp/memory_file.XXXXXX", byte;
    int fd = mkstemp(name);
    (void)!ftruncate(fd, 3 * PAGE + 100);
    char *a = mmap(NULL, 5 * PAGE, RW, MAP_SHARED, fd, 0);
    char *b = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    strcpy(a + PAGE, "through the mapping");
    char text[32] = "";
    (void)!pread(fd, text, 20, PAGE);
    printf("read sees: %s\n", text);
    (void)!pwrite(fd, "by write", 9, 2 * PAGE);
    printf("mappings see: %s, %s\n", a + 2 * PAGE, b + 2 * PAGE);
    touch("last page", a + 3 * PAGE + 4000);
    touch("behind the end", a + 4 * PAGE);
    (void)!ftruncate(fd, 5 * PAGE);
    touch("after growing", a + 4 * PAGE);
    printf("msync %d\n", msync(a, 5 * PAGE, MS_SYNC));
    munmap(a + PAGE, PAGE);
    result("msync over a hole", msync(a, 5 * PAGE, MS_ASYNC));
    long size = pread(fd, &byte, 1, PAGE);
    printf("after unmapping: %ld %c\n", size, byte);
    int read_only = open(name, O_RDONLY), write_only = open(name, O_WRONLY);
    refused("shared, read-only", mmap(NULL, PAGE, RW, MAP_SHARED, read_only, 0));
    refused("write-only", mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, write_only, 0));
    refused("private, read-only", mmap(NULL, PAGE, RW, MAP_PRIVATE, read_only, 0));
    refused("unaligned offset", mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100));
    char *c = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 2 * PAGE);
    printf("at an offset: %s\n", c);
    unlink(name);
    close(fd);
    printf("outlives its name: %s\n", a + 2 * PAGE);
}

static void twice_mapped(void)
{
    int fd = memfd_create("code", 0);
    (void)!ftruncate(fd, 8UL << 20);
    unsigned char *write_view = mmap(NULL, 8UL << 20, RW, MAP_SHARED, fd, 0);
    unsigned char *run_view = mmap(NULL, 8UL << 20, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
    close(fd);
    int sum = 0;
    for (unsigned long at = 0; at < 8UL << 20; at += 256 * PAGE + 64) {
        memcpy(write_view + at, code, sizeof(code));
        sum += ((int (*)(void))(void *)(run_view + at))();
        write_view[at + 1] = 1;
        sum += ((int (*)(void))(void *)(run_view + at))();
    }
    printf("code through two views: %d\n", sum);
}

int main(void)
{
    alarm(60);
    signal(SIGBUS, handler);
    signal(SIGSEGV, handler);
    own_image();
    written_file();
    twice_mapped();
    int zero = open("/dev/zero", O_RDWR);
    char *a = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, zero, 0);
    printf("/dev/zero: %d\n", a != MAP_FAILED && a[PAGE] == 0 && (a[PAGE] = 1));
    return 0;
}
