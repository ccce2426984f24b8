/* SPDX-License-Identifier: Apache-2.0 */
/* System calls with pointers into nothing, into the kernel, over the end of the user half and over
 * the edge of a mapping; numbers that are none. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void show(const char *what, unsigned long with, long result)
{
    printf("%s %lx: %ld %s\n", what, with, result, result < 0 ? strerror(errno) : "");
}

int main(void)
{
    static const unsigned long bad[] = {0,
                                        16,
                                        0x7ffffffff000,
                                        0x800000000000,
                                        0x8000000000000000,
                                        0xffff800000000000,
                                        0xffffffff80000000,
                                        0xfffffffffffffff8,
                                        0xffffffffffffffff};
    char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned long base;
    register long number asm("rax") = SYS_getpid | 1L << 40; /* only 32 bits of it count */
    int ends[2];

    alarm(20);
    setvbuf(stdout, NULL, _IOLBF, 0);
    asm volatile("syscall" : "+r"(number)::"rcx", "r11", "memory");
    printf("number with high bits: %d\n", number == getpid());
    if (pipe(ends) != 0)
        return 1;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        show("write", bad[i], syscall(SYS_write, ends[1], bad[i], 64));
        show("clock_gettime", bad[i], syscall(SYS_clock_gettime, 1, bad[i]));
        show("open", bad[i], syscall(SYS_open, bad[i], 0));
        show("pipe", bad[i], syscall(SYS_pipe, bad[i]));
    }
    show("futex", 0, syscall(SYS_futex, 0, 0, 0, NULL));
    munmap(page + 4096, 4096);
    memset(page, 'a', 4096);
    show("open at the edge", 0, syscall(SYS_open, page + 4000, 0));
    page[4095] = 0;
    show("open before the edge", 0, syscall(SYS_open, page + 4000, 0));
    show("write over the edge", 0, syscall(SYS_write, ends[1], page + 4000, 200) > 0 ? 96 : -1);
    show("fs base", 0x8000000000000000, syscall(SYS_arch_prctl, 0x1002, 0x8000000000000000));
    show("gs base", 0x7fff0000, syscall(SYS_arch_prctl, 0x1001, 0x7fff0000UL));
    show("gs base", 0, syscall(SYS_arch_prctl, 0x1004, &base));
    printf("gs base is %lx\n", base);
    show("call", -1, syscall(-1));
    show("call", 0x80000000, syscall(0x80000000));
    show("call", 100000, syscall(100000));
    return 0;
}
