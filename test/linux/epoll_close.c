/* SPDX-License-Identifier: Apache-2.0 */
/* epoll items go with the last reference to the file, not with the number; numbers are reused. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
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

static long add(int fd, unsigned long data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(void)
{
    alarm(20);
    epoll = epoll_create1(0);
    int event = eventfd(1, 0);
    show("add", add(event, 1));
    int copy = dup(event);
    close(event);
    wait_show("a copy keeps it");
    show("same number, other file", (event = eventfd(1, 0)) < 0 ? -1 : add(event, 2));
    wait_show("both");
    show("the copy's number is free", add(copy, 3));
    close(copy);
    wait_show("first file gone");
    close(event);
    wait_show("nothing left");
    event = eventfd(1, 0);
    show("add", add(event, 4));
    wait_show("reused number");
    for (int i = 0; i < 200; i++) {
        if (add(eventfd(0, 0), 5) != 0)
            return 1;
    }
    wait_show("many idle ones");
    close(epoll);
    struct epoll_event one;
    show("closed epoll", epoll_wait(epoll, &one, 1, 0));
    return 0;
}
