/* SPDX-License-Identifier: Apache-2.0 */
/* The wide vector registers survive handlers and switches between threads, whose contents differ.
 */
#define _GNU_SOURCE
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static volatile int handled;

__attribute__((target("avx"))) static void spoil(void)
{
    __m256i ones = _mm256_set1_epi8(-1);
    __asm__ volatile("vmovdqa %0, %%ymm3; vmovdqa %0, %%ymm12" ::"x"(ones) : "xmm3", "xmm12");
    _mm256_zeroupper();
}

static void handler(int signal)
{
    handled++;
    if (__builtin_cpu_supports("avx"))
        spoil();
}

/* Holds a pattern in two registers while signals and other threads come and go. */
__attribute__((target("avx"))) static int hold(uint64_t pattern)
{
    uint64_t in[4] = {pattern, pattern + 1, pattern + 2, pattern + 3}, out[8];
    int wrong = 0;
    for (int round = 0; round < 50; round++) {
        int before = handled;
        __asm__ volatile(
            "vmovdqu (%[in]), %%ymm3\n vmovdqu (%[in]), %%ymm12\n"
            "movl $0, %%ecx\n"
            "1: movl $24, %%eax\n pushq %%rcx\n syscall\n popq %%rcx\n" /* sched_yield */
            "incl %%ecx\n cmpl $2000, %%ecx\n ja 2f\n"
            "movl (%[handled]), %%eax\n cmpl %[before], %%eax\n je 1b\n"
            "2: vmovdqu %%ymm3, (%[out])\n vmovdqu %%ymm12, 32(%[out])\n vzeroupper"
            :
            : [in] "r"(in), [out] "r"(out), [handled] "r"(&handled), [before] "r"(before)
            : "rax", "rcx", "r11", "xmm3", "xmm12", "memory", "cc");
        wrong += memcmp(out, in, 32) != 0 || memcmp(out + 4, in, 32) != 0;
    }
    return wrong;
}

static void *thread(void *argument)
{
    return (void *)(long)hold((uint64_t)argument * 0x0101010101010101);
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGVTALRM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    struct itimerval often = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
    int wrong = 0;
    if (__builtin_cpu_supports("avx")) {
        pthread_t threads[3];
        void *result;
        setitimer(ITIMER_REAL, &often, NULL);
        for (long i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, thread, (void *)(i + 1));
        for (int i = 0; i < 3; i++) {
            pthread_join(threads[i], &result);
            wrong += (int)(long)result;
        }
        setitimer(ITIMER_REAL, &off, NULL);
    }
    printf("wrong: %d\n", wrong);
    return 0;
}
