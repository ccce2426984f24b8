/* SPDX-License-Identifier: Apache-2.0 */
/* signalfd: reads pending signals with their details; masks can change; poll and epoll see them. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

int main(void)
{
    sigset_t set;
    struct signalfd_siginfo info[4];
    alarm(20);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    show("nothing", read(fd, info, sizeof(info)));
    show("short", read(fd, info, 10));
    struct pollfd poll_fd = {fd, POLLIN, 0};
    show("poll", poll(&poll_fd, 1, 0));
    kill(getpid(), SIGUSR1);
    union sigval value = {.sival_int = 42};
    sigqueue(getpid(), SIGUSR2, value);
    show("poll", poll(&poll_fd, 1, 0));
    long got = read(fd, info, sizeof(info));
    show("two", got);
    for (int i = 0; i < got / (long)sizeof(*info); i++)
        printf("signal %u code %d own pid %d int %d\n", info[i].ssi_signo, info[i].ssi_code,
               info[i].ssi_pid == (unsigned)getpid(), info[i].ssi_int);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    show("epoll", epoll_wait(epoll, &event, 1, 0));
    pid_t child = fork();
    if (child == 0) {
        usleep(20000);
        _exit(7);
    }
    show("epoll", epoll_wait(epoll, &event, 1, 5000));
    show("child", read(fd, info, sizeof(*info)));
    printf("signal %u code %d pid %d status %d\n", info->ssi_signo, info->ssi_code,
           info->ssi_pid == (unsigned)child, info->ssi_status);
    waitpid(child, NULL, 0);
    sigdelset(&set, SIGUSR1);
    show("change", signalfd(fd, &set, 0) == fd ? 0 : -1);
    raise(SIGUSR1);
    show("not wanted", read(fd, info, sizeof(info)));
    int blocking = signalfd(-1, &set, 0);
    child = fork();
    if (child == 0) {
        usleep(20000);
        kill(getppid(), SIGUSR2);
        usleep(100000);
        _exit(0);
    }
    show("wait", read(blocking, info, sizeof(info)));
    printf("signal %u from the child %d\n", info->ssi_signo, info->ssi_pid == (unsigned)child);
    waitpid(child, NULL, 0);
    show("bad flags", signalfd(-1, &set, 5));
    show("not one", signalfd(epoll, &set, 0));
    return 0;
}
