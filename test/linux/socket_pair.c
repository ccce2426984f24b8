/* SPDX-License-Identifier: Apache-2.0 */
/* socketpair: stream, datagram and sequenced packets; half-close and the end; poll. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "show.h"

static int events(int fd)
{
    struct pollfd poll_fd = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    poll(&poll_fd, 1, 0);
    return poll_fd.revents;
}

static void stream(void)
{
    int pair[2], bytes = 0;
    char buffer[100];
    struct stat stat;
    show("stream", socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
    fstat(pair[0], &stat);
    printf("socket %d, close on exec %d\n", S_ISSOCK(stat.st_mode), fcntl(pair[0], F_GETFD));
    printf("events %#x\n", events(pair[0]));
    show("empty", read(pair[0], buffer, 10));
    show("write", write(pair[0], "hello", 5));
    show("send", send(pair[0], " world", 6, 0));
    ioctl(pair[1], FIONREAD, &bytes);
    printf("waiting %d, events %#x\n", bytes, events(pair[1]));
    show("peek", recv(pair[1], buffer, 3, MSG_PEEK));
    show("read glued", read(pair[1], buffer, 100));
    printf("%.11s\n", buffer);
    show("other way", write(pair[1], "back", 4));
    show("half-close", shutdown(pair[1], SHUT_WR));
    printf("events %#x %#x\n", events(pair[0]), events(pair[1]));
    show("rest", read(pair[0], buffer, 100));
    show("end", read(pair[0], buffer, 100));
    show("still open", write(pair[0], "x", 1));
    show("closed", write(pair[1], "x", 1));
    show("seek", lseek(pair[0], 0, SEEK_SET));
    close(pair[0]);
    printf("events %#x\n", events(pair[1]));
    show("last byte", read(pair[1], buffer, 100));
    show("end", read(pair[1], buffer, 100));
    close(pair[1]);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || write(pair[0], "unread", 6) != 6)
        return;
    close(pair[1]);
    printf("closed with unread data: events %#x\n", events(pair[0]));
    show("read", read(pair[0], buffer, 10));
    show("read", read(pair[0], buffer, 10));
    show("write", write(pair[0], "x", 1));
    close(pair[0]);
}

static void packets(int type, const char *name)
{
    int pair[2];
    char buffer[100];
    show(name, socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair));
    show("one", send(pair[0], "first", 5, 0));
    show("two", send(pair[0], "second message", 14, 0));
    show("empty one", send(pair[0], "", 0, 0));
    printf("events %#x\n", events(pair[1]));
    show("read", read(pair[1], buffer, 100));
    show("cut", recv(pair[1], buffer, 6, 0));
    show("empty one", recv(pair[1], buffer, 6, 0));
    show("nothing", recv(pair[1], buffer, 6, 0));
    show("long", send(pair[1], "long message", 12, 0));
    show("real size", recv(pair[0], buffer, 4, MSG_TRUNC | MSG_PEEK));
    struct iovec piece = {buffer, 4};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    show("message", recvmsg(pair[0], &message, 0));
    printf("cut %d\n", (message.msg_flags & MSG_TRUNC) != 0);
    show("last", send(pair[0], "last", 4, 0));
    close(pair[0]);
    printf("events %#x\n", events(pair[1]));
    show("last", recv(pair[1], buffer, 100, 0));
    show("after", recv(pair[1], buffer, 100, 0));
    show("write", send(pair[1], "x", 1, MSG_NOSIGNAL));
    show("write", send(pair[1], "x", 1, MSG_NOSIGNAL));
    close(pair[1]);
}

int main(void)
{
    int pair[2];
    alarm(20);
    signal(SIGPIPE, SIG_IGN);
    stream();
    packets(SOCK_DGRAM, "datagram");
    packets(SOCK_SEQPACKET, "sequenced");
    show("bad type", socketpair(AF_UNIX, 9, 0, pair));
    show("bad family", socketpair(77, SOCK_STREAM, 0, pair));
    show("bad protocol", socketpair(AF_UNIX, SOCK_STREAM, 5, pair));
    show("inet", socketpair(AF_INET, SOCK_STREAM, 0, pair));
    return 0;
}
