/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of processor exception: its signal, its code, and whether the address is the right one.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static void *expected;
static const char *what;
extern char divide_here[], illegal_here[];

static void handler(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *machine = context;
    printf("%s: signal %d code %d address right %d trap %lld error %lld\n", what, signal,
           info->si_code, info->si_addr == expected,
           (long long)machine->uc_mcontext.gregs[REG_TRAPNO],
           (long long)machine->uc_mcontext.gregs[REG_ERR] & ~1LL /* whether it was present */);
    siglongjmp(back, 1);
}

static void try(const char *name, void *address, void (*run)(char *))
{
    what = name;
    expected = address;
    if (sigsetjmp(back, 1) == 0) {
        run(address);
        printf("%s: nothing happened\n", name);
    }
}

static void read_it(char *at)
{
    (void)*(volatile char *)at;
}
static void write_it(char *at)
{
    *(volatile char *)at = 1;
}
static void run_it(char *at)
{
    ((void (*)(void))at)();
}
static void divide(char *at)
{
    __asm__ volatile("xorl %%ecx, %%ecx; movl $1, %%eax; xorl %%edx, %%edx\n.globl "
                     "divide_here\ndivide_here: divl %%ecx" ::
                         : "rax", "rcx", "rdx");
}
static void illegal(char *at)
{
    __asm__ volatile(".globl illegal_here\nillegal_here: ud2");
}
static void breakpoint(char *at)
{
    __asm__ volatile("int3");
}
static void privileged(char *at)
{
    __asm__ volatile("hlt");
}
static void far_away(char *at)
{
    (void)*(volatile char *)0x8000000000000000UL;
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (int i = 0; i < 5; i++)
        sigaction(signals[i], &action, NULL);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int file = memfd_create("empty", 0);
    char *beyond = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *gone = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096;
    munmap(gone, 4096);
    try("read at 0", NULL, read_it);
    try("write at 16", (char *)16, write_it);
    try("read of unmapped", gone, read_it);
    try("write to read-only", page, write_it);
    try("read of PROT_NONE", none, read_it);
    try("run of data", page, run_it);
    try("read beyond the file", beyond, read_it);
    try("write beyond the file", beyond + 5, write_it);
    try("divide by zero", divide_here, divide);
    try("illegal instruction", illegal_here, illegal);
    what = "breakpoint";
    try("breakpoint", NULL, breakpoint);
    try("privileged instruction", NULL, privileged);
    try("not canonical", NULL, far_away);
    return 0;
}
