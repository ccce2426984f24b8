/* SPDX-License-Identifier: Apache-2.0 */
/* Nested epolls: readiness passes up, loops and deep chains are refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "show.h"

static long add(int epoll, int fd, unsigned events)
{
    struct epoll_event event = {.events = events, .data.fd = 1};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int ready(int epoll)
{
    struct epoll_event event;
    return epoll_wait(epoll, &event, 1, 0);
}

int main(void)
{
    unsigned long value = 1;
    alarm(20);
    int inner = epoll_create1(0), outer = epoll_create1(0), event = eventfd(0, EFD_NONBLOCK);
    show("inner", add(inner, event, EPOLLIN));
    show("outer", add(outer, inner, EPOLLIN));
    show("loop", add(inner, outer, EPOLLIN));
    printf("empty: %d %d\n", ready(inner), ready(outer));
    if (write(event, &value, 8) != 8)
        return 1;
    printf("ready: %d %d\n", ready(inner), ready(outer));
    struct pollfd fd = {outer, POLLIN, 0};
    show("poll of the outer", poll(&fd, 1, 0));
    if (read(event, &value, 8) != 8)
        return 1;
    printf("taken: %d %d\n", ready(outer), ready(inner));
    show("poll of the outer", poll(&fd, 1, 0));
    int outer_edge = epoll_create1(0);
    show("edge", add(outer_edge, inner, EPOLLIN | EPOLLET));
    if (write(event, &value, 8) != 8)
        return 1;
    printf("edge: %d %d\n", ready(outer_edge), ready(outer_edge));
    if (write(event, &value, 8) != 8)
        return 1;
    printf("edge: %d %d\n", ready(outer_edge), ready(outer_edge));
    close(inner);
    printf("inner closed: %d %d\n", ready(outer), ready(outer_edge));

    int chain[8];
    for (int i = 0; i < 8; i++)
        chain[i] = epoll_create1(0);
    long longest = 0;
    for (int i = 1; i < 8; i++) {
        if (add(chain[i], chain[i - 1], EPOLLIN) == 0)
            longest = i;
        else
            break;
    }
    show("too deep", longest < 7 ? -1 : 0);
    return 0;
}
