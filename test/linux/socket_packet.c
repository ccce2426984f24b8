/* SPDX-License-Identifier: Apache-2.0 */
/* What IP says of a datagram: TOS, TTL, destination and interface by recvmsg, and set by sendmsg;
 * the same of a TCP connection's other end. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void show(struct msghdr *message)
{
    char text[64];
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        int number = 0;
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMP) {
            struct timeval time;
            memcpy(&time, CMSG_DATA(c), sizeof(time));
            printf(" time %s", time.tv_sec > 0 && time.tv_usec < 1000000 ? "told" : "odd");
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            printf(" to %s by %d", inet_ntop(AF_INET, &info.ipi_addr, text, sizeof(text)),
                   info.ipi_ifindex);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            printf(" to %s by %d", inet_ntop(AF_INET6, &info.ipi6_addr, text, sizeof(text)),
                   (int)info.ipi6_ifindex);
        } else {
            memcpy(&number, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0) < 4 ? 1 : 4);
            printf(" level %d type %d size %d is %d", c->cmsg_level, c->cmsg_type,
                   (int)(c->cmsg_len - CMSG_LEN(0)), number);
        }
    }
    printf("%s\n", message->msg_flags & MSG_CTRUNC ? " cut" : "");
}

static void receive(int fd, size_t room)
{
    char bytes[16], control[512];
    struct iovec vector = {bytes, sizeof(bytes)};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
    ssize_t size = recvmsg(fd, &message, 0);
    printf("%d bytes:", (int)size);
    if (size >= 0)
        show(&message);
}

static void send_with(int fd, int level, int type, int value)
{
    char bytes[] = "abc", control[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {bytes, 3};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    memset(control, 0, sizeof(control));
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &value, sizeof(int));
    ssize_t size = sendmsg(fd, &message, 0);
    printf("sent with %d %d = %d: %s\n", level, type, value, size == 3 ? "ok" : strerror(errno));
}

static void on(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof(value)) != 0)
        printf("option %d %d: %s\n", level, option, strerror(errno));
}

static void v4(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(name);
    int to = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
    bind(to, (void *)&name, sizeof(name));
    getsockname(to, (void *)&name, &size);
    connect(from, (void *)&name, sizeof(name));
    send(from, "ab", 2, 0);
    receive(to, 512);
    on(to, IPPROTO_IP, IP_RECVTTL, 1);
    on(to, IPPROTO_IP, IP_RECVTOS, 1);
    on(to, IPPROTO_IP, IP_PKTINFO, 1);
    on(to, SOL_SOCKET, SO_TIMESTAMP, 1);
    send(from, "ab", 2, 0);
    receive(to, 512);
    on(from, IPPROTO_IP, IP_TTL, 33);
    on(from, IPPROTO_IP, IP_TOS, 96);
    send(from, "abcd", 4, 0);
    receive(to, 512);
    send_with(from, IPPROTO_IP, IP_TTL, 7);
    receive(to, 512);
    send_with(from, IPPROTO_IP, IP_TOS, 8);
    receive(to, 512);
    send_with(from, IPPROTO_IP, IP_TTL, 256);
    send_with(from, IPPROTO_IP, 99, 1);
    send(from, "ab", 2, 0);
    receive(to, 60);
}

static void v6(void)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t size = sizeof(name);
    int to = socket(AF_INET6, SOCK_DGRAM, 0), from = socket(AF_INET6, SOCK_DGRAM, 0);
    bind(to, (void *)&name, sizeof(name));
    getsockname(to, (void *)&name, &size);
    connect(from, (void *)&name, sizeof(name));
    on(to, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    on(to, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    on(to, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    send(from, "ab", 2, 0);
    receive(to, 512);
    on(from, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 21);
    on(from, IPPROTO_IPV6, IPV6_TCLASS, 224);
    send(from, "ab", 2, 0);
    receive(to, 512);
    send_with(from, IPPROTO_IPV6, IPV6_HOPLIMIT, 5);
    receive(to, 512);
    send_with(from, IPPROTO_IPV6, IPV6_TCLASS, 300);
}

static void number(const char *what, int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof(value);
    int result = getsockopt(fd, level, option, &value, &size);
    printf("%s %s %d\n", what, result == 0 ? "is" : strerror(errno), value);
}

/* An accepted connection has the listener's options, and knows what the first segment said. */
static void connection(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(name);
    char told[256];
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    on(listener, IPPROTO_TCP, TCP_NODELAY, 1);
    on(listener, IPPROTO_TCP, TCP_KEEPIDLE, 77);
    on(listener, IPPROTO_IP, IP_RECVTOS, 1);
    on(listener, IPPROTO_IP, IP_RECVTTL, 1);
    on(listener, IPPROTO_IP, IP_TOS, 8);
    bind(listener, (void *)&name, sizeof(name));
    listen(listener, 5);
    getsockname(listener, (void *)&name, &size);
    on(client, IPPROTO_IP, IP_TOS, 96);
    on(client, IPPROTO_IP, IP_TTL, 33);
    connect(client, (void *)&name, sizeof(name));
    int server = accept(listener, NULL, NULL);
    number("nodelay", server, IPPROTO_TCP, TCP_NODELAY);
    number("idle", server, IPPROTO_TCP, TCP_KEEPIDLE);
    number("tos", server, IPPROTO_IP, IP_TOS);
    number("ttl", server, IPPROTO_IP, IP_TTL);
    on(client, IPPROTO_IP, IP_TTL, -1);
    number("ttl again", client, IPPROTO_IP, IP_TTL);
    size = sizeof(told);
    if (getsockopt(server, IPPROTO_IP, IP_PKTOPTIONS, told, &size) == 0) {
        struct msghdr message = {.msg_control = told, .msg_controllen = size};
        printf("first segment:");
        show(&message);
    }
    size = sizeof(told);
    printf("client: %d bytes\n",
           getsockopt(client, IPPROTO_IP, IP_PKTOPTIONS, told, &size) == 0 ? (int)size : -errno);
}

int main(void)
{
    alarm(20);
    v4();
    v6();
    connection();
    return 0;
}
