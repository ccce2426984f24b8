/* SPDX-License-Identifier: Apache-2.0 */
/* eventfd: sums, semaphores, limits, poll. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static int events(int fd)
{
    struct pollfd poll_fd = {fd, POLLIN | POLLOUT, 0};
    poll(&poll_fd, 1, 0);
    return poll_fd.revents;
}

static void put(int fd, uint64_t value)
{
    show("write", write(fd, &value, 8));
}

static void take(int fd)
{
    uint64_t value = 0;
    long result = read(fd, &value, 8);
    show("read", result);
    printf("value %llu\n", (unsigned long long)value);
}

int main(void)
{
    char small[4];
    alarm(20);
    int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
    printf("events %#x\n", events(fd));
    put(fd, 4);
    take(fd);
    printf("events %#x\n", events(fd));
    take(fd);
    show("short read", read(fd, small, 4));
    show("short write", write(fd, small, 4));
    put(fd, UINT64_MAX);
    put(fd, UINT64_MAX - 1);
    printf("events %#x\n", events(fd));
    put(fd, 1);
    take(fd);
    put(fd, 0);
    take(fd);
    close(fd);
    fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    take(fd);
    take(fd);
    take(fd);
    close(fd);
    fd = eventfd(0, 0);
    pid_t child = fork();
    if (child == 0) {
        uint64_t value = 5;
        usleep(20000);
        _exit(write(fd, &value, 8) != 8);
    }
    take(fd);
    waitpid(child, NULL, 0);
    show("seek", lseek(fd, 0, SEEK_SET));
    show("bad flags", eventfd(0, 7777777));
    show("access mode", fcntl(fd, F_GETFL));
    return 0;
}
