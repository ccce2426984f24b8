/* SPDX-License-Identifier: Apache-2.0 */
/* Who may have a port, and who of several gets what comes to it: SO_REUSEADDR, SO_REUSEPORT, TCP,
 * UDP, both families, a full backlog. */
#define _GNU_SOURCE
#include "remote.h"
#include "show.h"

static char buffer[2000];

/* ---- who may have it: one letter for each try ---- */

enum { ADDRESS = 1, PORT = 2, ONLY_V6 = 4 };
static const struct {
    int family;
    const char *host;
    int options;
} places[] = {{AF_INET, "0.0.0.0", 0}, {AF_INET, "127.0.0.1", 0}, {AF_INET, "127.0.0.2", 0},
              {AF_INET6, "::", 0},     {AF_INET6, "::", ONLY_V6}, {AF_INET6, "::1", 0}};
enum { PLACES = sizeof(places) / sizeof(*places) };

static int made(int type, int place, int options)
{
    int fd = socket(places[place].family, type, 0), on = 1;
    if (options & ADDRESS)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (options & PORT)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (places[place].options & ONLY_V6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    return fd;
}

static int bound(int fd, int place, in_port_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = port};
    inet_pton(AF_INET, places[place].host, &v4.sin_addr);
    inet_pton(AF_INET6, places[place].host, &v6.sin6_addr);
    return places[place].family == AF_INET ? bind(fd, (void *)&v4, sizeof(v4))
                                           : bind(fd, (void *)&v6, sizeof(v6));
}

static in_port_t port_of(int fd)
{
    struct sockaddr_in6 name;
    socklen_t size = sizeof(name);
    getsockname(fd, (void *)&name, &size);
    return name.sin6_port; /* at the same place in both families */
}

/* y: may; n: EADDRINUSE; l: may be bound, may not listen. */
static char tried(int type, int listens, int first, int first_options, int second,
                  int second_options)
{
    char result = 'y';
    int one = made(type, first, first_options), two = made(type, second, second_options);
    if (bound(one, first, 0) != 0 || (listens && listen(one, 1) != 0))
        result = '?';
    else if (bound(two, second, port_of(one)) != 0)
        result = errno == EADDRINUSE ? 'n' : '!';
    else if (type == SOCK_STREAM && listen(two, 1) != 0)
        result = errno == EADDRINUSE ? 'l' : '!';
    close(one);
    close(two);
    return result;
}

static void may(const char *what, int type, int listens)
{
    for (int first = 0; first < PLACES; first++) {
        for (int second = 0; second < PLACES; second++) {
            printf("%s %s%s, %s%s: ", what, places[first].host,
                   places[first].options ? " only" : "", places[second].host,
                   places[second].options ? " only" : "");
            for (int options = 0; options < 16; options++) {
                char result = tried(type, listens, first, options & 3, second, options >> 2);
                /* Linux may give a port on which an old connection fades. */
                if (result != 'y')
                    result = tried(type, listens, first, options & 3, second, options >> 2);
                putchar(result);
            }
            putchar('\n');
        }
    }
}

/* ---- who gets it ---- */

static int listener(in_port_t port, int backlog)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = port};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, (void *)&name, sizeof(name)) != 0 || listen(fd, backlog) != 0)
        perror("listener");
    return fd;
}

static int told(const char *format, in_port_t port)
{
    char words[64];
    snprintf(words, sizeof(words), format, ntohs(port));
    return remote_open(words);
}

