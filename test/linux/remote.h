/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of connections, which does what it is told. `PROGRAM` has it in a process of its
 * own, over loopback; `PROGRAM serve PORT` is that other end alone, and `PROGRAM ADDRESS PORT`
 * talks to it: so the same lines come of Linux's loopback and of HydrOS's wire.
 *
 * Who connects sends one line of words first. The end then does them in turn and closes:
 *   r10      reads 10 bytes            R        reads to the end
 *   w10      writes 10 bytes           n        writes how many were read, and their sum: 20 bytes
 *   f        ends its side             z        will close by a reset
 *   p300     waits 300 ms              g        waits until a byte comes
 *   e3       reads to the end or an error, remembers which in place 3
 *   q3       writes what place 3 remembers, 3 digits: 000 the end, else the errno
 *   d80,5    connects 5 times to port 80 of who connected, writes a byte to each, then stays
 *   D80,5    does so without waiting; writes how many were connected after 300 ms, a digit, and
 *            how many after at most 9 s more
 *   u80,5,0  sends 5 datagrams to that port, from port 0: each from a socket of its own
 */
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REMOTE_DIALS 64

static struct sockaddr_in remote_name;
static int *remote_places;
static pid_t remote_pid;
static unsigned long remote_count, remote_sum; /* of what was read */

static inline unsigned char remote_byte(unsigned long position)
{
    return (unsigned char)(position * 7 + position / 251);
}

static inline unsigned long remote_add(unsigned long sum, const unsigned char *bytes, long size)
{
    for (long i = 0; i < size; i++)
        sum = (sum * 31 + bytes[i]) % 1000000007;
    return sum;
}

static inline long remote_read(int fd, long wanted) /* -1: an error */
{
    static unsigned char bytes[65536];
    while (wanted > 0) {
        long got = read(fd, bytes, wanted < (long)sizeof(bytes) ? (size_t)wanted : sizeof(bytes));
        if (got <= 0)
            return got;
        remote_count += (unsigned long)got;
        remote_sum = remote_add(remote_sum, bytes, got);
        wanted -= got;
    }
    return 1;
}

static inline void remote_write(int fd, long size)
{
    static unsigned char bytes[65536];
    static unsigned long position;
    while (size > 0) {
        long piece = size < (long)sizeof(bytes) ? size : (long)sizeof(bytes);
        for (long i = 0; i < piece; i++)
            bytes[i] = remote_byte(position++);
        if (write(fd, bytes, (size_t)piece) != piece)
            return;
        size -= piece;
    }
}

static inline struct sockaddr_in remote_peer(int fd, int port)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t size = sizeof(name);
    getpeername(fd, (void *)&name, &size);
    name.sin_port = htons((in_port_t)port);
    return name;
}

static inline int remote_connected(const int *fds, int count)
{
    int connected = 0;
    for (int i = 0; i < count; i++) {
        struct pollfd one = {fds[i], POLLOUT, 0};
        connected += poll(&one, 1, 0) == 1 && one.revents == POLLOUT;
    }
    return connected;
}

static inline void remote_dial(int fd, int port, int count, int flags)
{
    struct sockaddr_in name = remote_peer(fd, port);
    int fds[REMOTE_DIALS], tries = 0;
    for (int i = 0; i < count; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | flags, 0);
        if (connect(fds[i], (void *)&name, sizeof(name)) == 0 && write(fds[i], "d", 1) != 1)
            return;
        if (flags) /* each has its turn, on a wire too */
            poll(&(struct pollfd){fds[i], POLLOUT, 0}, 1, 150);
    }
    if (!flags)
        return;
    usleep(300000);
    dprintf(fd, "%d", remote_connected(fds, count));
    while (remote_connected(fds, count) < count && tries++ < 90)
        usleep(100000);
    dprintf(fd, "%d", remote_connected(fds, count));
}

static inline void remote_datagrams(int fd, int port, int count, int from)
{
    struct sockaddr_in name = remote_peer(fd, port);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((in_port_t)from)};
    int on = 1;
    for (int i = 0; i < count; i++) {
        int udp = socket(AF_INET, SOCK_DGRAM, 0);
        setsockopt(udp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        bind(udp, (void *)&own, sizeof(own));
        sendto(udp, "u", 1, 0, (void *)&name, sizeof(name));
        close(udp);
    }
}

