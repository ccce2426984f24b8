/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elsewhere ARGUMENT...: Erlang with these arguments, on another node of the machine. A test
 * suite's virtual machine takes it for `erl` (PROGNAME), so all nodes that a case starts are on
 * other nodes than itself, one after the other; on the one it names if its name is NAME@nK.
 * Standard input and output go over the connection, the environment stays that of the other node.
 *
 * elsewhere serve: what does it there. Listens at /node/K/erlang; a request is the arguments, each
 * with its final 0, and one more 0.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_MAX   65536
#define ARGUMENTS_MAX 256

static char bytes[REQUEST_MAX];

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static struct sockaddr_un address_of(int node)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "/node/%d/erlang", node);
    return address;
}

static int number_of(const char *variable)
{
    const char *text = getenv(variable);
    return text != NULL ? atoi(text) : 0;
}

/* ---- serve ---- */

/* Reads until the empty argument; false: it is none. */
static int request_read(int fd, char *arguments[ARGUMENTS_MAX])
{
    size_t size = 0;
    int count = 1;
    while (size < 2 || bytes[size - 1] != 0 || bytes[size - 2] != 0) {
        ssize_t got = size < sizeof(bytes) ? read(fd, bytes + size, 1) : 0;
        if (got <= 0)
            return 0;
        size += (size_t)got;
    }
    for (char *at = bytes; at < bytes + size - 1 && count < ARGUMENTS_MAX - 1; at += strlen(at) + 1)
        arguments[count++] = at;
    return 1;
}

static void answer(int fd)
{
    static char *arguments[ARGUMENTS_MAX] = {"erl"};
    if (!request_read(fd, arguments))
        _exit(1);
    signal(SIGCHLD, SIG_DFL);
    for (int to = 0; to <= 2; to++)
        dup2(fd, to);
    close(fd);
    execv("/usr/bin/erl", arguments);
    _exit(127);
}

static int serve(void)
{
    struct sockaddr_un address = address_of(number_of("HYDROS_NODE"));
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listening, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listening, 64) != 0)
        return fail("elsewhere: listen");
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listening, NULL, NULL);
        if (fd >= 0 && fork() == 0)
            answer(fd);
        close(fd);
    }
}

/* ---- ask ---- */

/* The next one in turn, which a file counts; the first node runs the suite. */
static int next_node(void)
{
    char text[16] = "";
    int count = number_of("HYDROS_NODES"), fd = open("/tmp/elsewhere", O_RDWR | O_CREAT, 0600);
    flock(fd, LOCK_EX);
    int turn = read(fd, text, sizeof(text) - 1) > 0 ? atoi(text) : 0;
    snprintf(text, sizeof(text), "%d", turn + 1);
    if (pwrite(fd, text, strlen(text), 0) < 0)
        perror("elsewhere: count");
    close(fd);
    return count < 2 ? 0 : 1 + turn % (count - 1);
}

static int node_of(char *arguments[])
{
    for (int i = 1; arguments[i] != NULL && arguments[i + 1] != NULL; i++) {
        const char *at = strstr(arguments[i + 1], "@n");
        if ((strcmp(arguments[i], "-sname") == 0 || strcmp(arguments[i], "-name") == 0) &&
            at != NULL && at[2] >= '0' && at[2] <= '9')
            return atoi(at + 2);
    }
    return next_node();
}

static int all_write(int fd, const char *from, ssize_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, from, (size_t)size);
        if (done <= 0)
            return 0;
        from += done;
        size -= done;
    }
    return 1;
}

/* Both ways until the other end has closed. */
static int relay(int fd)
{
    struct pollfd ends[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    for (;;) {
        if (poll(ends, 2, -1) < 0)
            return fail("elsewhere: poll");
        if (ends[0].revents != 0) {
            ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
            if (got <= 0 || !all_write(fd, bytes, got)) {
                shutdown(fd, SHUT_WR);
                ends[0].fd = -1;
            }
        }
        if (ends[1].revents != 0) {
            ssize_t got = read(fd, bytes, sizeof(bytes));
            if (got <= 0)
                return 0;
            if (!all_write(STDOUT_FILENO, bytes, got)) /* nobody reads: Erlang's port was closed */
                dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        }
    }
}

static int ask(char *arguments[])
{
    struct sockaddr_un address = address_of(node_of(arguments));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    signal(SIGPIPE, SIG_IGN);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return fail("elsewhere: connect");
    for (int i = 1; arguments[i] != NULL; i++)
        if (!all_write(fd, arguments[i], (ssize_t)strlen(arguments[i]) + 1))
            return fail("elsewhere: ask");
    if (!all_write(fd, "", 1))
        return fail("elsewhere: ask");
    return relay(fd);
}

int main(int count, char *arguments[])
{
    return count == 2 && strcmp(arguments[1], "serve") == 0 ? serve() : ask(arguments);
}