/* Accepts what comes within so long; how many each got. */
static void accepted(const int *fds, int *counts, int wanted, int *last)
{
    for (int tries = 0; tries < 900 && counts[0] + counts[1] < wanted; tries++) {
        struct pollfd both[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
        poll(both, 2, 10);
        for (int i = 0; i < 2; i++) {
            int fd = fds[i] < 0 ? -1 : accept(fds[i], NULL, NULL);
            if (fd >= 0) {
                counts[i]++;
                *last = fd;
            }
        }
    }
}

static void listeners(void)
{
    int fds[2], counts[2] = {0, 0}, last = -1;
    printf("-- listeners\n");
    fds[0] = listener(0, 100);
    fds[1] = listener(port_of(fds[0]), 100);
    int remote = told("d%d,50 R", port_of(fds[0]));
    accepted(fds, counts, 50, &last);
    printf("all %d, each some %d\n", counts[0] + counts[1], counts[0] > 0 && counts[1] > 0);
    show("a byte of it", recv(last, buffer, 1, 0));
    in_port_t port = port_of(fds[0]);
    close(fds[0]);
    fds[0] = -1;
    counts[0] = counts[1] = 0;
    close(remote);
    remote = told("d%d,20 R", port);
    accepted(fds, counts, 20, &last);
    printf("the one that is left: %d\n", counts[1]);
    close(remote);
    close(fds[1]);
}

/* Two may wait in a backlog of one; the third one comes in when there is room. */
static void backlog(void)
{
    char digit = '?';
    printf("-- backlog\n");
    int fd = listener(0, 1), remote = told("D%d,3 R", port_of(fd));
    recv(remote, &digit, 1, 0);
    printf("connected: %c\n", digit);
    struct pollfd one = {fd, POLLIN, 0};
    for (int i = 0; i < 3; i++) {
        poll(&one, 1, 9000);
        int got = accept(fd, NULL, NULL);
        printf("accepted %d\n", got >= 0);
    }
    show("nobody", accept(fd, NULL, NULL));
    recv(remote, &digit, 1, 0);
    printf("connected: %c\n", digit);
    close(remote);
    close(fd);
}

static int receiver(in_port_t port, int option, int connected_to)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = port}, to = remote_name;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on));
    if (bind(fd, (void *)&name, sizeof(name)) != 0)
        perror("receiver");
    to.sin_port = htons((in_port_t)connected_to);
    if (connected_to && connect(fd, (void *)&to, sizeof(to)) != 0)
        perror("connected");
    return fd;
}

static int count(int fd)
{
    int got = 0;
    while (recv(fd, buffer, 10, 0) > 0)
        got++;
    return got;
}

/* Both sockets' counts after the other end sent what it was told; it reads to our end then. */
static void shared(const char *what, const char *format, int one, int two)
{
    int first = 0, second = 0, remote = told(format, port_of(one)), wanted;
    sscanf(strchr(format, ',') + 1, "%d", &wanted);
    for (int tries = 0; tries < 900 && first + second < wanted; tries++) {
        struct pollfd both[2] = {{one, POLLIN, 0}, {two, POLLIN, 0}};
        poll(both, 2, 10);
        first += count(one);
        second += count(two);
    }
    if (wanted > 10)
        printf("%s: all %d, each some %d\n", what, first + second, first > 0 && second > 0);
    else
        printf("%s: %d %d\n", what, first, second);
    close(remote);
}

static void receivers(void)
{
    printf("-- receivers\n");
    int one = receiver(0, SO_REUSEPORT, 0), two = receiver(port_of(one), SO_REUSEPORT, 0);
    shared("two of one port", "u%d,60,0 R", one, two);
    close(one);
    close(two);
    one = receiver(0, SO_REUSEADDR, 0);
    two = receiver(port_of(one), SO_REUSEADDR, 0);
    shared("the last one bound", "u%d,5,0 R", one, two);
    close(two);
    two = receiver(port_of(one), SO_REUSEADDR, 30077);
    shared("one is connected", "u%d,5,30077 R", one, two);
    shared("to somebody else", "u%d,5,0 R", one, two);
    close(one);
    one = receiver(port_of(two), SO_REUSEADDR, 0);
    shared("connected, bound before", "u%d,5,30077 R", one, two);
    close(one);
    close(two);
}

int main(int argc, char **argv)
{
    int is_far = remote_start(argc, argv);
    alarm(28);
    signal(SIGPIPE, SIG_IGN);
    listeners();
    receivers();
    backlog();
    if (is_far)
        return 0;
    may("tcp, the first listens", SOCK_STREAM, 1);
    may("tcp, it is bound", SOCK_STREAM, 0);
    may("udp", SOCK_DGRAM, 0);
    return 0;
}
