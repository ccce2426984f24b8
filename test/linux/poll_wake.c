/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeping pollers are woken by another process, by closing, and by signals. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static volatile int told;

static void handler(int signal)
{
    told++;
}

static void later(int fd, const char *text)
{
    if (fork() == 0) {
        usleep(30000);
        if (text && write(fd, text, strlen(text)) < 0)
            _exit(1);
        _exit(0);
    }
}

int main(void)
{
    int ends[2], other[2], status;
    char buffer[10];
    alarm(20);
    if (pipe(ends) != 0 || pipe(other) != 0)
        return 1;
    struct pollfd fds[2] = {{ends[0], POLLIN, 0}, {other[0], POLLIN, 0}};
    later(other[1], "x");
    show("poll", poll(fds, 2, 5000));
    printf("%#x %#x\n", fds[0].revents, fds[1].revents);
    show("read", read(other[0], buffer, 10));
    wait(&status);
    later(ends[1], NULL);
    close(ends[1]);
    show("poll until closed", poll(fds, 2, 5000));
    printf("%#x %#x\n", fds[0].revents, fds[1].revents);
    wait(&status);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {{0, 0}, {0, 30000}};
    setitimer(ITIMER_REAL, &timer, NULL);
    show("poll interrupted", poll(fds + 1, 1, 5000));
    setitimer(ITIMER_REAL, &timer, NULL);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(other[0], &set);
    show("select interrupted", select(other[0] + 1, &set, NULL, NULL, NULL));
    setitimer(ITIMER_REAL, &timer, NULL);
    int epoll = epoll_create1(0);
    struct epoll_event event;
    show("epoll interrupted", epoll_wait(epoll, &event, 1, 5000));
    /* SA_RESTART repeats a read, so it is the child's byte that comes. */
    setitimer(ITIMER_REAL, &timer, NULL);
    if (fork() == 0) {
        usleep(80000);
        _exit(write(other[1], "y", 1) != 1);
    }
    show("read restarted", read(other[0], buffer, 10));
    wait(&status);
    printf("handlers %d\n", told);
    return 0;
}
