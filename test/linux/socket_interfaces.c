/* SPDX-License-Identifier: Apache-2.0 */
/* getifaddrs and if_nameindex, which ask by netlink, know lo with its addresses. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct ifaddrs *list, *item;
    char text[64];
    alarm(20);
    if (getifaddrs(&list) != 0) {
        perror("getifaddrs");
        return 1;
    }
    for (item = list; item; item = item->ifa_next) {
        if (strcmp(item->ifa_name, "lo") != 0 || !item->ifa_addr)
            continue;
        int family = item->ifa_addr->sa_family;
        const void *address = &((struct sockaddr_in *)item->ifa_addr)->sin_addr;
        if (family == AF_INET6)
            address = &((struct sockaddr_in6 *)item->ifa_addr)->sin6_addr;
        if (family != AF_INET && family != AF_INET6)
            printf("lo family %d up %d loopback %d\n", family, (item->ifa_flags & IFF_UP) != 0,
                   (item->ifa_flags & IFF_LOOPBACK) != 0);
        else
            printf("lo family %d %s\n", family, inet_ntop(family, address, text, sizeof(text)));
    }
    freeifaddrs(list);
    struct if_nameindex *names = if_nameindex();
    for (struct if_nameindex *name = names; name && name->if_name; name++) {
        if (name->if_index == 1)
            printf("1 is %s\n", name->if_name);
    }
    struct addrinfo hints = {.ai_family = AF_INET,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV},
                    *found;
    if (getaddrinfo("127.0.0.1", "80", &hints, &found) == 0)
        printf("port %d\n", ntohs(((struct sockaddr_in *)found->ai_addr)->sin_port));
    return 0;
}
