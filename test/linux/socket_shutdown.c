/* SPDX-License-Identifier: Apache-2.0 */
/* shutdown in all three ways on AF_UNIX streams, sleeping readers included. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static int events(int fd)
{
    struct pollfd poll_fd = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    poll(&poll_fd, 1, 0);
    return poll_fd.revents;
}

static void how_show(int how, const char *name)
{
    int pair[2];
    char buffer[10];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
        return;
    show("there", write(pair[1], "abc", 3));
    show(name, shutdown(pair[0], how));
    printf("events %#x %#x\n", events(pair[0]), events(pair[1]));
    show("read here", read(pair[0], buffer, 10));
    show("read here", read(pair[0], buffer, 10));
    show("write here", write(pair[0], "x", 1));
    show("read there", read(pair[1], buffer, 10));
    show("write there", write(pair[1], "y", 1));
    show("again", shutdown(pair[0], how));
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    int pair[2], status;
    char buffer[10];
    alarm(20);
    signal(SIGPIPE, SIG_IGN);
    how_show(SHUT_RD, "shut reading");
    how_show(SHUT_WR, "shut writing");
    how_show(SHUT_RDWR, "shut both");
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    show("bad", shutdown(pair[0], 3));
    pid_t child = fork();
    if (child == 0) {
        usleep(30000);
        _exit(shutdown(pair[1], SHUT_RDWR) != 0);
    }
    show("sleeping reader", read(pair[0], buffer, 10));
    waitpid(child, &status, 0);
    printf("status %d\n", status);
    show("not a socket", shutdown(0, SHUT_RD));
    int ends[2];
    if (pipe(ends) != 0)
        return 1;
    show("a pipe", shutdown(ends[0], SHUT_RD));
    show("closed", shutdown(99, SHUT_RD));
    return 0;
}
