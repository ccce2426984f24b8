/* SPDX-License-Identifier: Apache-2.0 */
/* Backpressure: a full stream blocks or says EAGAIN, poll tells when it goes on, nothing is lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

int main(void)
{
    int pair[2], status;
    static char buffer[65536];
    alarm(20);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    long filled = 0, got, total = 0;
    while ((got = write(pair[0], buffer, sizeof(buffer))) > 0)
        filled += got;
    printf("filled %d: %s\n", filled > 65536, strerror(errno));
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET};
    epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event);
    show("writable", epoll_wait(epoll, &event, 1, 0));
    while (total < filled && (got = read(pair[1], buffer, sizeof(buffer))) > 0)
        total += got;
    printf("all read %d\n", total == filled);
    show("writable", epoll_wait(epoll, &event, 1, 1000));
    show("edge is told once", epoll_wait(epoll, &event, 1, 0));
    fcntl(pair[0], F_SETFL, 0);
    pid_t child = fork();
    if (child == 0) {
        close(pair[1]);
        for (int i = 0; i < 40; i++) {
            memset(buffer, i, sizeof(buffer));
            if (write(pair[0], buffer, sizeof(buffer)) != (long)sizeof(buffer))
                _exit(1);
        }
        _exit(0);
    }
    close(pair[0]);
    long wrong = 0;
    total = 0;
    while ((got = read(pair[1], buffer, 5000)) > 0) {
        for (long i = 0; i < got; i++, total++)
            wrong += buffer[i] != (char)(total / (long)sizeof(buffer));
    }
    waitpid(child, &status, 0);
    printf("blocking: %ld bytes, %ld wrong, status %d\n", total, wrong, status);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    child = fork();
    if (child == 0) {
        for (int i = 0; i < 10; i++) {
            usleep(3000);
            if (write(pair[0], "0123456789", 10) != 10)
                _exit(1);
        }
        _exit(0);
    }
    show("all of it", recv(pair[1], buffer, 95, MSG_WAITALL));
    show("rest", recv(pair[1], buffer, 95, 0));
    waitpid(child, &status, 0);
    struct timeval time = {0, 20000};
    show("timeout", setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
    show("timed out", recv(pair[1], buffer, 1, 0));
    show("not now", recv(pair[0], buffer, 1, MSG_DONTWAIT));
    return 0;
}
