/* SPDX-License-Identifier: Apache-2.0 */
/* How a connection ends: half-close either way, resets, SO_LINGER; and what names, states and calls
 * say before, while and after. */
#define _GNU_SOURCE
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <time.h>

#include "remote.h"
#include "show.h"

static char buffer[1000];

static int events(int fd)
{
    struct pollfd one = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    poll(&one, 1, 0);
    return one.revents;
}

/* Until there is one of these, 9 s at most. */
static void await(int fd, short wanted)
{
    struct pollfd one = {fd, wanted, 0};
    if (poll(&one, 1, 9000) != 1)
        printf("nothing came\n");
}

static int error_of(int fd)
{
    int value = 0;
    socklen_t size = sizeof(value);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &size);
    return value;
}

static int state_of(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_state;
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void names(const char *what, int fd)
{
    struct sockaddr_in own = {0}, peer = {0};
    socklen_t size = sizeof(own);
    show(what, getsockname(fd, (void *)&own, &size));
    printf("address %d port %d\n", own.sin_addr.s_addr != 0, own.sin_port != 0);
    size = sizeof(peer);
    show("its peer", getpeername(fd, (void *)&peer, &size));
    printf("right %d\n", peer.sin_port == remote_name.sin_port);
}

/* What the other end saw, who had e3 among its words. */
static void seen(const char *what)
{
    char digits[4] = "";
    int fd = remote_open("q3");
    if (recv(fd, digits, 3, MSG_WAITALL) == 3)
        printf("%s: the other end saw %s\n", what, strerror(atoi(digits)));
    close(fd);
}

static void our_half(void)
{
    printf("-- our half first\n");
    int fd = remote_open("R p200 n w5");
    show("send", send(fd, "abc", 3, 0));
    show("shutdown", shutdown(fd, SHUT_WR));
    show("again", shutdown(fd, SHUT_WR));
    show("send", send(fd, "d", 1, MSG_NOSIGNAL));
    show("count", recv(fd, buffer, 20, MSG_WAITALL));
    printf("%.20s\n", buffer);
    show("rest", recv(fd, buffer, 100, MSG_WAITALL));
    show("end", recv(fd, buffer, 100, 0));
    printf("events %#x, error %d\n", events(fd), error_of(fd));
    names("ended", fd);
    show("shutdown of what has ended", shutdown(fd, SHUT_RDWR));
    close(fd);
}

static void their_half(void)
{
    printf("-- their half first\n");
    int fd = remote_open("w4 f R n e3");
    await(fd, POLLRDHUP);
    printf("events %#x, state %d\n", events(fd), state_of(fd));
    show("recv", recv(fd, buffer, 100, 0));
    show("end", recv(fd, buffer, 100, 0));
    show("end again", recv(fd, buffer, 100, 0));
    show("send", send(fd, "still", 5, 0));
    printf("events %#x\n", events(fd));
    names("half", fd);
    show("close the other half", shutdown(fd, SHUT_WR));
    await(fd, POLLHUP);
    printf("events %#x\n", events(fd));
    close(fd);
    seen("after both");
    fd = remote_open("g w3 e3");
    show("no more to read", shutdown(fd, SHUT_RD));
    printf("events %#x\n", events(fd));
    show("end", recv(fd, buffer, 100, 0));
    show("send", send(fd, "g", 1, 0));
    for (int tries = 0, size = 0; tries < 900 && size < 3; tries++, usleep(10000))
        ioctl(fd, FIONREAD, &size);
    show("comes all the same", recv(fd, buffer, 100, 0));
    show("end", recv(fd, buffer, 100, 0));
    close(fd);
    seen("nothing unread");
}

/* The other end resets. */
static void reset(int read_first)
{
    printf("-- reset, %s first\n", read_first ? "read" : "asked");
    int fd = remote_open("z");
    await(fd, POLLHUP);
    printf("events %#x, state %d\n", events(fd), state_of(fd));
    if (read_first)
        show("recv", recv(fd, buffer, 100, 0));
    else
        printf("error %s\n", strerror(error_of(fd)));
    printf("events %#x\n", events(fd));
    show("recv", recv(fd, buffer, 100, 0));
    show("send", send(fd, "x", 1, MSG_NOSIGNAL));
    show("shutdown", shutdown(fd, SHUT_WR));
    names("reset", fd);
    close(fd);
    fd = remote_open("z");
    await(fd, POLLHUP);
    show("send first", send(fd, "x", 1, MSG_NOSIGNAL));
    show("then", send(fd, "x", 1, MSG_NOSIGNAL));
    close(fd);
}

/* The other end has closed; what we send is answered by a reset. */
static void too_late(void)
{
    printf("-- too late\n");
    int fd = remote_open("");
    await(fd, POLLRDHUP);
    show("first write", send(fd, "x", 1, MSG_NOSIGNAL));
    await(fd, POLLHUP);
    printf("events %#x\n", events(fd));
    show("next write", send(fd, "x", 1, MSG_NOSIGNAL));
    show("recv", recv(fd, buffer, 100, 0));
    close(fd);
}

/* The end, then a reset: who reads sees the end, and the error stays for who writes. */
static void reset_after_end(void)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    printf("-- reset after the end\n");
    int fd = remote_open("w4");
    await(fd, POLLRDHUP);
    show("first write", send(fd, "x", 1, MSG_NOSIGNAL));
    await(fd, POLLHUP);
    show("recv", recv(fd, buffer, 100, 0));
    show("end", recv(fd, buffer, 100, 0));
    printf("events %#x\n", events(fd));
    show("next write", send(fd, "x", 1, MSG_NOSIGNAL));
    show("end", recv(fd, buffer, 100, 0));
    printf("events %#x\n", events(fd));
    close(fd);
    fd = remote_open("");
    await(fd, POLLRDHUP);
    show("disconnect after the end", connect(fd, &none, sizeof(none)));
    show("recv", recv(fd, buffer, 100, 0));
    show("recv", recv(fd, buffer, 100, 0));
    close(fd);
}

