/* SPDX-License-Identifier: Apache-2.0 */
/* SCM_RIGHTS: descriptors travel with bytes, over fork, close-on-exec, too small buffers, in flight
 * while closed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static long send_fds(int socket, const char *text, const int *fds, int count)
{
    char control[CMSG_SPACE(sizeof(int) * 260)] = {0};
    struct iovec piece = {(void *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)count);
    return sendmsg(socket, &message, 0);
}

/* Prints the result; gives back how many descriptors came. */
static int receive_fds(int socket, size_t size, size_t control_size, int flags, int *fds)
{
    char buffer[100] = "", control[CMSG_SPACE(sizeof(int) * 260)];
    struct iovec piece = {buffer, size};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = control_size};
    show("recvmsg", recvmsg(socket, &message, flags));
    int count = 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS) {
        count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds, CMSG_DATA(header), sizeof(int) * (size_t)count);
    }
    printf("text '%s', descriptors %d, control %zu, cut %d\n", buffer, count,
           (size_t)message.msg_controllen, (message.msg_flags & MSG_CTRUNC) != 0);
    return count;
}

static int pair[2], ends[2], fds[260];
static char buffer[20];

static void start(int type)
{
    if (socketpair(AF_UNIX, type, 0, pair) != 0 || pipe(ends) != 0)
        exit(1);
}

static void one_and_two(void)
{
    show("send", send_fds(pair[0], "one", ends, 1));
    close(ends[0]);
    show("write while in flight", write(ends[1], "data", 4));
    int count = receive_fds(pair[1], 100, CMSG_SPACE(sizeof(int) * 4), MSG_CMSG_CLOEXEC, fds);
    printf("close on exec %d\n", count == 1 ? fcntl(fds[0], F_GETFD) : -1);
    show("read through it", read(fds[0], buffer, 10));
    close(fds[0]);

    int two[2] = {ends[1], pair[0]};
    show("before", write(pair[0], "before ", 7));
    show("two", send_fds(pair[0], "with", two, 2));
    show("after", write(pair[0], " after", 6));
    receive_fds(pair[1], 100, CMSG_SPACE(sizeof(int) * 4), 0, fds);
    printf("not close on exec %d\n", fcntl(fds[0], F_GETFD));
    close(fds[0]);
    close(fds[1]);
    receive_fds(pair[1], 100, CMSG_SPACE(sizeof(int) * 4), 0, fds);
}

static void cut(void)
{
    int two[2] = {ends[1], pair[0]};
    show("split", send_fds(pair[0], "abcdef", ends + 1, 1));
    receive_fds(pair[1], 2, CMSG_SPACE(sizeof(int)), MSG_PEEK, fds);
    close(fds[0]);
    receive_fds(pair[1], 2, CMSG_SPACE(sizeof(int)), 0, fds);
    close(fds[0]);
    receive_fds(pair[1], 100, CMSG_SPACE(sizeof(int)), 0, fds);
    show("no room", send_fds(pair[0], "cut", two, 2));
    receive_fds(pair[1], 100, CMSG_SPACE(sizeof(int)) - 4, 0, fds);
    close(fds[0]);
    show("no control", send_fds(pair[0], "none", two, 2));
    receive_fds(pair[1], 100, 0, 0, fds);
    show("dropped by read", send_fds(pair[0], "read", two, 2));
    show("read", read(pair[1], buffer, sizeof(buffer)));
}

static void refused(void)
{
    int bad[2] = {ends[1], 999};
    show("bad descriptor", send_fds(pair[0], "bad", bad, 2));
    for (int i = 0; i < 260; i++)
        fds[i] = ends[1];
    show("too many", send_fds(pair[0], "many", fds, 254));
    show("most", send_fds(pair[0], "many", fds, 253));
    int count = receive_fds(pair[1], 100, CMSG_SPACE(sizeof(int) * 253), 0, fds);
    for (int i = 0; i < count; i++)
        close(fds[i]);
}

/* The last writer closes only when the message with its copy is thrown away. */
static void in_flight(void)
{
    if (pipe(ends) != 0)
        exit(1);
    show("in flight", send_fds(pair[0], "x", ends + 1, 1));
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    show("still a writer", read(ends[0], buffer, 1));
    close(pair[0]);
    close(pair[1]);
    show("no writer", read(ends[0], buffer, 1));
}

/* As erl_child_setup does. */
static void to_a_child(void)
{
    int status;
    start(SOCK_STREAM);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        close(ends[1]);
        close(pair[0]);
        receive_fds(pair[1], 100, CMSG_SPACE(sizeof(int)), 0, fds);
        fflush(stdout);
        _exit(write(fds[0], "child", 5) != 5);
    }
    long sent = send_fds(pair[0], "go", ends + 1, 1);
    waitpid(child, &status, 0); /* it prints first */
    show("to the child", sent);
    fcntl(ends[0], F_SETFL, 0);
    show("from the child", read(ends[0], buffer, 10));
    printf("status %d\n", status);
}

static void datagrams(void)
{
    start(SOCK_DGRAM);
    show("datagram", send_fds(pair[0], "dgram", ends, 2));
    printf("got %d\n", receive_fds(pair[1], 3, CMSG_SPACE(sizeof(int) * 2), 0, fds));
}

int main(void)
{
    alarm(20);
    start(SOCK_STREAM);
    one_and_two();
    cut();
    refused();
    in_flight();
    to_a_child();
    datagrams();
    /* A socket sent into itself is not lost to the system for ever, at least while this program
     * lives. */
    for (int i = 0; i < 20; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 ||
            send_fds(pair[0], "self", pair, 2) != 4)
            return 1;
        close(pair[0]);
        close(pair[1]);
    }
    return 0;
}
