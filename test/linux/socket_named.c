/* SPDX-License-Identifier: Apache-2.0 */
/* AF_UNIX by path: bind, listen, connect, accept, names, refusal, rebinding. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "show.h"

static int events(int fd)
{
    struct pollfd poll_fd = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    poll(&poll_fd, 1, 0);
    return poll_fd.revents;
}

static char directory[] = "/tmp/socket-XXXXXX";

static struct sockaddr_un address(const char *name)
{
    struct sockaddr_un result = {.sun_family = AF_UNIX};
    snprintf(result.sun_path, sizeof(result.sun_path), "%s/%s", directory, name);
    return result;
}

static void name_show(const char *what, int (*call)(int, struct sockaddr *, socklen_t *), int fd)
{
    struct sockaddr_un name;
    socklen_t size = sizeof(name);
    memset(&name, 0, sizeof(name));
    int result = call(fd, (struct sockaddr *)&name, &size);
    show(what, result);
    if (result == 0)
        printf("family %d size %u name %s\n", name.sun_family, size,
               size > 2 ? strrchr(name.sun_path, '/') : "none");
}

int main(void)
{
    char buffer[100];
    struct stat stat_buffer;
    alarm(20);
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(directory))
        return 1;
    struct sockaddr_un name = address("server"), other = address("other"),
                       missing = address("missing");
    int listener = socket(AF_UNIX, SOCK_STREAM, 0),
        client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    printf("fresh events %#x\n", events(client));
    show("no such path", connect(client, (void *)&missing, sizeof(missing)));
    show("listen unbound", listen(listener, 5));
    show("bind", bind(listener, (void *)&name, sizeof(name)));
    show("bind again", bind(listener, (void *)&other, sizeof(other)));
    stat(name.sun_path, &stat_buffer);
    printf("socket %d\n", S_ISSOCK(stat_buffer.st_mode));
    show("open", open(name.sun_path, O_RDWR));
    show("name taken", bind(client, (void *)&name, sizeof(name)));
    show("not listening", connect(client, (void *)&name, sizeof(name)));
    show("accept", accept(listener, NULL, NULL));
    show("listen", listen(listener, 1));
    int type = socket(AF_UNIX, SOCK_DGRAM, 0);
    show("wrong type", connect(type, (void *)&name, sizeof(name)));
    show("connect", connect(client, (void *)&name, sizeof(name)));
    show("connect again", connect(client, (void *)&name, sizeof(name)));
    show("early write", write(client, "early", 5));
    printf("listener events %#x\n", events(listener));
    struct sockaddr_un from;
    socklen_t size = sizeof(from);
    int server = accept4(listener, (void *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    printf("accepted %d, from size %u, flags %d %d\n", server >= 0, size, fcntl(server, F_GETFD),
           (fcntl(server, F_GETFL) & O_NONBLOCK) != 0);
    show("read", read(server, buffer, 100));
    name_show("server's name", getsockname, server);
    name_show("server's peer", getpeername, server);
    name_show("client's name", getsockname, client);
    name_show("client's peer", getpeername, client);
    int more[4];
    for (int i = 0; i < 4; i++) {
        more[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        show("backlog", connect(more[i], (void *)&name, sizeof(name)));
    }
    close(listener);
    show("pending one was dropped", read(more[0], buffer, 1));
    show("accepted one lives", write(server, "x", 1));
    show("nobody listens", connect(more[3], (void *)&name, sizeof(name)));
    show("unlink", unlink(name.sun_path));
    show("gone", connect(more[3], (void *)&name, sizeof(name)));
    show("name_show",
         bind(more[3], (void *)&other,
              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(other.sun_path))));
    name_show("bound", getsockname, more[3]);
    show("short", bind(type, (void *)&other, 1));
    show("wrong family",
         bind(type, (void *)&(struct sockaddr_un){.sun_family = AF_INET}, sizeof(other)));
    struct sockaddr_un nowhere = address("no/such");
    show("no directory", bind(type, (void *)&nowhere, sizeof(nowhere)));
    unlink(other.sun_path);
    rmdir(directory);
    return 0;
}