static inline void remote_word(int fd, const char *word)
{
    struct linger reset = {1, 0};
    int numbers[3] = {0, 0, 0};
    long ended;
    sscanf(word + 1, "%d,%d,%d", &numbers[0], &numbers[1], &numbers[2]);
    switch (word[0]) {
    case 'r':
    case 'g':
        remote_read(fd, word[0] == 'g' ? 1 : numbers[0]);
        break;
    case 'R':
        remote_read(fd, 1L << 40);
        break;
    case 'e':
        ended = remote_read(fd, 1L << 40);
        remote_places[numbers[0]] = ended < 0 ? 1000 + errno : 1000;
        break;
    case 'q':
        while (!remote_places[numbers[0]])
            usleep(1000);
        ended = remote_places[numbers[0]];
        remote_places[numbers[0]] = 0; /* first: who has the answer may ask for the next e3 */
        dprintf(fd, "%03ld", ended - 1000);
        break;
    case 'w':
        remote_write(fd, numbers[0]);
        break;
    case 'n':
        dprintf(fd, "%09lu %010lu", remote_count, remote_sum);
        break;
    case 'f':
        shutdown(fd, SHUT_WR);
        break;
    case 'z':
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        break;
    case 'p':
        usleep((useconds_t)numbers[0] * 1000);
        break;
    case 'd':
    case 'D':
        remote_dial(fd, numbers[0], numbers[1], word[0] == 'D' ? SOCK_NONBLOCK : 0);
        break;
    case 'u':
        remote_datagrams(fd, numbers[0], numbers[1], numbers[2]);
        break;
    }
}

static inline void remote_obey(int fd)
{
    char line[200], *rest = line;
    size_t size = 0;
    alarm(40);
    while (size < sizeof(line) - 1 && read(fd, line + size, 1) == 1 && line[size] != '\n')
        size++;
    line[size] = 0;
    for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        remote_word(fd, word);
    close(fd);
    _exit(0);
}

static inline void remote_serve(int listener)
{
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && fork() == 0) {
            close(listener);
            remote_obey(fd);
        }
        close(fd);
    }
}

static inline void remote_end(void)
{
    if (remote_pid > 0)
        kill(remote_pid, SIGKILL);
}

static inline int remote_is_there(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(fd, (void *)&remote_name, sizeof(remote_name));
    close(fd);
    return result == 0;
}

/* true: the other end is somewhere else. */
static inline int remote_start(int argc, char **argv)
{
    int on = 1, serves = argc == 3 && strcmp(argv[1], "serve") == 0;
    socklen_t size = sizeof(remote_name);
    setvbuf(stdout, NULL, _IOLBF, 0);
    remote_name = (struct sockaddr_in){.sin_family = AF_INET};
    if (argc == 3)
        remote_name.sin_port = htons((in_port_t)atoi(argv[2]));
    if (argc == 3 && !serves) {
        inet_pton(AF_INET, argv[1], &remote_name.sin_addr);
        for (int tries = 0; tries < 90 && !remote_is_there(); tries++)
            usleep(100000);
        return 1;
    }
    remote_places = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!serves)
        remote_name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, (void *)&remote_name, sizeof(remote_name)) != 0 || listen(listener, 64) != 0)
        exit(97);
    getsockname(listener, (void *)&remote_name, &size);
    if (serves)
        remote_serve(listener);
    remote_pid = fork();
    if (remote_pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        remote_serve(listener);
    }
    close(listener);
    atexit(remote_end);
    return 0;
}

/* Sends until there is no room, and none comes up for 200 ms: the other end has taken all it will.
 */
static inline long remote_fill(int fd)
{
    static char bytes[100000];
    struct pollfd one = {fd, POLLOUT, 0};
    long sent = 0, got;
    do {
        while ((got = send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
            sent += got;
    } while (poll(&one, 1, 200) == 1 && one.revents == POLLOUT);
    return sent;
}

/* A connection to the other end, which does these words. */
static inline int remote_open(const char *words)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (void *)&remote_name, sizeof(remote_name)) != 0 ||
        dprintf(fd, "%s\n", words) < 0) {
        perror("remote");
        exit(96);
    }
    return fd;
}
