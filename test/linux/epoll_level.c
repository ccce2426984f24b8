/* SPDX-License-Identifier: Apache-2.0 */
/* epoll: level-triggered, edge-triggered, one-shot, modify, remove, and errors. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "show.h"

static int epoll;

static void wait_show(const char *what)
{
    struct epoll_event events[8];
    int count = epoll_wait(epoll, events, 8, 0);
    printf("%s: %d", what, count);
    for (int i = 0; i < count; i++)
        printf(" [%llu %#x]", (unsigned long long)events[i].data.u64, events[i].events);
    printf("\n");
}

static long control(int operation, int fd, unsigned events, unsigned long data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}

int main(void)
{
    int pair[2], ends[2];
    char buffer[10];
    alarm(20);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pipe(ends) != 0)
        return 1;
    show("add", control(EPOLL_CTL_ADD, pair[0], EPOLLIN, 7));
    show("add again", control(EPOLL_CTL_ADD, pair[0], EPOLLIN, 7));
    wait_show("nothing");
    if (write(pair[1], "abcdef", 6) != 6)
        return 1;
    wait_show("level");
    wait_show("level again");
    show("modify", control(EPOLL_CTL_MOD, pair[0], EPOLLIN | EPOLLOUT | EPOLLET, 8));
    wait_show("edge");
    wait_show("edge again");
    if (write(pair[1], "g", 1) != 1)
        return 1;
    wait_show("edge new data");
    wait_show("edge again");
    show("one-shot", control(EPOLL_CTL_MOD, pair[0], EPOLLIN | EPOLLONESHOT, 9));
    wait_show("one-shot");
    wait_show("one-shot again");
    if (write(pair[1], "h", 1) != 1)
        return 1;
    wait_show("one-shot still");
    show("armed again", control(EPOLL_CTL_MOD, pair[0], EPOLLIN | EPOLLONESHOT, 10));
    wait_show("one-shot");
    show("delete", epoll_ctl(epoll, EPOLL_CTL_DEL, pair[0], NULL));
    show("delete again", epoll_ctl(epoll, EPOLL_CTL_DEL, pair[0], NULL));
    show("modify absent", control(EPOLL_CTL_MOD, pair[0], EPOLLIN, 1));
    wait_show("nothing");
    show("read", read(pair[0], buffer, 10));
    show("add", control(EPOLL_CTL_ADD, pair[0], EPOLLIN | EPOLLRDHUP, 11));
    shutdown(pair[1], SHUT_WR);
    wait_show("half closed");
    close(pair[1]);
    wait_show("closed");
    show("no events wanted", control(EPOLL_CTL_MOD, pair[0], 0, 12));
    wait_show("hang-up all the same");
    show("pipe", control(EPOLL_CTL_ADD, ends[1], EPOLLOUT, 13));
    close(pair[0]);
    wait_show("writable");
    close(ends[0]);
    wait_show("reader gone");
    int file = open("/etc/passwd", O_RDONLY);
    show("regular file", control(EPOLL_CTL_ADD, file, EPOLLIN, 1));
    show("itself", control(EPOLL_CTL_ADD, epoll, EPOLLIN, 1));
    show("bad descriptor", control(EPOLL_CTL_ADD, 99, EPOLLIN, 1));
    show("bad operation", control(17, ends[1], EPOLLIN, 1));
    show("no event", epoll_ctl(epoll, EPOLL_CTL_MOD, ends[1], NULL));
    struct epoll_event event;
    show("wait for none", epoll_wait(epoll, &event, 0, 0));
    show("wait on a pipe", epoll_wait(ends[1], &event, 1, 0));
    show("bad size", epoll_create(0));
    show("bad flags", epoll_create1(1));
    show("exclusive", control(EPOLL_CTL_MOD, ends[1], EPOLLIN | EPOLLEXCLUSIVE, 1));
    return 0;
}
