/* SPDX-License-Identifier: Apache-2.0 */
/* epoll's edges on a connection, marks (SO_RCVLOWAT, full buffers), what is queued. */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "remote.h"
#include "show.h"

static char buffer[1000];
static int epoll;

/* The events of the one that is watched, waited for at most so long; 0: none. */
static unsigned edge(int wait_ms)
{
    struct epoll_event event = {0};
    return epoll_wait(epoll, &event, 1, wait_ms) == 1 ? event.events : 0;
}

/* Until these have come, together or one after the other; what else came. */
static void edges(const char *what, unsigned wanted)
{
    unsigned all = 0, one = 1;
    while ((all & wanted) != wanted && one)
        all |= one = edge(9000);
    printf("%s: %#x\n", what, all);
}

static void quiet(const char *what, int wait_ms)
{
    printf("%s: %#x\n", what, edge(wait_ms));
}

static int watched(int fd, unsigned events, int operation)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    return epoll_ctl(epoll, operation, fd, &event);
}

static int number(int fd, unsigned long request)
{
    int value = -1;
    ioctl(fd, request, &value);
    return value;
}

static void reading(void)
{
    int fd = remote_open("g w10 g w5 g w1 f R");
    printf("-- reading\n");
    watched(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, EPOLL_CTL_ADD);
    edges("connected", EPOLLOUT);
    quiet("nothing new", 0);
    send(fd, "g", 1, 0);
    edges("ten came", EPOLLIN);
    printf("queued %d\n", number(fd, FIONREAD));
    show("read four", recv(fd, buffer, 4, 0));
    quiet("the rest is not new", 50);
    send(fd, "g", 1, 0);
    edges("five more", EPOLLIN);
    while (number(fd, FIONREAD) < 11) /* in pieces, perhaps */
        edge(1000);
    show("read all", recv(fd, buffer, 100, 0));
    show("and no more", recv(fd, buffer, 100, MSG_DONTWAIT));
    quiet("nothing", 50);
    send(fd, "g", 1, 0);
    edges("the last and the end", EPOLLIN | EPOLLRDHUP);
    show("recv", recv(fd, buffer, 100, MSG_WAITALL));
    quiet("nothing", 50);
    show("change", watched(fd, EPOLLIN | EPOLLRDHUP | EPOLLET, EPOLL_CTL_MOD));
    edges("told again", EPOLLRDHUP);
    shutdown(fd, SHUT_WR);
    edges("both ends", EPOLLHUP);
    close(fd);
    quiet("closed", 0);
}

static void writing(void)
{
    char answer[21] = "";
    int fd = remote_open("p1500 R n");
    printf("-- writing\n");
    watched(fd, EPOLLOUT | EPOLLET, EPOLL_CTL_ADD);
    edges("connected", EPOLLOUT);
    long sent = remote_fill(fd);
    printf("more than 100000: %d, queued: %d\n", sent > 100000, number(fd, TIOCOUTQ) > 0);
    while (edge(0))
        continue;
    quiet("none", 100);
    edges("room again", EPOLLOUT);
    show("more", send(fd, buffer, 100, MSG_DONTWAIT));
    shutdown(fd, SHUT_WR);
    recv(fd, answer, 20, MSG_WAITALL);
    printf("all %d, queued %d\n", atol(answer) == sent + 100, number(fd, TIOCOUTQ));
    close(fd);
}

static void ends(void)
{
    printf("-- ends\n");
    int fd = remote_open("g z");
    watched(fd, EPOLLIN | EPOLLET, EPOLL_CTL_ADD);
    quiet("nothing", 0);
    send(fd, "g", 1, 0);
    edges("reset", EPOLLERR | EPOLLHUP);
    quiet("once", 0);
    show("recv", recv(fd, buffer, 1, 0));
    close(fd);
    fd = remote_open("g w3 g w3 R");
    watched(fd, EPOLLIN | EPOLLONESHOT, EPOLL_CTL_ADD);
    send(fd, "g", 1, 0);
    edges("one shot", EPOLLIN);
    quiet("off", 0);
    send(fd, "g", 1, 0);
    quiet("still off", 50);
    watched(fd, EPOLLIN | EPOLLONESHOT, EPOLL_CTL_MOD);
    edges("on", EPOLLIN);
    close(fd);
    struct sockaddr_in closed = remote_name;
    closed.sin_port = htons(1);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    watched(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, EPOLL_CTL_ADD);
    printf("fresh: %#x\n", edge(0));
    show("connect", connect(fd, (void *)&closed, sizeof(closed)));
    edges("refused", EPOLLERR | EPOLLHUP);
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    show("connect", connect(fd, (void *)&remote_name, sizeof(remote_name)));
    watched(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, EPOLL_CTL_ADD);
    edges("connected", EPOLLOUT);
    close(fd);
}

/* Level: as long as it is so. */
static void levels(void)
{
    printf("-- levels\n");
    int fd = remote_open("g w4 g w4 R");
    watched(fd, EPOLLIN, EPOLL_CTL_ADD);
    send(fd, "g", 1, 0);
    edges("four", EPOLLIN);
    edges("still", EPOLLIN);
    recv(fd, buffer, 2, 0);
    edges("two left", EPOLLIN);
    recv(fd, buffer, 2, 0);
    quiet("none", 0);
    int low = 4;
    show("low mark", setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low)));
    send(fd, "g", 1, 0);
    edges("four", EPOLLIN);
    recv(fd, buffer, 1, 0);
    quiet("three are below the mark", 0);
    show("they can be read", recv(fd, buffer, 100, MSG_DONTWAIT));
    close(fd);
    /* All at once: a reader who took less than the mark is not woken on Linux by less than that. */
    fd = remote_open("w8 R");
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &(int){6}, sizeof(int));
    show("six at least", recv(fd, buffer, 100, 0));
    struct timeval patience = {0, 100000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    show("patience ends", recv(fd, buffer, 100, 0));
    close(fd);
}

int main(int argc, char **argv)
{
    remote_start(argc, argv);
    alarm(28);
    signal(SIGPIPE, SIG_IGN);
    epoll = epoll_create1(0);
    reading();
    writing();
    ends();
    levels();
    return 0;
}
