/* SPDX-License-Identifier: Apache-2.0 */
/* AF_UNIX abstract names, autobind, and datagrams between named sockets. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "show.h"

static socklen_t abstract(struct sockaddr_un *name, const char *text)
{
    memset(name, 0, sizeof(*name));
    name->sun_family = AF_UNIX;
    memcpy(name->sun_path + 1, text, strlen(text));
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text));
}

int main(void)
{
    struct sockaddr_un name, other, from;
    char buffer[100];
    alarm(20);
    char unique[40];
    snprintf(unique, sizeof(unique), "hydros-test-%d", (int)getpid());
    socklen_t size = abstract(&name, unique);
    int server = socket(AF_UNIX, SOCK_DGRAM, 0),
        client = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    show("bind", bind(server, (void *)&name, size));
    show("taken", bind(client, (void *)&name, size));
    socklen_t got = sizeof(from);
    getsockname(server, (void *)&from, &got);
    printf("same name %d\n", got == size && memcmp(&from, &name, size) == 0);
    show("no destination", send(client, "x", 1, 0));
    show("sendto", sendto(client, "unnamed", 7, 0, (void *)&name, size));
    got = sizeof(from);
    show("recvfrom", recvfrom(server, buffer, 100, 0, (void *)&from, &got));
    printf("sender's size %u\n", got);
    show("autobind",
         bind(client, (void *)&(struct sockaddr_un){.sun_family = AF_UNIX}, sizeof(sa_family_t)));
    got = sizeof(from);
    getsockname(client, (void *)&from, &got);
    printf("autobound size %u, first byte %d\n", got, from.sun_path[0]);
    show("connect", connect(client, (void *)&name, size));
    show("send", send(client, "named", 5, 0));
    got = sizeof(other);
    show("recvfrom", recvfrom(server, buffer, 100, 0, (void *)&other, &got));
    printf("from the client %d\n", got == 8 && memcmp(&other, &from, 8) == 0);
    show("answer", sendto(server, "answer", 6, 0, (void *)&other, got));
    show("recv", recv(client, buffer, 100, 0));
    socklen_t unknown = abstract(&other, "hydros-test-nobody-has-this-name");
    show("nobody", sendto(client, "x", 1, 0, (void *)&other, unknown));
    int filled = 0;
    while (send(client, "fill", 4, 0) == 4)
        filled++;
    printf("full after some %d, %s\n", filled > 5, strerror(errno));
    struct pollfd fd = {client, POLLOUT, 0};
    show("not writable", poll(&fd, 1, 0));
    show("take one", recv(server, buffer, 100, 0));
    show("writable", poll(&fd, 1, 1000));
    close(server);
    show("closed", send(client, "x", 1, 0));
    show("disconnected", send(client, "x", 1, 0));
    show("name is free", bind(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&name, size));
    show("send to it", sendto(client, "x", 1, 0, (void *)&name, size));
    int seq = socket(AF_UNIX, SOCK_SEQPACKET, 0), listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    size = abstract(&name, strcat(unique, "-seq"));
    show("bind", bind(listener, (void *)&name, size));
    show("listen", listen(listener, 4));
    show("unconnected", send(seq, "x", 1, 0));
    show("unconnected", recv(seq, buffer, 1, 0));
    show("connect", connect(seq, (void *)&name, size));
    int accepted = accept(listener, NULL, NULL);
    show("send", send(seq, "one", 3, 0));
    show("send", send(seq, "two!", 4, 0));
    show("recv", recv(accepted, buffer, 100, 0));
    show("recv", recv(accepted, buffer, 100, 0));
    return 0;
}
