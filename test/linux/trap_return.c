/* SPDX-License-Identifier: Apache-2.0 */
/* A handler that leaves nonsense in its frame ends its program and nothing else: each case in a
 * process of its own, what became of it is printed. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define FLAG_IF   0x200
#define FLAG_IOPL 0x3000

static int which;

static void handler(int number, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;
    greg_t *registers = frame->uc_mcontext.gregs;
    char *vector = (char *)frame->uc_mcontext.fpregs;

    switch (which) {
    case 0:
        registers[REG_RIP] = 0x8000000000000000UL;
        break;
    case 1:
        registers[REG_RIP] = 0xffffffff80000000UL;
        break;
    case 2:
        registers[REG_RIP] = 0x7ffffffff000;
        break;
    case 3:
        registers[REG_EFL] = FLAG_IOPL | 0x46;
        break;
    case 4:
        registers[REG_CSGSFS] = 0;
        break;
    case 5:
        registers[REG_EFL] |= 0x100;
        break;
    case 6:
        frame->uc_mcontext.fpregs->mxcsr = 0xffffffff;
        break;
    case 7:
        frame->uc_mcontext.fpregs = (void *)0x10;
        break;
    case 8:
        frame->uc_mcontext.fpregs = (void *)0xffff800000000000UL;
        break;
    case 9:
        memset(vector + 512, 0xff, 64);
        break;
    case 10:
        memset(vector + 512 + 16, 0xff, 48);
        break;
    case 11:
        memset(vector + 464, 0, 48);
        break;
    case 12:
        registers[REG_RSP] = 0x10;
        break;
    default:
        break;
    }
}

/* Only two bits of the flags matter here: nothing of a handler may give I/O or take interrupts. */
static int flags_now(void)
{
    unsigned long flags;

    asm volatile("pushfq\n\tpopq %0" : "=r"(flags));
    return !!(flags & FLAG_IOPL) | !!(flags & FLAG_IF) << 1;
}

static void child(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    _exit(40 + flags_now());
}

static void bad_handler(void)
{
    struct sigaction action = {.sa_handler = (void (*)(int))0x8000000000000000UL,
                               .sa_flags = SA_NODEFER};

    sigaction(SIGSEGV, &action, NULL);
    *(volatile int *)8 = 1;
    _exit(1);
}

static int overflow(int depth)
{
    volatile char room[65536];

    room[0] = 1;
    return overflow(depth + 1) + room[0];
}

static void run(const char *name, void (*body)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        body();
        _exit(99);
    }
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        printf("%s: signal %d\n", name, WTERMSIG(status));
    else
        printf("%s: status %d\n", name, WEXITSTATUS(status));
}

static void stack_overflow(void)
{
    _exit(overflow(0));
}

int main(void)
{
    alarm(20);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (which = 0; which <= 13; which++) {
        char name[32];

        snprintf(name, sizeof(name), "frame %d", which);
        run(name, child);
    }
    run("handler nowhere", bad_handler);
    run("stack overflow", stack_overflow);
    return 0;
}
