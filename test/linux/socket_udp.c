/* SPDX-License-Identifier: Apache-2.0 */
/* UDP over loopback: sendto, connect, refusal, truncation, MSG_PEEK, sendmmsg and recvmmsg. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "show.h"

static int events(int fd)
{
    struct pollfd poll_fd = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    poll(&poll_fd, 1, 0);
    return poll_fd.revents;
}

static int server, client;
static struct sockaddr_in name = {.sin_family = AF_INET}, own; /* the server's, and any other */
static char buffer[100];

static void single(void)
{
    struct sockaddr_in from;
    server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    printf("fresh %#x\n", events(server));
    show("bind", bind(server, (void *)&name, sizeof(name)));
    socklen_t size = sizeof(name);
    getsockname(server, (void *)&name, &size);
    show("no destination", send(client, "x", 1, 0));
    show("nothing", recv(server, buffer, 10, 0));
    show("sendto", sendto(client, "hello", 5, 0, (void *)&name, sizeof(name)));
    printf("events %#x\n", events(server));
    size = sizeof(from);
    show("peek", recvfrom(server, buffer, 2, MSG_PEEK, (void *)&from, &size));
    show("recvfrom", recvfrom(server, buffer, 100, 0, (void *)&from, &size));
    size = sizeof(own);
    getsockname(client, (void *)&own, &size);
    printf("from the client %d, %s, bound to %s\n", from.sin_port == own.sin_port,
           inet_ntoa(from.sin_addr), own.sin_addr.s_addr == 0 ? "any" : "one");
    show("answer", sendto(server, "answer", 6, 0, (void *)&from, sizeof(from)));
    show("cut", recv(client, buffer, 3, MSG_TRUNC));
    show("empty datagram", sendto(client, "", 0, 0, (void *)&name, sizeof(name)));
    show("empty datagram", recv(server, buffer, 10, 0));
    show("connect", connect(client, (void *)&name, sizeof(name)));
    show("send", send(client, "connected", 9, 0));
    show("recv", recv(server, buffer, 100, 0));
    size = sizeof(own);
    show("peer", getpeername(client, (void *)&own, &size));
    printf("peer is the server %d\n", own.sin_port == name.sin_port);
}

static void several(void)
{
    struct iovec pieces[3] = {{"one", 3}, {"two!", 4}, {"three", 5}};
    struct mmsghdr messages[3];
    memset(messages, 0, sizeof(messages));
    for (int i = 0; i < 3; i++)
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    show("sendmmsg", sendmmsg(client, messages, 3, 0));
    printf("sizes %u %u %u\n", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len);
    char in[4][10];
    struct iovec into[4];
    struct mmsghdr received[4];
    memset(received, 0, sizeof(received));
    for (int i = 0; i < 4; i++) {
        into[i] = (struct iovec){in[i], sizeof(in[i])};
        received[i].msg_hdr = (struct msghdr){.msg_iov = &into[i], .msg_iovlen = 1};
    }
    show("recvmmsg", recvmmsg(server, received, 4, 0, NULL));
    printf("sizes %u %u %u\n", received[0].msg_len, received[1].msg_len, received[2].msg_len);
    printf("%.3s %.4s %.5s\n", in[0], in[1], in[2]);
    show("recvmmsg nothing", recvmmsg(server, received, 4, 0, NULL));
}

static void refused(void)
{
    socklen_t size = sizeof(own);
    struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
    show("disconnect", connect(client, &unspecified, sizeof(unspecified)));
    show("peer", getpeername(client, (void *)&own, &size));
    close(server);
    show("to nobody", sendto(client, "x", 1, 0, (void *)&name, sizeof(name)));
    show("connect", connect(client, (void *)&name, sizeof(name)));
    show("send to nobody", send(client, "x", 1, 0));
    usleep(10000);
    printf("events %#x\n", events(client));
    show("refused", recv(client, buffer, 10, 0));
    show("told once", recv(client, buffer, 10, 0));
    static char large[70000];
    show("too large", send(client, large, 65508, 0));
    int second = socket(AF_INET, SOCK_DGRAM, 0);
    size = sizeof(own);
    getsockname(client, (void *)&own, &size);
    show("port taken", bind(second, (void *)&own, sizeof(own)));
    show("listen", listen(second, 1));
    show("accept", accept(second, NULL, NULL));
    show("shutdown unconnected", shutdown(second, SHUT_WR));
    show("it counts all the same", sendto(second, "x", 1, MSG_NOSIGNAL, (void *)&own, sizeof(own)));
}

int main(void)
{
    alarm(20);
    single();
    several();
    refused();
    return 0;
}
