/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to many on lo: joined, left, looped; and sockets bound to a device. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *group = "239.7.8.9";

static void said(const char *what, long result)
{
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

static long member(int fd, int option, const char *of, const char *by)
{
    struct ip_mreq request;
    inet_pton(AF_INET, of, &request.imr_multiaddr);
    inet_pton(AF_INET, by, &request.imr_interface);
    return setsockopt(fd, IPPROTO_IP, option, &request, sizeof(request));
}

static long member_v6(int fd, int option, const char *of, unsigned interface)
{
    struct ipv6_mreq request = {.ipv6mr_interface = interface};
    inet_pton(AF_INET6, of, &request.ipv6mr_multiaddr);
    return setsockopt(fd, IPPROTO_IPV6, option, &request, sizeof(request));
}

static void fetch(const char *who, int fd)
{
    char bytes[32];
    ssize_t size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    printf("%s: %s %d\n", who, size < 0 ? strerror(errno) : "got", (int)size);
}

static int receiver(const char *address, int port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
    inet_pton(AF_INET, address, &name.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (void *)&name, sizeof(name)) != 0)
        said("bind", -1);
    return fd;
}

static void v4(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(45677)};
    struct in_addr lo;
    unsigned char off = 0, hops = 9;
    int number = 0;
    socklen_t size = sizeof(number);
    inet_pton(AF_INET, "127.0.0.1", &lo);
    inet_pton(AF_INET, group, &to.sin_addr);
    int any = receiver("0.0.0.0", 45677), exact = receiver(group, 45677),
        from = receiver("127.0.0.1", 0);
    said("no group", member(any, IP_ADD_MEMBERSHIP, "10.1.2.3", "127.0.0.1"));
    said("no interface", member(any, IP_ADD_MEMBERSHIP, group, "203.0.113.77"));
    said("not joined", member(any, IP_DROP_MEMBERSHIP, group, "127.0.0.1"));
    said("interface", setsockopt(from, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo)));
    sendto(from, "before", 6, 0, (void *)&to, sizeof(to));
    fetch("before", any);
    said("join", member(any, IP_ADD_MEMBERSHIP, group, "127.0.0.1"));
    said("join again", member(any, IP_ADD_MEMBERSHIP, group, "127.0.0.1"));
    said("send", sendto(from, "to all", 6, 0, (void *)&to, sizeof(to)));
    fetch("any", any);
    fetch("exact", exact);
    said("hops", setsockopt(from, IPPROTO_IP, IP_MULTICAST_TTL, &hops, 1));
    getsockopt(from, IPPROTO_IP, IP_MULTICAST_TTL, &number, &size);
    printf("hops %d size %d\n", number, (int)size);
    said("loop", setsockopt(from, IPPROTO_IP, IP_MULTICAST_LOOP, &off, 1));
    said("leave", member(any, IP_DROP_MEMBERSHIP, group, "127.0.0.1"));
    sendto(from, "after", 5, 0, (void *)&to, sizeof(to));
    fetch("after", any);
    int stream = socket(AF_INET, SOCK_STREAM, 0);
    said("stream", member(stream, IP_ADD_MEMBERSHIP, group, "127.0.0.1"));
}

static void v6(void)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(45678)};
    unsigned lo = if_nametoindex("lo");
    int to = socket(AF_INET6, SOCK_DGRAM, 0), from = socket(AF_INET6, SOCK_DGRAM, 0), no = 77777;
    bind(to, (void *)&name, sizeof(name));
    said("v6 no group", member_v6(to, IPV6_ADD_MEMBERSHIP, "fe80::1", lo));
    said("v6 no interface", member_v6(to, IPV6_ADD_MEMBERSHIP, "ff02::7:8", 77777));
    said("v6 join", member_v6(to, IPV6_ADD_MEMBERSHIP, "ff02::7:8", lo));
    said("v6 interface", setsockopt(from, IPPROTO_IPV6, IPV6_MULTICAST_IF, &lo, sizeof(lo)));
    said("v6 wrong one", setsockopt(from, IPPROTO_IPV6, IPV6_MULTICAST_IF, &no, sizeof(no)));
    said("v6 leave", member_v6(to, IPV6_DROP_MEMBERSHIP, "ff02::7:8", lo));
    said("v6 left", member_v6(to, IPV6_DROP_MEMBERSHIP, "ff02::7:8", lo));
}

static void device(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 local = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    char text[IFNAMSIZ] = "";
    socklen_t size = sizeof(text);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    int six = socket(AF_INET6, SOCK_DGRAM, 0);
    said("to a device", setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2));
    said("to none", setsockopt(client, SOL_SOCKET, SO_BINDTODEVICE, "nothing", 8));
    said("read", getsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, text, &size));
    printf("device %s size %d\n", text, (int)size);
    bind(listener, (void *)&name, sizeof(name));
    listen(listener, 5);
    size = sizeof(name);
    getsockname(listener, (void *)&name, &size);
    said("connect", connect(client, (void *)&name, sizeof(name)));
    inet_pton(AF_INET6, "fe80::1234", &local.sin6_addr);
    said("no scope", connect(six, (void *)&local, sizeof(local)));
    close(six);
    six = socket(AF_INET6, SOCK_DGRAM, 0);
    said("bind without scope", bind(six, (void *)&local, sizeof(local)));
    local.sin6_scope_id = 77777;
    said("bind, wrong scope", bind(six, (void *)&local, sizeof(local)));
}

int main(void)
{
    alarm(20);
    v4();
    v6();
    device();
    return 0;
}