static void closes(void)
{
    struct linger reset = {1, 0}, patience = {1, 5};
    printf("-- closes\n");
    int fd = remote_open("e3");
    close(fd);
    seen("plain");
    fd = remote_open("w1 e3"); /* a reset takes what it has not read yet with it */
    await(fd, POLLIN);
    recv(fd, buffer, 1, 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    seen("linger of nothing");
    fd = remote_open("w10 e3");
    await(fd, POLLIN);
    close(fd);
    seen("unread");
    fd = remote_open("e3");
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &patience, sizeof(patience));
    show("send", send(fd, "abc", 3, 0));
    show("close", close(fd));
    seen("linger");
    fd = remote_open("e3");
    int copy = dup(fd);
    close(fd);
    show("a copy goes on", send(copy, "x", 1, 0));
    close(copy);
    seen("both closed");
    fd = remote_open("w10 e3");
    await(fd, POLLIN);
    shutdown(fd, SHUT_RDWR);
    show("read after both", recv(fd, buffer, 100, 0));
    show("end", recv(fd, buffer, 100, 0));
    close(fd);
    seen("shut both ways");
}

/* As much as there is room for, then a close that waits. */
static void lingers(const char *words, int seconds, long least_ms, long most_ms)
{
    struct linger linger = {1, seconds};
    int fd = remote_open(words);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    remote_fill(fd);
    long begun = now_ms();
    show("close", close(fd));
    long took = now_ms() - begun;
    if (took >= least_ms && took <= most_ms)
        printf("in time\n");
    else
        printf("after %ld ms\n", took);
    seen(words);
}

/* A process that ends waits for nothing: the other end takes no byte for 9 s. */
static void exits(void)
{
    struct linger linger = {1, 20};
    int pipes[2];
    long begun = 0;
    pipe(pipes);
    pid_t one = fork();
    if (one == 0) {
        int fd = remote_open("p9000 R");
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        remote_fill(fd);
        begun = now_ms();
        write(pipes[1], &begun, sizeof(begun));
        _exit(0);
    }
    read(pipes[0], &begun, sizeof(begun));
    waitpid(one, NULL, 0);
    printf("at once %d\n", now_ms() - begun < 4000);
    close(pipes[0]);
    close(pipes[1]);
}

