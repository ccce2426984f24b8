/* SPDX-License-Identifier: Apache-2.0 */
/* TCP without blocking: EINPROGRESS, accept, large transfers with epoll, listener closed under its
 * clients. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

int main(void)
{
    static char buffer[100000];
    int value = -1, status;
    alarm(20);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(name);
    bind(listener, (void *)&name, sizeof(name));
    getsockname(listener, (void *)&name, &size);
    show("listen", listen(listener, 5));
    show("nobody yet", accept(listener, NULL, NULL));
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 1};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    show("connect", connect(client, (void *)&name, sizeof(name)));
    event = (struct epoll_event){.events = EPOLLOUT, .data.u32 = 2};
    epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
    struct pollfd fd = {client, POLLOUT, 0};
    show("connected", poll(&fd, 1, 1000));
    size = sizeof(value);
    getsockopt(client, SOL_SOCKET, SO_ERROR, &value, &size);
    printf("error %d\n", value);
    show("connect again", connect(client, (void *)&name, sizeof(name)));
    show("and again", connect(client, (void *)&name, sizeof(name)));
    fd = (struct pollfd){listener, POLLIN, 0};
    show("acceptable", poll(&fd, 1, 1000));
    int server = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    show("nothing to read", read(server, buffer, 10));
    long sent = 0, got, read_total = 0, wrong = 0;
    for (size_t i = 0; i < sizeof(buffer); i++)
        buffer[i] = (char)(i % 251);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(server);
        while (sent < 3000000) {
            fd = (struct pollfd){client, POLLOUT, 0};
            poll(&fd, 1, 5000);
            size_t from = (size_t)(sent % 251);
            got = write(client, buffer + from, sizeof(buffer) - 251);
            if (got < 0)
                _exit(1);
            sent += got;
        }
        printf("child sent enough %d\n", sent >= 3000000);
        fflush(stdout);
        _exit(0);
    }
    close(client);
    static char in[30000];
    for (;;) {
        fd = (struct pollfd){server, POLLIN, 0};
        poll(&fd, 1, 5000);
        got = read(server, in, sizeof(in));
        if (got <= 0)
            break;
        for (long i = 0; i < got; i++)
            wrong += in[i] != (char)((read_total + i) % 251);
        read_total += got;
    }
    waitpid(child, &status, 0);
    printf("read enough %d, wrong %ld, end %ld, status %d\n", read_total >= 3000000, wrong, got,
           status);
    client = socket(AF_INET, SOCK_STREAM, 0);
    show("connect", connect(client, (void *)&name, sizeof(name)));
    close(listener);
    show("listener closed", read(client, buffer, 1));
    return 0;
}
