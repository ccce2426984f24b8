/* SPDX-License-Identifier: Apache-2.0 */
/* Every way to fault in ring 3: which signal, which code, which address. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile int signal_got, code_got;
static volatile uintptr_t address_got;
static volatile long trap_got;
static char stack[65536];
static unsigned char data_code[] = {0xc3};

static void handler(int number, siginfo_t *info, void *context)
{
    signal_got = number;
    code_got = info->si_code;
    address_got = (uintptr_t)info->si_addr;
    trap_got = ((ucontext_t *)context)->uc_mcontext.gregs[REG_TRAPNO];
    siglongjmp(back, 1);
}

#define TRY(name, statement)                                                                       \
    do {                                                                                           \
        signal_got = code_got = 0;                                                                 \
        address_got = 0;                                                                           \
        trap_got = 0;                                                                              \
        if (!sigsetjmp(back, 1)) {                                                                 \
            statement;                                                                             \
        }                                                                                          \
        printf("%s: signal %d code %d trap %ld\n", name, signal_got, code_got, trap_got);          \
    } while (0)
#define WHERE() printf("    at %lx\n", address_got)

static void memory(void)
{
    char *page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    TRY("write at 0", *(volatile int *)0 = 1);
    WHERE();
    TRY("read at 16", (void)*(volatile int *)16);
    WHERE();
    TRY("read of the kernel", (void)*(volatile int *)0xffffffff80000000UL);
    WHERE();
    TRY("write to the kernel", *(volatile int *)0xffff800000000000UL = 1);
    WHERE();
    TRY("not canonical", (void)*(volatile long *)0x8000000000000000UL);
    WHERE();
    TRY("jump to 0", ((void (*)(void))0)());
    WHERE();
    TRY("jump to the kernel", ((void (*)(void))0xffffffff80000000UL)());
    WHERE();
    TRY("run data", ((void (*)(void))(uintptr_t)data_code)());
    printf("    right address: %d\n", address_got == (uintptr_t)data_code);
    TRY("write to a read-only page", page[5] = 1);
    printf("    right address: %d\n", address_got == (uintptr_t)page + 5);
}

static void instructions(void)
{
    TRY("ud2", asm volatile("ud2"));
    TRY("int3", asm volatile("int3"));
    TRY("int 0x81", asm volatile("int $0x81"));
    TRY("hlt", asm volatile("hlt"));
    TRY("cli", asm volatile("cli"));
    TRY("out", asm volatile("outb %al, $0x80"));
    TRY("rdmsr", asm volatile("rdmsr" ::"c"(0xc0000080) : "eax", "edx"));
    TRY("division by 0", asm volatile("xorl %%ecx, %%ecx\n\tmovl $1, %%eax\n\tcdq\n\tidivl %%ecx" ::
                                          : "rax", "rcx", "rdx"));
    TRY("single step", asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop" ::
                                        : "memory"));
    TRY("single step over a call",
        asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tmovl $39, %%eax\n\t"
                     "syscall\n\tnop\n\tnop" ::
                         : "memory", "rax", "rcx", "r11"));
    TRY("mov to ds", asm volatile("movl $0x2b, %%eax\n\tmovl %%eax, %%ds\n\txorl %%eax, %%eax\n\t"
                                  "movl %%eax, %%ds" ::
                                      : "rax"));
    TRY("kernel selector", asm volatile("movl $0x10, %%eax\n\tmovl %%eax, %%ds" ::: "rax"));
}

int main(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    alarm(20);
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaltstack(&alternate, NULL);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++)
        sigaction(signals[i], &action, NULL);
    memory();
    instructions();
    return 0;
}
