/* SPDX-License-Identifier: Apache-2.0 */
/* FLAVOURS: dynamic static */
/* futex: every operation, private and shared words, timeouts, robust lists, and locks built on
 * them. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long futex(void *word, int operation, uint32_t value, void *timeout, void *word2,
                  uint32_t value3)
{
    return syscall(SYS_futex, word, operation, value, timeout, word2, value3);
}

#define TELL(call)                                                                                 \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long result_ = (long)(call);                                                               \
        printf("%s = %ld %s\n", #call, result_, result_ < 0 ? strerror(errno) : "");               \
    } while (0)

static uint32_t word, other;
static volatile int asleep, woken;

static void *sleeper(void *bits)
{
    __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    long result = bits
                      ? futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, (uint32_t)(long)bits)
                      : futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    if (result == 0)
        __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void settle(void)
{
    usleep(100000);
}

static void start(pthread_t *threads, int count, long bits)
{
    asleep = woken = 0;
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, sleeper, (void *)bits);
    settle();
}

static void operations(void)
{
    pthread_t threads[5];
    struct timespec short_time = {0, 20000000}, bad_time = {0, 1000000000}, past = {1, 0};
    TELL(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
    TELL(futex(&word, FUTEX_WAIT, 0, &short_time, NULL, 0));
    TELL(futex(&word, FUTEX_WAIT, 0, &bad_time, NULL, 0));
    TELL(futex(&word, FUTEX_WAIT_BITSET, 0, &past, NULL, FUTEX_BITSET_MATCH_ANY));
    TELL(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL,
               FUTEX_BITSET_MATCH_ANY));
    TELL(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
    TELL(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
    TELL(futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0));
    TELL(futex((void *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
    TELL(futex(&word, FUTEX_WAKE, 10, NULL, NULL, 0));
    TELL(futex(&word, 99, 10, NULL, NULL, 0));
    start(threads, 5, 0);
    TELL(futex(&word, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0));
    settle();
    printf("woken %d\n", woken);
    TELL(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, &other, 5));
    TELL(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1, &other, 0));
    settle();
    printf("woken %d\n", woken);
    TELL(futex(&other, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
    TELL(futex(&word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0));
    settle();
    printf("woken %d\n", woken);
    for (int i = 0; i < 5; i++)
        pthread_join(threads[i], NULL);
    start(threads, 2, 6);
    TELL(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 1));
    TELL(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, 2));
    other = 5;
    TELL(futex(&other, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &word,
               FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)));
    printf("word %u\n", word);
    TELL(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &other,
               FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 4, FUTEX_OP_CMP_GT, 100)));
    printf("other %u\n", other);
    word = 0;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("woken %d\n", woken);
}

/* Whoever is on the way to sleep there is awaited. */
static long wake_one(uint32_t *shared_word)
{
    long count;
    while ((count = futex(shared_word, FUTEX_WAKE, 1, NULL, NULL, 0)) == 0)
        usleep(1000);
    return count;
}

static void shared(void)
{
    uint32_t *words = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        while (__atomic_load_n(words + 1024, __ATOMIC_SEQ_CST) == 0)
            futex(words + 1024, FUTEX_WAIT, 0, NULL, NULL, 0);
        _exit(21);
    }
    printf("woken %ld\n", wake_one(words + 1024));
    words[1024] = 1;
    futex(words + 1024, FUTEX_WAKE, 1, NULL, NULL, 0);
    waitpid(child, &status, 0);
    printf("child %d\n", WEXITSTATUS(status));
    /* The same page at two addresses is the same word. */
    int fd = memfd_create("words", 0);
    if (ftruncate(fd, 4096) < 0)
        return;
    uint32_t *a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    uint32_t *b = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        while (__atomic_load_n(&a[8], __ATOMIC_SEQ_CST) == 0)
            futex(&a[8], FUTEX_WAIT, 0, NULL, NULL, 0);
        _exit(22);
    }
    printf("woken %ld\n", wake_one(&b[8]));
    b[8] = 1;
    futex(&b[8], FUTEX_WAKE, 1, NULL, NULL, 0);
    waitpid(child, &status, 0);
    printf("child %d\n", WEXITSTATUS(status));
}

static pthread_mutex_t *robust;
static void *dies_with_lock(void *argument)
{
    pthread_mutex_lock(robust);
    return NULL;
}

static void robust_locks(void)
{
    pthread_mutexattr_t attributes;
    pthread_t thread;
    volatile int *locked;
    robust = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    locked = (volatile int *)(robust + 1);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(robust, &attributes);
    pthread_create(&thread, NULL, dies_with_lock, NULL);
    pthread_join(thread, NULL);
    printf("after the thread: %s\n", strerror(pthread_mutex_lock(robust)));
    pthread_mutex_consistent(robust);
    pthread_mutex_unlock(robust);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(robust);
        *locked = 1;
        usleep(30000);
        kill(getpid(), SIGKILL);
    }
    while (!*locked)
        usleep(1000);
    printf("after the process, while waiting: %s\n", strerror(pthread_mutex_lock(robust)));
    pthread_mutex_consistent(robust);
    pthread_mutex_unlock(robust);
    waitpid(child, NULL, 0);
    printf("again: %s\n", strerror(pthread_mutex_lock(robust)));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int tokens, taken;
static void *taker(void *argument)
{
    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&mutex);
        while (tokens == 0)
            pthread_cond_wait(&condition, &mutex);
        tokens--;
        taken++;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void conditions(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, taker, NULL);
    for (int i = 0; i < 800; i++) {
        pthread_mutex_lock(&mutex);
        tokens++;
        pthread_mutex_unlock(&mutex);
        if (i % 3)
            pthread_cond_signal(&condition);
        else
            pthread_cond_broadcast(&condition);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    printf("taken %d left %d\n", taken, tokens);
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += 20000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    TELL(sem_timedwait(&semaphore, &time));
    pthread_mutex_lock(&mutex);
    printf("timed: %s\n", strerror(pthread_cond_timedwait(&condition, &mutex, &time)));
    pthread_mutex_unlock(&mutex);
}

static void handler(int signal)
{
}

static void interrupted(void)
{
    struct sigaction action = {.sa_handler = handler};
    struct timespec long_time = {5, 0};
    sigaction(SIGALRM, &action, NULL);
    ualarm(20000, 0);
    TELL(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0));
    ualarm(20000, 0);
    TELL(futex(&word, FUTEX_WAIT, 0, &long_time, NULL, 0));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    operations();
    shared();
    robust_locks();
    conditions();
    interrupted();
    return 0;
}
