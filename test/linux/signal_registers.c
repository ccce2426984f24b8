/* SPDX-License-Identifier: Apache-2.0 */
/* A handler may do what it likes with registers, flags and vector state: the program finds them as
 * they were. */
#define _GNU_SOURCE
#include <fenv.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <xmmintrin.h>

static volatile int handled;
static volatile unsigned control_inside;
static volatile int direction_inside, rounding_inside;

static void handler(int signal)
{
    uint64_t flags;
    handled++;
    control_inside = _mm_getcsr();
    rounding_inside = fegetround();
    __asm__ volatile("pushfq; popq %0" : "=r"(flags));
    direction_inside = (flags & 0x400) != 0;
    _mm_setcsr(0x9fc0);
    fesetround(FE_UPWARD);
    __asm__ volatile(
        "movq $-1, %%rax; movq $-1, %%rcx; movq $-1, %%rdx; movq $-1, %%rsi; movq $-1, %%rdi;"
        "movq $-1, %%r8; movq $-1, %%r9; movq $-1, %%r10; movq $-1, %%r11;"
        "pcmpeqb %%xmm0, %%xmm0; pcmpeqb %%xmm1, %%xmm1; pcmpeqb %%xmm7, %%xmm7;"
        "pcmpeqb %%xmm8, %%xmm8; pcmpeqb %%xmm15, %%xmm15; stc" ::
            : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm7",
              "xmm8", "xmm15", "cc");
}

/* Calls kill(getpid(), SIGUSR1) with every register set, and compares all of them afterwards. */
static uint64_t all_registers(void)
{
    uint64_t in[2] = {0x1122334455667788, 0x99aabbccddeeff00}, xmm[4] = {0}, flags = 0, sum = 0;
    __asm__ volatile(
        "movdqu (%[in]), %%xmm0\n movdqu (%[in]), %%xmm15\n"
        "movq $0x31, %%rbx\n movq $0x32, %%r12\n movq $0x33, %%r13\n"
        "movq $0x34, %%r14\n movq $0x35, %%r15\n movq $0x36, %%r8\n movq $0x37, %%r9\n"
        "movq $0x38, %%r10\n movq $39, %%rax\n syscall\n"
        "movl %%eax, %%edi\n movl $10, %%esi\n movq $0x39, %%rdx\n movq $62, %%rax\n"
        "std\n syscall\n pushfq\n cld\n popq %[flags]\n"
        "addq %%rbx, %%rax\n addq %%r12, %%rax\n addq %%r13, %%rax\n addq %%r14, %%rax\n"
        "addq %%r15, %%rax\n addq %%r8, %%rax\n addq %%r9, %%rax\n addq %%r10, %%rax\n"
        "addq %%rdx, %%rax\n addq %%rsi, %%rax\n movq %%rax, %[sum]\n"
        : [sum] "=m"(sum), [flags] "=m"(flags)
        : [in] "D"(in)
        : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "xmm0", "xmm15", "memory", "cc");
    __asm__ volatile("" ::: "memory");
    (void)xmm;
    return sum | (flags & 0x400) << 32;
}

static int vectors_kept(void)
{
    uint64_t in[2] = {0x1122334455667788, 0x99aabbccddeeff00}, out[4];
    int before = handled;
    __asm__ volatile("movdqu (%1), %%xmm7\n movdqu (%1), %%xmm8\n"
                     "1: movl (%2), %%eax\n cmpl %3, %%eax\n je 1b\n"
                     "movdqu %%xmm7, (%0)\n movdqu %%xmm8, 16(%0)" ::"r"(out),
                     "r"(in), "r"(&handled), "r"(before)
                     : "rax", "xmm7", "xmm8", "memory");
    return memcmp(out, in, 16) == 0 && memcmp(out + 2, in, 16) == 0;
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGVTALRM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    _mm_setcsr(0x1f80 | 0x2000);
    uint64_t sum = all_registers();
    printf("registers kept: %d, direction kept %d, cleared inside %d\n",
           (uint32_t)sum == 0x31 + 0x32 + 0x33 + 0x34 + 0x35 + 0x36 + 0x37 + 0x38 + 0x39 + 10,
           (sum >> 42 & 1) == 1, !direction_inside);
    printf("MXCSR: inside default %d, kept %d\n", (control_inside & ~0x3fU) == 0x1f80,
           (_mm_getcsr() & ~0x3fU) == (0x1f80 | 0x2000));
    _mm_setcsr(0x1f80);
    fesetround(FE_TOWARDZERO);
    raise(SIGUSR1);
    printf("rounding: inside default %d, kept %d\n", rounding_inside == FE_TONEAREST,
           fegetround() == FE_TOWARDZERO);
    fesetround(FE_TONEAREST);

    struct itimerval often = {{0, 2000}, {0, 2000}};
    setitimer(ITIMER_REAL, &often, NULL);
    int kept = 0;
    for (int i = 0; i < 20; i++)
        kept += vectors_kept();
    struct itimerval off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &off, NULL);
    printf("vector registers kept under timer signals: %d of 20\n", kept);
    return 0;
}
