/* SPDX-License-Identifier: Apache-2.0 */
/* Unmasked x87 exceptions: SIGFPE with the code of the cause. (SSE ones are not emulated
 * everywhere.) */
#define _GNU_SOURCE
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static const char *what;

static void handler(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *machine = context;
    printf("%s: signal %d code %d trap %lld\n", what, signal, info->si_code,
           (long long)machine->uc_mcontext.gregs[REG_TRAPNO]);
    siglongjmp(back, 1);
}

static void try(const char *name, unsigned short unmasked, long double a, long double b)
{
    unsigned short control = 0x37f & ~unmasked;
    what = name;
    if (sigsetjmp(back, 1) == 0) {
        volatile long double result;
        __asm__ volatile("fninit; fldcw %0" ::"m"(control));
        __asm__ volatile("fdivrp; fwait" : "=t"(result) : "0"(b), "u"(a) : "st(1)");
        printf("%s: nothing happened\n", name);
    }
    __asm__ volatile("fninit");
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, NULL);
    try("masked", 0, 1, 0);
    try("divide by zero", 4, 1, 0);
    try("invalid", 1, 0, 0);
    try("inexact", 0x20, 1, 3);
    return 0;
}
