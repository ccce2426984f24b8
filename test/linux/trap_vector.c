/* SPDX-License-Identifier: Apache-2.0 */
/* Vector registers belong to their thread: through switches, signal handlers that overwrite them,
 * and calls; and a handler may change what its program goes on with. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int ticks;

static void tick(int number)
{
    ticks++;
    asm volatile("xorps %%xmm9, %%xmm9\n\txorps %%xmm15, %%xmm15\n\tfninit\n\tfldz" ::
                     : "xmm9", "xmm15");
}

static void *keep(void *argument)
{
    uint64_t want[2] = {(uintptr_t)argument, (uintptr_t)argument * 3}, got[2];
    double third = 0;
    long bad = 0;

    for (int i = 0; i < 100; i++) {
        asm volatile("movups %0, %%xmm9\n\tfldpi\n" ::"m"(want) : "xmm9");
        for (volatile int spin = 0; spin < 20000; spin++)
            ;
        asm volatile("movups %%xmm9, %0\n\tfstpl %1" : "=m"(got), "=m"(third));
        bad += memcmp(want, got, sizeof(want)) != 0 || third < 3.14 || third > 3.15;
        if (i % 10 == 0)
            usleep(1);
    }
    return (void *)bad;
}

static void change(int number, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;

    memset(&frame->uc_mcontext.fpregs->_xmm[7], 0x5a, 16);
}

int main(void)
{
    struct itimerval timer = {{0, 2000}, {0, 2000}}, off = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_sigaction = change, .sa_flags = SA_SIGINFO};
    pthread_t threads[4];
    unsigned char got[16];
    long bad = 0;

    alarm(25);
    signal(SIGVTALRM, tick);
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
    for (long i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, keep, (void *)(i * 0x1234567 + 1));
    for (int i = 0; i < 4; i++) {
        void *result;

        pthread_join(threads[i], &result);
        bad += (long)result;
    }
    setitimer(ITIMER_VIRTUAL, &off, NULL);
    printf("changed behind a thread's back: %ld\n", bad);
    sigaction(SIGUSR1, &action, NULL);
    asm volatile("xorps %%xmm7, %%xmm7\n\tmovl %1, %%edi\n\tmovl $10, %%esi\n\tmovl $62, "
                 "%%eax\n\tsyscall\n\t"
                 "movups %%xmm7, %0"
                 : "=m"(got)
                 : "r"(getpid())
                 : "rax", "rcx", "rdx", "rsi", "rdi", "r11", "xmm7", "memory");
    printf("given by the handler: %02x %02x\n", got[0], got[15]);
    return 0;
}
