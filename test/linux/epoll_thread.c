/* SPDX-License-Identifier: Apache-2.0 */
/* Threads wait on one epoll; each event wakes someone; a wait ends after its time. */
/* FLAVOURS: dynamic static */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

static int epoll, taken;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *argument)
{
    struct epoll_event event;
    unsigned long value;
    for (;;) {
        int count = epoll_wait(epoll, &event, 1, 5000);
        if (count != 1)
            return (void *)1;
        if (event.data.u64 == 2)
            return NULL;
        if (read((int)event.data.u64 - 100, &value, 8) != 8)
            continue;
        pthread_mutex_lock(&lock);
        taken += (int)value;
        pthread_mutex_unlock(&lock);
    }
}

int main(void)
{
    pthread_t threads[4];
    unsigned long one = 1;
    long failed = 0;
    void *result;
    alarm(20);
    epoll = epoll_create1(0);
    int work = eventfd(0, EFD_NONBLOCK), stop = eventfd(0, 0);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (unsigned long)work + 100};
    epoll_ctl(epoll, EPOLL_CTL_ADD, work, &event);
    event.data.u64 = 2;
    epoll_ctl(epoll, EPOLL_CTL_ADD, stop, &event);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, worker, NULL);
    for (int i = 0; i < 100; i++) {
        if (write(work, &one, 8) != 8)
            return 1;
        if (i % 10 == 0)
            usleep(1000);
    }
    while (__atomic_load_n(&taken, __ATOMIC_RELAXED) < 100)
        usleep(1000);
    if (write(stop, &one, 8) != 8)
        return 1;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        failed += result != NULL;
    }
    printf("taken %d, failed %ld\n", taken, failed);
    struct timespec from, to;
    int empty = epoll_create1(0);
    clock_gettime(CLOCK_MONOTONIC, &from);
    show("timeout", epoll_wait(empty, &event, 1, 25));
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("waited %d\n",
           (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 >= 24);
    struct timespec time = {0, 5000000};
    show("pwait2", epoll_pwait2(empty, &event, 1, &time, NULL));
    return 0;
}
