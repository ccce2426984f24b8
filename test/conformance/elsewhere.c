/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elsewhere ARGUMENT...: Erlang with these arguments, on another node of the machine. A test
 * suite's virtual machine takes it for `erl` (PROGNAME), so all nodes that a case starts are on
 * other nodes than itself: each on the one that follows from its name, as the hydros_address of
 * the tests has it, and one after the other those that have no name. Standard input and output go
 * over the connection, the configuration that they name is copied, the directory is the same one;
 * the environment stays that of the other node.
 *
 * elsewhere serve: what does it there. Listens at /node/K/erlang; a request is the directory, a
 * count, so many names and contents of files to be written, and the arguments: each with its final
 * 0, and one more 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

/* Reads until the empty string; false: it is no request. */
static int request_read(int fd, char *strings[ARGUMENTS_MAX])
{
    size_t size = 0;
    int count = 0;
    while (size < 2 || bytes[size - 1] != 0 || bytes[size - 2] != 0) {
        ssize_t got = size < sizeof(bytes) ? read(fd, bytes + size, 1) : 0;
        if (got <= 0)
            return 0;
        size += (size_t)got;
    }
    for (char *at = bytes; at < bytes + size - 1 && count < ARGUMENTS_MAX - 1; at += strlen(at) + 1)
        strings[count++] = at;
    return count > 1 && atoi(strings[1]) >= 0 && 2 * atoi(strings[1]) + 1 < count;
}

static void directories_make(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
}

static void file_write(char *path, const char *content)
{
    directories_make(path);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(content, file) < 0 || fclose(file) != 0)
        perror(path);
}

static void answer(int fd)
{
    static char *strings[ARGUMENTS_MAX], program[256];
    if (!request_read(fd, strings))
        _exit(1);
    char **arguments = strings + 1 + 2 * atoi(strings[1]);
    for (char **file = strings + 2; file < arguments; file += 2)
        file_write(file[0], file[1]);
    directories_make(strings[0]);
    if ((mkdir(strings[0], 0777) != 0 && errno != EEXIST) || chdir(strings[0]) != 0)
        perror(strings[0]);
    arguments[0] = "erlexec";
    signal(SIGCHLD, SIG_DFL);
    for (int to = 0; to <= 2; to++)
        dup2(fd, to);
    close(fd);
    snprintf(program, sizeof(program), "%s/erlexec", getenv("BINDIR"));
    execv(program, arguments);
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
static int next_node(int others)
{
    char text[16] = "";
    int fd = open("/tmp/elsewhere", O_RDWR | O_CREAT, 0600);
    flock(fd, LOCK_EX);
    int turn = read(fd, text, sizeof(text) - 1) > 0 ? atoi(text) : 0;
    snprintf(text, sizeof(text), "%d", turn + 1);
    if (pwrite(fd, text, strlen(text), 0) < 0)
        perror("elsewhere: count");
    close(fd);
    return 1 + turn % others;
}

/* hydros_address:find/3 of the tests does the same. */
static int node_of(char *arguments[])
{
    int others = number_of("HYDROS_NODES") - 1, sum = 0;
    if (others < 1)
        return 0;
    for (int i = 1; arguments[i] != NULL && arguments[i + 1] != NULL; i++) {
        const char *name = arguments[i + 1];
        if (strcmp(arguments[i], "-sname") != 0 && strcmp(arguments[i], "-name") != 0)
            continue;
        if (strcmp(name, "undefined") == 0) /* whom it connects to gives it a name */
            break;
        for (; *name != 0 && *name != '@'; name++)
            sum += (unsigned char)*name;
        return 1 + sum % others;
    }
    return next_node(others);
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

/* Nodes that choose a carrier of their own have ours all the same. */
static void carrier_remove(char *arguments[])
{
    int kept = 1;
    for (int i = 1; arguments[i] != NULL; i++) {
        if (strcmp(arguments[i], "-proto_dist") == 0 && arguments[i + 1] != NULL)
            i++;
        else
            arguments[kept++] = arguments[i];
    }
    arguments[kept] = NULL;
}

static int string_send(int fd, const char *string)
{
    return all_write(fd, string, (ssize_t)strlen(string) + 1);
}

/* The file of `-config NAME`, which Erlang also finds as NAME.config. */
static int files_send(int fd, char *arguments[])
{
    static char content[REQUEST_MAX / 2], path[512];
    for (int i = 1; arguments[i] != NULL && arguments[i + 1] != NULL; i++) {
        if (strcmp(arguments[i], "-config") != 0)
            continue;
        const char *name = arguments[i + 1], *dot = strrchr(name, '.');
        bool ends = dot != NULL && strcmp(dot, ".config") == 0;
        snprintf(path, sizeof(path), "%s%s", name, ends ? "" : ".config");
        FILE *file = fopen(path, "r");
        size_t size = file != NULL ? fread(content, 1, sizeof(content) - 1, file) : 0;
        if (file != NULL)
            fclose(file);
        content[size] = 0;
        if (path[0] == '/' && size > 0)
            return string_send(fd, "1") && string_send(fd, path) && string_send(fd, content);
    }
    return string_send(fd, "0");
}

static int ask(char *arguments[])
{
    carrier_remove(arguments);
    struct sockaddr_un address = address_of(node_of(arguments));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    signal(SIGPIPE, SIG_IGN);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return fail("elsewhere: connect");
    char directory[512];
    int sent = getcwd(directory, sizeof(directory)) != NULL && string_send(fd, directory) &&
               files_send(fd, arguments);
    for (int i = 1; arguments[i] != NULL; i++)
        sent = sent && string_send(fd, arguments[i]);
    if (!sent || !all_write(fd, "", 1))
        return fail("elsewhere: ask");
    return relay(fd);
}

int main(int count, char *arguments[])
{
    return count == 2 && strcmp(arguments[1], "serve") == 0 ? serve() : ask(arguments);
}
