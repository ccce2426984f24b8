/* SPDX-License-Identifier: Apache-2.0 */
/* SO_PEERCRED, SO_PASSCRED and SCM_CREDENTIALS. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static void receive(int socket, pid_t parent, pid_t child)
{
    char buffer[100], control[200];
    struct iovec piece = {buffer, sizeof(buffer)};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    show("recvmsg", recvmsg(socket, &message, MSG_DONTWAIT));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header) {
        printf("nothing beside\n");
        return;
    }
    struct ucred who;
    memcpy(&who, CMSG_DATA(header), sizeof(who));
    printf("type %d who %s uid %d gid %d\n", header->cmsg_type == SCM_CREDENTIALS,
           who.pid == parent  ? "parent"
           : who.pid == child ? "child"
           : who.pid == 0     ? "nobody"
                              : "other",
           (int)who.uid, (int)who.gid);
}

int main(void)
{
    int pair[2], on = 1, got = 0;
    struct ucred who;
    socklen_t size = sizeof(who);
    alarm(20);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    show("peer", getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &who, &size));
    printf("me %d uid %d size %u\n", who.pid == getpid(), (int)who.uid, size);
    show("early", write(pair[1], "a", 1));
    show("on", setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
    size = sizeof(got);
    getsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &got, &size);
    printf("on %d\n", got);
    receive(pair[0], getpid(), -2);
    show("write", write(pair[1], "b", 1));
    pid_t child = fork();
    if (child == 0)
        _exit(write(pair[1], "c", 1) != 1);
    waitpid(child, NULL, 0);
    receive(pair[0], getpid(), child);
    receive(pair[0], getpid(), child);
    /* Given by hand: one's own are always allowed. */
    char control[CMSG_SPACE(sizeof(who))] = {0};
    struct iovec piece = {"d", 1};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof(who));
    who = (struct ucred){getpid(), getuid(), getgid()};
    memcpy(CMSG_DATA(header), &who, sizeof(who));
    show("by hand", sendmsg(pair[1], &message, 0));
    receive(pair[0], getpid(), child);
    header->cmsg_len = CMSG_LEN(4);
    show("bad size", sendmsg(pair[1], &message, 0));
    header->cmsg_type = 77;
    show("bad type", sendmsg(pair[1], &message, 0));
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    bind(server, (void *)&name, sizeof(sa_family_t));
    size = sizeof(name);
    getsockname(server, (void *)&name, &size);
    listen(server, 1);
    child = fork();
    if (child == 0) {
        if (connect(client, (void *)&name, size) != 0)
            _exit(1);
        char byte;
        _exit(read(client, &byte, 1) != 0);
    }
    int accepted = accept(server, NULL, NULL);
    size = sizeof(who);
    getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &who, &size);
    printf("connected by the child %d\n", who.pid == child);
    close(accepted);
    int status;
    waitpid(child, &status, 0);
    printf("status %d\n", status);
    return 0;
}
