/* SPDX-License-Identifier: Apache-2.0 */
/* TCP over loopback: echo, names, half-close, reset, refusal, reuse of ports. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

static struct sockaddr_in local(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = (in_port_t)port,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listener, second, client, server, on = 1;
static struct sockaddr_in name; /* of the listener */
static char buffer[100];

static void connected(void)
{
    client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (void *)&name, sizeof(name)) == 0)
        server = accept(listener, NULL, NULL);
}

/* Waits until there is something about it, or for a second. */
static void settle(int fd, short wanted)
{
    struct pollfd poll_fd = {fd, wanted, 0};
    poll(&poll_fd, 1, 1000);
}

static void names(void)
{
    listener = socket(AF_INET, SOCK_STREAM, 0);
    printf("fresh %#x\n", events(listener));
    struct sockaddr_in peer, own;
    name = local(0);
    show("reuse", setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
    show("bind", bind(listener, (void *)&name, sizeof(name)));
    show("listen", listen(listener, 8));
    socklen_t size = sizeof(name);
    show("name", getsockname(listener, (void *)&name, &size));
    printf("port given %d, size %u\n", name.sin_port != 0, size);
    second = socket(AF_INET, SOCK_STREAM, 0);
    show("port taken", bind(second, (void *)&name, sizeof(name)));
    client = socket(AF_INET, SOCK_STREAM, 0);
    show("connect", connect(client, (void *)&name, sizeof(name)));
    printf("listener %#x, client %#x\n", events(listener), events(client));
    size = sizeof(peer);
    server = accept(listener, (void *)&peer, &size);
    size = sizeof(own);
    getsockname(client, (void *)&own, &size);
    printf("peer is the client %d, address %s\n", peer.sin_port == own.sin_port,
           inet_ntoa(peer.sin_addr));
    getpeername(client, (void *)&own, &size);
    printf("client's peer is the listener %d\n", own.sin_port == name.sin_port);
}

static void talk(void)
{
    int value = 0;
    socklen_t size = sizeof(value);
    show("no delay", setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
    getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, &size);
    printf("no delay %d\n", value);
    show("send", send(client, "ping", 4, 0));
    show("recv", recv(server, buffer, 100, 0));
    show("echo", send(server, buffer, 4, 0));
    show("recv", recv(client, buffer, 100, 0));
    show("half-close", shutdown(client, SHUT_WR));
    settle(server, POLLIN);
    printf("server %#x, client %#x\n", events(server), events(client));
    show("end", recv(server, buffer, 100, 0));
    show("other way", send(server, "bye", 3, 0));
    close(server);
    show("bye", recv(client, buffer, 100, MSG_WAITALL));
    show("end", recv(client, buffer, 100, 0));
    printf("client %#x\n", events(client));
    close(client);
}

/* The server closes, in three ways that the client sees. */
static void ends(void)
{
    connected();
    show("unread", send(client, "unread", 6, 0));
    settle(server, POLLIN);
    close(server);
    settle(client, POLLRDHUP);
    printf("reset %#x\n", events(client));
    show("recv", recv(client, buffer, 100, 0));
    show("recv", recv(client, buffer, 100, 0));
    show("send", send(client, "x", 1, 0));
    close(client);

    connected();
    struct linger linger = {1, 0};
    show("linger", setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
    close(server);
    settle(client, POLLRDHUP);
    show("recv", recv(client, buffer, 100, 0));
    close(client);

    connected();
    close(server);
    settle(client, POLLRDHUP);
    show("first write", send(client, "x", 1, 0));
    usleep(20000);
    show("next write", send(client, "x", 1, 0));
    close(client);
}

static void refused(void)
{
    int value = 0;
    socklen_t size = sizeof(value);
    close(listener);
    client = socket(AF_INET, SOCK_STREAM, 0);
    show("refused", connect(client, (void *)&name, sizeof(name)));
    fcntl(client, F_SETFL, O_NONBLOCK);
    show("in progress", connect(client, (void *)&name, sizeof(name)));
    struct pollfd fd = {client, POLLOUT, 0};
    show("poll", poll(&fd, 1, 1000));
    printf("refused %#x\n", events(client));
    getsockopt(client, SOL_SOCKET, SO_ERROR, &value, &size);
    printf("%s\n", strerror(value));
    getsockopt(client, SOL_SOCKET, SO_ERROR, &value, &size);
    printf("error is told once: %d\n", value);
    show("not connected", recv(client, buffer, 1, 0));
    struct sockaddr_in bad = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
    show("not ours", bind(client, (void *)&bad, sizeof(bad)));
    show("short name", connect(client, (void *)&bad, 8));
    bad.sin_family = AF_UNIX;
    show("wrong family", connect(client, (void *)&bad, sizeof(bad)));
    show("second can bind now", bind(second, (void *)&name, sizeof(name)));
    show("bind twice", bind(second, (void *)&name, sizeof(name)));
}

int main(void)
{
    alarm(20);
    signal(SIGPIPE, SIG_IGN);
    names();
    talk();
    ends();
    refused();
    return 0;
}
