/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler changes in its ucontext takes effect: where to go on, registers, the mask. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int handled;
static volatile uint64_t flags_seen;
static volatile uintptr_t vector_state;
static sigjmp_buf back;

static void skip(int signal, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    handled++;
    context->uc_mcontext.gregs[REG_RIP] += 2; /* ud2 has two bytes */
    context->uc_mcontext.gregs[REG_RAX] = 4711;
    sigaddset(&context->uc_sigmask, SIGUSR2);
    flags_seen = context->uc_flags;
    vector_state = (uintptr_t)context->uc_mcontext.fpregs;
}

static void jump(int signal)
{
    siglongjmp(back, signal);
}

static void spoil(int signal, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    if (info->si_value.sival_int == 0)
        context->uc_mcontext.gregs[REG_RIP] = (greg_t)0x8000000000000000UL;
    else
        context->uc_mcontext.fpregs = (void *)8;
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
    sigaction(SIGILL, &action, NULL);
    uint64_t result = 1;
    __asm__ volatile("ud2" : "+a"(result));
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    printf("skipped: handled %d, rax %d, USR2 blocked %d, ILL blocked %d\n", handled, (int)result,
           sigismember(&mask, SIGUSR2), sigismember(&mask, SIGILL));
    printf("frame: flags %d, vector state aligned %d\n", (int)(flags_seen & 6),
           vector_state % 64 == 0);

    signal(SIGTERM, jump);
    for (int i = 0; i < 3; i++) {
        int signal = sigsetjmp(back, 1);
        if (signal == 0)
            raise(SIGTERM);
        sigprocmask(SIG_BLOCK, NULL, &mask);
        printf("jumped out: %d, blocked %d\n", signal, sigismember(&mask, SIGTERM));
    }
    for (int i = 0; i < 3; i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            if (i == 2) { /* no frame at all */
                __asm__ volatile("movq $64, %%rsp; movl $15, %%eax; syscall" ::: "memory");
            }
            action.sa_sigaction = spoil;
            sigaction(SIGUSR1, &action, NULL);
            sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = i});
            _exit(0);
        }
        int status;
        waitpid(child, &status, 0);
        printf("spoilt frame: signaled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));
    }
    return 0;
}