/* Another process undoes what this one waits for. Which error it gets is each Linux's own. */
static void undone(void)
{
    struct sockaddr nothing = {.sa_family = AF_UNSPEC};
    printf("-- undone\n");
    int fd = remote_open("R");
    pid_t waiter = fork();
    if (waiter == 0) {
        printf("recv failed %d\n", recv(fd, buffer, 1, 0) < 0);
        _exit(0);
    }
    usleep(100000);
    connect(fd, &nothing, sizeof(nothing));
    waitpid(waiter, NULL, 0);
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    listen(fd, 5);
    waiter = fork();
    if (waiter == 0) {
        show("accept", accept(fd, NULL, NULL));
        _exit(0);
    }
    usleep(100000);
    shutdown(fd, SHUT_RD);
    waitpid(waiter, NULL, 0);
    close(fd);
}

static void calls(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    printf("-- calls\n");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    names("fresh", fd);
    show("accept", accept(fd, NULL, NULL));
    show("shutdown", shutdown(fd, SHUT_RDWR));
    show("recv", recv(fd, buffer, 1, 0));
    close(fd);
    fd = remote_open("R");
    names("connected", fd);
    printf("state %d\n", state_of(fd));
    show("bind", bind(fd, (void *)&any, sizeof(any)));
    show("listen", listen(fd, 5));
    show("accept", accept(fd, NULL, NULL));
    show("connect", connect(fd, (void *)&remote_name, sizeof(remote_name)));
    show("bad shutdown", shutdown(fd, 3));
    show("sendto is send", sendto(fd, "x", 1, 0, (void *)&any, sizeof(any)));
    any.sin_family = AF_UNSPEC;
    show("disconnect", connect(fd, (void *)&any, sizeof(any)));
    printf("error %s\n", strerror(error_of(fd)));
    show("no peer", getpeername(fd, (void *)&any, &(socklen_t){sizeof(any)}));
    show("listen", listen(fd, 5));
    names("listening", fd);
    printf("state %d\n", state_of(fd));
    show("connect", connect(fd, (void *)&remote_name, sizeof(remote_name)));
    show("recv", recv(fd, buffer, 1, 0));
    show("send", send(fd, "x", 1, MSG_NOSIGNAL));
    show("not listening", shutdown(fd, SHUT_RD));
    show("accept", accept(fd, NULL, NULL));
    close(fd);
}

static void refused(void)
{
    struct sockaddr_in closed = remote_name;
    closed.sin_port = htons(1);
    printf("-- refused\n");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    for (int i = 0; i < 2; i++) {
        show("connect", connect(fd, (void *)&closed, sizeof(closed)));
        await(fd, POLLOUT);
        printf("events %#x, state %d\n", events(fd), state_of(fd));
        if (i == 0)
            printf("error %s\n", strerror(error_of(fd)));
        show("told by connect", connect(fd, (void *)&closed, sizeof(closed)));
        await(fd, POLLOUT);
        error_of(fd);
        show("recv", recv(fd, buffer, 1, 0));
        show("send", send(fd, "x", 1, MSG_NOSIGNAL));
    }
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    show("blocking", connect(fd, (void *)&closed, sizeof(closed)));
    show("then the right one", connect(fd, (void *)&remote_name, sizeof(remote_name)));
    close(fd);
}

/* The other end takes nothing: TCP_USER_TIMEOUT ends that. Loopback on HydrOS has no clock for it.
 */
static void patience(void)
{
    printf("-- patience\n");
    int fd = remote_open("p7000"), most_ms = 700;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &most_ms, sizeof(most_ms));
    remote_fill(fd);
    await(fd, POLLHUP);
    printf("events %#x, state %d\n", events(fd), state_of(fd));
    show("send", send(fd, "x", 1, MSG_NOSIGNAL));
    show("recv", recv(fd, buffer, 1, 0));
    close(fd);
}

int main(int argc, char **argv)
{
    int is_far = remote_start(argc, argv);
    alarm(28);
    signal(SIGPIPE, SIG_IGN);
    our_half();
    their_half();
    reset(0);
    reset(1);
    too_late();
    reset_after_end();
    closes();
    printf("-- lingers\n");
    lingers("p1500 e3", 9, 200, 8000);
    lingers("p4000 e3", 1, 900, 2500);
    exits();
    calls();
    undone();
    refused();
    if (is_far)
        patience();
    return 0;
}
