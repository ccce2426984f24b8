/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream sockets between nodes, for test/system/channel.sh. `channel serve` on every node but 0;
 * `channel ask` on node 0 has every node talk with every other, tries everything that a program can
 * meet with the nodes named after it, and ends with "all right".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("failed at line %d: %s (%s)\n", __LINE__, #condition, strerror(errno));         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)
#define LARGE (64U << 20)

static char buffer[1 << 17];
static int self, nodes;

static struct sockaddr_un address_of(int node, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "/node/%d/%s", node, name);
    return address;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int try_connect(int node, const char *name)
{
    struct sockaddr_un address = address_of(node, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST(fd >= 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Waits until somebody listens there: nodes start one after another, or again. */
static int ask(int node, const char *name)
{
    for (double end = now() + 200;;) {
        int fd = try_connect(node, name);
        if (fd >= 0)
            return fd;
        MUST(now() < end);
        usleep(20000);
    }
}

static void write_all(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(fd, bytes, size);
        MUST(written > 0);
        bytes += written;
        size -= (size_t)written;
    }
}

static void read_all(int fd, char *bytes, size_t size)
{
    while (size) {
        ssize_t got = read(fd, bytes, size);
        MUST(got > 0);
        bytes += got;
        size -= (size_t)got;
    }
}

/* ---- the other nodes ---- */

static void serve_echo(int fd)
{
    ssize_t size;
    while ((size = read(fd, buffer, sizeof(buffer))) > 0)
        write_all(fd, buffer, (size_t)size);
}

/* Reads to the end and tells how much it was and its sum. */
static void serve_sink(int fd)
{
    uint64_t answer[2] = {0, 0};
    ssize_t size;
    while ((size = read(fd, buffer, sizeof(buffer))) > 0) {
        for (ssize_t i = 0; i < size; i++)
            answer[1] = answer[1] * 31 + (unsigned char)buffer[i];
        answer[0] += (uint64_t)size;
    }
    write_all(fd, (char *)answer, sizeof(answer));
}

static void serve_slow(int fd)
{
    sleep(3);
    serve_sink(fd);
}

static void serve_die(int fd)
{
    (void)!read(fd, buffer, 1);
    kill(getpid(), SIGKILL);
}

static void serve_close(int fd)
{
    write_all(fd, "last", 4);
}

/* Has an answer from every node after this one, so that in the end each pair used both its rings.
 */
static void serve_meet(int fd)
{
    char sent[1000], back[sizeof(sent)], answered = 0;
    for (int node = self + 1; node < nodes; node++, answered++) {
        int echo = ask(node, "echo");
        memset(sent, self ^ (node << 1), sizeof(sent));
        write_all(echo, sent, sizeof(sent));
        read_all(echo, back, sizeof(back));
        MUST(memcmp(sent, back, sizeof(sent)) == 0);
        close(echo);
    }
    write_all(fd, &answered, 1);
}

_Noreturn static void serve(void)
{
    static const struct {
        const char *name;
        void (*serve)(int fd);
    } services[] = {{"echo", serve_echo}, {"sink", serve_sink},   {"slow", serve_slow},
                    {"die", serve_die},   {"close", serve_close}, {"meet", serve_meet},
                    {"end", NULL}};
    enum { COUNT = sizeof(services) / sizeof(services[0]) };
    struct pollfd polls[COUNT];
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < COUNT; i++) {
        struct sockaddr_un address = address_of(self, services[i].name);
        polls[i] = (struct pollfd){socket(AF_UNIX, SOCK_STREAM, 0), POLLIN, 0};
        MUST(bind(polls[i].fd, (struct sockaddr *)&address, sizeof(address)) == 0);
        MUST(listen(polls[i].fd, 64) == 0);
    }
    for (;;) {
        MUST(poll(polls, COUNT, -1) > 0);
        for (int i = 0; i < COUNT; i++) {
            if (!(polls[i].revents & POLLIN))
                continue;
            if (!services[i].serve)
                exit(3);
            int fd = accept(polls[i].fd, NULL, NULL);
            MUST(fd >= 0);
            if (fork() == 0) {
                services[i].serve(fd);
                _exit(0);
            }
            close(fd);
        }
    }
}

/* ---- node 0 ---- */

/* What was written comes back, whatever its size. */
static void echoes(int node)
{
    static char back[sizeof(buffer)];
    int fd = ask(node, "echo");
    for (size_t size = 1; size <= sizeof(buffer); size = size * 3 + 1) {
        for (size_t i = 0; i < size; i++)
            buffer[i] = (char)(size + i * 7);
        write_all(fd, buffer, size);
        read_all(fd, back, size);
        MUST(memcmp(buffer, back, size) == 0);
    }
    struct sockaddr_un name;
    socklen_t size = sizeof(name);
    char path[32];
    snprintf(path, sizeof(path), "/node/%d/echo", node);
    MUST(getpeername(fd, (struct sockaddr *)&name, &size) == 0 && !strcmp(name.sun_path, path));
    MUST(shutdown(fd, SHUT_WR) == 0);
    MUST(read(fd, buffer, 1) == 0); /* the other end closed after our end */
    close(fd);
    printf("echo %d\n", node);
}

static void errors_of_connect(int node)
{
    MUST(try_connect(node, "nobody") < 0 && errno == ECONNREFUSED);
    MUST(try_connect(node, "no/body") < 0 && errno == ECONNREFUSED);
    MUST(try_connect(77, "echo") < 0 && errno == ENOENT);
    for (int good = 0; good < 2; good++) {
        struct sockaddr_un address = address_of(node, good ? "echo" : "nobody");
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
        struct pollfd poll_one = {fd, POLLOUT, 0};
        socklen_t size = sizeof(error);
        MUST(connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EINPROGRESS);
        MUST(poll(&poll_one, 1, 10000) == 1 && (poll_one.revents & POLLOUT));
        MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
        MUST(error == (good ? 0 : ECONNREFUSED));
        MUST(!good || (read(fd, buffer, 1) < 0 && errno == EAGAIN && write(fd, "x", 1) == 1));
        close(fd);
    }
    printf("connect %d\n", node);
}

/* A program that does not read holds up its own connection and no other. */
static void slow_reader(int node)
{
    int slow = ask(node, "slow"), quick = ask(node, "echo");
    uint64_t sent = 0, answer[2];
    struct pollfd poll_one = {slow, POLLOUT, 0};
    ssize_t size;
    MUST(fcntl(slow, F_SETFL, O_NONBLOCK) == 0);
    memset(buffer, 0, sizeof(buffer));
    while ((size = write(slow, buffer, sizeof(buffer))) > 0)
        sent += (uint64_t)size;
    /* The ring is full, of 64 KiB among many nodes; or the window is, and the socket's buffers. */
    MUST(errno == EAGAIN && sent >= 32768 && sent <= 1 << 20);
    MUST(poll(&poll_one, 1, 0) == 0);
    for (int i = 0; i < 20; i++) {
        write_all(quick, buffer, 20000);
        read_all(quick, buffer, 20000);
    }
    MUST(poll(&poll_one, 1, 20000) == 1 && poll_one.revents == POLLOUT);
    MUST(fcntl(slow, F_SETFL, 0) == 0);
    memset(buffer, 0, sizeof(buffer));
    write_all(slow, buffer, sizeof(buffer));
    MUST(shutdown(slow, SHUT_WR) == 0);
    read_all(slow, (char *)answer, sizeof(answer));
    MUST(answer[0] == sent + sizeof(buffer) && answer[1] == 0);
    close(slow);
    close(quick);
    printf("slow %d\n", node);
}

static void ends(int node)
{
    int fd = ask(node, "die");
    signal(SIGPIPE, SIG_IGN);
    write_all(fd, "12345", 5); /* it reads one byte of them and is killed */
    MUST(read(fd, buffer, 1) < 0 && errno == ECONNRESET);
    MUST(read(fd, buffer, 1) == 0);
    MUST(write(fd, "x", 1) < 0 && errno == EPIPE);
    close(fd);
    fd = ask(node, "close");
    struct pollfd poll_one = {fd, POLLIN | POLLRDHUP, 0};
    while (!(poll_one.revents & POLLHUP))
        MUST(poll(&poll_one, 1, 10000) == 1);
    MUST(poll_one.revents & POLLIN && poll_one.revents & POLLRDHUP);
    MUST(write(fd, "x", 1) < 0 && errno == EPIPE);
    read_all(fd, buffer, 4);
    MUST(memcmp(buffer, "last", 4) == 0 && read(fd, buffer, 1) == 0);
    close(fd);
    printf("ends %d\n", node);
}

static void send_large(int node)
{
    int fd = ask(node, "sink");
    uint64_t sum = 0, answer[2];
    double start = now();
    for (uint32_t done = 0; done < LARGE; done += sizeof(buffer)) {
        for (uint32_t i = 0; i < sizeof(buffer); i++) {
            buffer[i] = (char)((done + i) * 2654435761U >> 24);
            sum = sum * 31 + (unsigned char)buffer[i];
        }
        write_all(fd, buffer, sizeof(buffer));
    }
    MUST(shutdown(fd, SHUT_WR) == 0);
    read_all(fd, (char *)answer, sizeof(answer));
    MUST(answer[0] == LARGE && answer[1] == sum);
    close(fd);
    printf("64 MiB to %d in %.1f s\n", node, now() - start);
}

/* Small messages of another pair go on meanwhile. */
static void large_beside_small(int large, int small)
{
    int fd = ask(small, "echo"), status, count = 0;
    double longest = 0, sum = 0;
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        send_large(large);
        exit(0);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        char byte = (char)count;
        double start = now();
        write_all(fd, &byte, 1);
        read_all(fd, buffer, 1);
        MUST(buffer[0] == byte);
        double taken = now() - start;
        longest = taken > longest ? taken : longest;
        sum += taken;
        count++;
        usleep(5000);
    }
    MUST(status == 0 && count > 20 && longest < 5);
    printf("beside it %d echoes, mean %.1f ms, longest %.0f ms\n", count, sum / count * 1e3,
           longest * 1e3);
    close(fd);
}

/* The peer's node dies, and comes again. */
static void node_dies(int node)
{
    /* Once: when it dies before we have read that it took us, this is refused, and asking again
     * would be the end of its next life. */
    int fd = ask(node, "echo"), end = try_connect(node, "end"), error;
    ssize_t size = read(fd, buffer, 1);
    /* What was still said before the death is an end in order. */
    MUST(size == 0 || (size < 0 && errno == ECONNRESET));
    MUST(read(fd, buffer, 1) == 0 && write(fd, "x", 1) < 0 && errno == EPIPE);
    error = try_connect(node, "echo") < 0 ? errno : 0;
    MUST(error == EHOSTUNREACH || error == ECONNREFUSED || error == 0);
    close(fd);
    if (end >= 0)
        close(end);
    echoes(node);
    printf("back %d\n", node);
}

static void all_meet(void)
{
    int fds[64], pairs = 0;
    double start = now();
    MUST(nodes <= 64);
    for (int node = 0; node < nodes; node++)
        fds[node] = ask(node, "meet");
    for (int node = 0; node < nodes; node++) {
        char answered;
        read_all(fds[node], &answered, 1);
        MUST(answered == nodes - 1 - node);
        pairs += answered;
        close(fds[node]);
    }
    printf("%d pairs in %.1f s\n", pairs, now() - start);
}

int main(int count, char **arguments)
{
    MUST(getenv("HYDROS_NODE") && getenv("HYDROS_NODES"));
    self = atoi(getenv("HYDROS_NODE"));
    nodes = atoi(getenv("HYDROS_NODES"));
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (self != 0 || fork() == 0)
        serve();
    all_meet();
    for (int i = 2; i < count; i++) {
        int node = atoi(arguments[i]);
        printf("node %d\n", node);
        errors_of_connect(node);
        slow_reader(node);
        ends(node);
    }
    large_beside_small(1, nodes - 1);
    node_dies(1);
    printf("all right\n");
    return 0;
}
