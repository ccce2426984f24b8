/* SPDX-License-Identifier: Apache-2.0 */
/* Small things: writev and readv on sockets, dup, fork sharing, interfaces, sends to nobody. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

int main(void)
{
    int pair[2], status;
    char one[4] = "", two[10] = "";
    alarm(20);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 1;
    struct iovec out[3] = {{"abc", 3}, {NULL, 0}, {"defgh", 5}}, in[2] = {{one, 3}, {two, 9}};
    show("writev", writev(pair[0], out, 3));
    show("readv", readv(pair[1], in, 2));
    printf("%s %s\n", one, two);
    int copy = dup(pair[0]);
    close(pair[0]);
    show("through the copy", write(copy, "x", 1));
    show("read", read(pair[1], one, 1));
    pid_t child = fork();
    if (child == 0)
        _exit(write(copy, "child", 5) != 5);
    close(copy);
    show("from the child", recv(pair[1], two, 5, MSG_WAITALL));
    waitpid(child, &status, 0);
    show("end after all copies", read(pair[1], two, 1));
    close(pair[1]);
    int inet = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request;
    memset(&request, 0, sizeof(request));
    strcpy(request.ifr_name, "lo");
    show("flags", ioctl(inet, SIOCGIFFLAGS, &request));
    printf("loopback %d up %d\n", (request.ifr_flags & IFF_LOOPBACK) != 0,
           (request.ifr_flags & IFF_UP) != 0);
    show("address", ioctl(inet, SIOCGIFADDR, &request));
    struct sockaddr_in address;
    memcpy(&address, &request.ifr_addr, sizeof(address));
    printf("%x\n", ntohl(address.sin_addr.s_addr));
    show("index", ioctl(inet, SIOCGIFINDEX, &request));
    printf("%d\n", request.ifr_ifindex);
    strcpy(request.ifr_name, "nosuch0");
    show("no such interface", ioctl(inet, SIOCGIFFLAGS, &request));
    show("name to index", (long)if_nametoindex("lo"));
    show("bad ioctl", ioctl(inet, TIOCSCTTY, 0));
    show("stream unconnected", send(socket(AF_UNIX, SOCK_STREAM, 0), "x", 1, 0));
    show("recv unconnected", recv(socket(AF_UNIX, SOCK_STREAM, 0), one, 1, 0));
    show("tcp unconnected", send(socket(AF_INET, SOCK_STREAM, 0), "x", 1, MSG_NOSIGNAL));
    show("name of none", getpeername(inet, (void *)&address, &(socklen_t){sizeof(address)}));
    show("negative size", getsockname(inet, (void *)&address, &(socklen_t){(socklen_t)-1}));
    show("bad address", getsockname(inet, (void *)&address, NULL));
    int local = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int nonblocking = 0;
    ioctl(local, FIONBIO, &nonblocking);
    printf("blocking %d\n", (fcntl(local, F_GETFL) & O_NONBLOCK) == 0);
    return 0;
}
