/* SPDX-License-Identifier: Apache-2.0 */
/* getsockopt and setsockopt: types, defaults, what is read back, and errors. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "show.h"

static void get(const char *what, int fd, int level, int option)
{
    int value = -77;
    socklen_t size = sizeof(value);
    int result = getsockopt(fd, level, option, &value, &size);
    if (result < 0)
        show(what, result);
    else
        printf("%s: %d (size %u)\n", what, value, size);
}

static void set(const char *what, int fd, int level, int option, int value)
{
    show(what, setsockopt(fd, level, option, &value, sizeof(value)));
    get(what, fd, level, option);
}

static void generic(int fd)
{
    get("type", fd, SOL_SOCKET, SO_TYPE);
    get("domain", fd, SOL_SOCKET, SO_DOMAIN);
    get("protocol", fd, SOL_SOCKET, SO_PROTOCOL);
    get("error", fd, SOL_SOCKET, SO_ERROR);
    get("accepts", fd, SOL_SOCKET, SO_ACCEPTCONN);
    set("reuse", fd, SOL_SOCKET, SO_REUSEADDR, 5);
    set("keep alive", fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set("broadcast", fd, SOL_SOCKET, SO_BROADCAST, 1);
    set("send buffer", fd, SOL_SOCKET, SO_SNDBUF, 10000);
    set("receive buffer", fd, SOL_SOCKET, SO_RCVBUF, 10000);
    set("smallest send buffer", fd, SOL_SOCKET, SO_SNDBUF, 1);
    set("smallest receive buffer", fd, SOL_SOCKET, SO_RCVBUF, 1);
    set("low mark", fd, SOL_SOCKET, SO_RCVLOWAT, 3);
    set("type is fixed", fd, SOL_SOCKET, SO_TYPE, 2);
    set("unknown", fd, SOL_SOCKET, 9999, 1);
    struct linger linger = {1, 7};
    show("linger", setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
    linger = (struct linger){0, 0};
    socklen_t size = sizeof(linger);
    getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size);
    printf("linger %d %d\n", linger.l_onoff, linger.l_linger);
    struct timeval time = {3, 500000};
    show("timeout", setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
    time = (struct timeval){0, 0};
    size = sizeof(time);
    getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, &size);
    printf("timeout %ld %ld\n", (long)time.tv_sec, (long)time.tv_usec);
    time.tv_usec = 1000000;
    show("bad timeout", setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)));
    int value = 1;
    show("short", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 2));
    char small;
    size = 1;
    show("short get", getsockopt(fd, SOL_SOCKET, SO_TYPE, &small, &size));
    printf("size %u value %d\n", size, small);
}

int main(void)
{
    alarm(20);
    int local = socket(AF_UNIX, SOCK_STREAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0),
        udp = socket(AF_INET, SOCK_DGRAM, 0);
    printf("-- local\n");
    generic(local);
    get("tcp level", local, IPPROTO_TCP, TCP_NODELAY);
    printf("-- tcp\n");
    generic(tcp);
    get("no delay", tcp, IPPROTO_TCP, TCP_NODELAY);
    set("no delay", tcp, IPPROTO_TCP, TCP_NODELAY, 1);
    set("cork", tcp, IPPROTO_TCP, TCP_CORK, 1);
    set("idle", tcp, IPPROTO_TCP, TCP_KEEPIDLE, 100);
    set("interval", tcp, IPPROTO_TCP, TCP_KEEPINTVL, 20);
    set("count", tcp, IPPROTO_TCP, TCP_KEEPCNT, 4);
    set("idle of nothing", tcp, IPPROTO_TCP, TCP_KEEPIDLE, 0);
    set("idle too long", tcp, IPPROTO_TCP, TCP_KEEPIDLE, 32768);
    set("count of nothing", tcp, IPPROTO_TCP, TCP_KEEPCNT, 0);
    set("count too large", tcp, IPPROTO_TCP, TCP_KEEPCNT, 128);
    set("patience below nothing", tcp, IPPROTO_TCP, TCP_USER_TIMEOUT, -1);
    set("time to live of nothing", tcp, IPPROTO_IP, IP_TTL, 0);
    set("time to live too long", tcp, IPPROTO_IP, IP_TTL, 256);
    set("type of service", tcp, IPPROTO_IP, IP_TOS, 16);
    set("time to live", tcp, IPPROTO_IP, IP_TTL, 33);
    get("unknown", tcp, IPPROTO_TCP, 200);
    get("unknown level", tcp, 99, 1);
    listen(tcp, 1);
    get("accepts", tcp, SOL_SOCKET, SO_ACCEPTCONN);
    printf("-- udp\n");
    generic(udp);
    get("tcp level", udp, IPPROTO_TCP, TCP_NODELAY);
    get("bad descriptor", 99, SOL_SOCKET, SO_TYPE);
    get("not a socket", 0, SOL_SOCKET, SO_TYPE);
    show("family", socket(999, SOCK_STREAM, 0));
    show("type", socket(AF_INET, 9, 0));
    show("protocol", socket(AF_INET, SOCK_STREAM, 17));
    show("flags", socket(AF_INET, SOCK_STREAM | 0x10000, 0));
    return 0;
}
