/* SPDX-License-Identifier: Apache-2.0 */
/* IPv6 over ::1, and IPv4 clients of a dual-stack listener. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "show.h"

static void name_show(const char *what, const struct sockaddr_in6 *name, socklen_t size)
{
    char text[64];
    printf("%s: %s size %u\n", what, inet_ntop(AF_INET6, &name->sin6_addr, text, sizeof(text)),
           size);
}

int main(void)
{
    char buffer[100];
    int on = 1;
    alarm(20);
    int listener = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 name = {.sin6_family = AF_INET6}, peer;
    show("bind", bind(listener, (void *)&name, sizeof(name)));
    show("listen", listen(listener, 4));
    socklen_t size = sizeof(name);
    getsockname(listener, (void *)&name, &size);
    name_show("listener", &name, size);
    int client = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 to = {
        .sin6_family = AF_INET6, .sin6_port = name.sin6_port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    show("connect", connect(client, (void *)&to, sizeof(to)));
    size = sizeof(peer);
    int server = accept(listener, (void *)&peer, &size);
    name_show("peer", &peer, size);
    show("send", send(client, "six", 3, 0));
    show("recv", recv(server, buffer, 100, 0));
    int four = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to4 = {.sin_family = AF_INET,
                              .sin_port = name.sin6_port,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    show("connect by IPv4", connect(four, (void *)&to4, sizeof(to4)));
    server = accept(listener, (void *)&peer, &size);
    name_show("peer", &peer, size);
    int taken = socket(AF_INET, SOCK_STREAM, 0);
    show("port taken for IPv4", bind(taken, (void *)&to4, sizeof(to4)));
    int only = socket(AF_INET6, SOCK_STREAM, 0);
    show("only IPv6", setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)));
    struct sockaddr_in6 any = {.sin6_family = AF_INET6};
    show("bind", bind(only, (void *)&any, sizeof(any)));
    show("listen", listen(only, 1));
    size = sizeof(any);
    getsockname(only, (void *)&any, &size);
    to4.sin_port = any.sin6_port;
    show("refused by IPv4", connect(taken, (void *)&to4, sizeof(to4)));
    int udp = socket(AF_INET6, SOCK_DGRAM, 0);
    to.sin6_port = 0;
    show("udp bind", bind(udp, (void *)&to, sizeof(to)));
    size = sizeof(to);
    getsockname(udp, (void *)&to, &size);
    show("udp to itself", sendto(udp, "self", 4, 0, (void *)&to, sizeof(to)));
    show("udp recv", recv(udp, buffer, 100, 0));
    return 0;
}
