/* SPDX-License-Identifier: Apache-2.0 */
/* Alternate signal stacks: where handlers run, what may be changed when, and surviving a stack
 * overflow. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static _Alignas(16) char area[65536];
static volatile int on_area, flags_inside, change_error, aligned;
static sigjmp_buf back;

static int in_area(const void *pointer)
{
    return (const char *)pointer >= area && (const char *)pointer < area + sizeof(area);
}

static void handler(int signal, siginfo_t *info, void *context)
{
    char here;
    stack_t stack, other = {.ss_flags = SS_DISABLE};
    on_area = in_area(&here);
    aligned = (uintptr_t)__builtin_frame_address(0) % 16 == 0;
    sigaltstack(NULL, &stack);
    flags_inside = stack.ss_flags;
    change_error = sigaltstack(&other, NULL) == 0 ? 0 : errno;
}

static void overflow_handler(int signal, siginfo_t *info, void *context)
{
    char here;
    printf("overflow: signal %d on the alternate stack %d\n", signal, in_area(&here));
    siglongjmp(back, 1);
}

static volatile int for_ever = 1;

static int deep(volatile char *from)
{
    volatile char room[4096];
    room[0] = from ? (char)(from[0] + 1) : 1;
    return for_ever ? deep(room) + room[0] : 0;
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    stack_t stack, old;
    sigaltstack(NULL, &old);
    printf("at first: disabled %d size %zu\n", old.ss_flags == SS_DISABLE, old.ss_size);
    stack = (stack_t){.ss_sp = area, .ss_size = 100};
    printf("too small: %d\n", sigaltstack(&stack, NULL) == 0 ? 0 : errno == ENOMEM);
    stack = (stack_t){.ss_sp = area, .ss_size = sizeof(area), .ss_flags = 77};
    printf("bad flags: %d\n", sigaltstack(&stack, NULL) == 0 ? 0 : errno == EINVAL);
    stack.ss_flags = 0;
    printf("set: %d\n", sigaltstack(&stack, NULL));
    sigaltstack(NULL, &old);
    printf("seen: area %d flags %d size %zu\n", old.ss_sp == area, old.ss_flags, old.ss_size);

    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    printf("without SA_ONSTACK: on it %d, flags %d, change allowed %d\n", on_area, flags_inside,
           change_error == 0);
    sigaltstack(&stack, NULL);
    action.sa_flags |= SA_ONSTACK;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    printf("with SA_ONSTACK: on it %d, flags %d, change refused %d, frame aligned %d\n", on_area,
           flags_inside, change_error == EPERM, aligned);
    sigaltstack(NULL, &old);
    printf("after: flags %d\n", old.ss_flags);

    stack.ss_flags = (int)SS_AUTODISARM;
    printf("autodisarm: %d\n", sigaltstack(&stack, NULL));
    raise(SIGUSR1);
    sigaltstack(NULL, &old);
    printf("inside: on it %d, disabled %d; after: armed %d\n", on_area, flags_inside == SS_DISABLE,
           old.ss_flags == (int)SS_AUTODISARM && old.ss_sp == area);

    stack.ss_flags = 0;
    sigaltstack(&stack, NULL);
    struct rlimit limit = {1 << 20, 1 << 20};
    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = 1 << 20;
    setrlimit(RLIMIT_STACK, &limit);
    action.sa_sigaction = overflow_handler;
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 2; i++) {
        if (sigsetjmp(back, 1) == 0)
            deep(NULL);
    }
    printf("smallest size that fits is told: %d\n", getauxval(AT_MINSIGSTKSZ) > 512);
    return 0;
}
