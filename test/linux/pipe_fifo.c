/* SPDX-License-Identifier: Apache-2.0 */
/* Named pipes: opening waits for the other side, O_NONBLOCK does not, hang-up comes and goes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static int events(int fd)
{
    struct pollfd poll_fd = {fd, POLLIN, 0};
    poll(&poll_fd, 1, 0);
    return poll_fd.revents;
}

int main(void)
{
    char directory[] = "/tmp/fifo-XXXXXX", path[64], buffer[100] = "";
    int status;
    alarm(20);
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(directory))
        return 1;
    snprintf(path, sizeof(path), "%s/fifo", directory);
    show("mkfifo", mkfifo(path, 0600));
    show("again", mkfifo(path, 0600));
    show("write side alone", open(path, O_WRONLY | O_NONBLOCK));
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    printf("reader opened: %d\n", reader >= 0);
    printf("no writer yet: %#x\n", events(reader));
    show("read", read(reader, buffer, 1));
    int writer = open(path, O_WRONLY | O_NONBLOCK);
    printf("writer opened: %d\n", writer >= 0);
    show("empty", read(reader, buffer, 1));
    show("write", write(writer, "abc", 3));
    printf("filled: %#x\n", events(reader));
    close(writer);
    printf("writer gone: %#x\n", events(reader));
    show("read", read(reader, buffer, sizeof(buffer)));
    show("end", read(reader, buffer, sizeof(buffer)));
    writer = open(path, O_WRONLY);
    printf("new writer: %#x\n", events(reader));
    close(writer);
    close(reader);
    pid_t child = fork();
    if (child == 0) {
        writer = open(path, O_WRONLY);
        _exit(write(writer, "from the child", 14) == 14 ? 0 : 1);
    }
    reader = open(path, O_RDONLY);
    show("read", read(reader, buffer, sizeof(buffer)));
    printf("%.14s\n", buffer);
    waitpid(child, &status, 0);
    printf("status %d\n", status);
    close(reader);
    int both = open(path, O_RDWR);
    show("write to oneself", write(both, "me", 2));
    show("read from oneself", read(both, buffer, sizeof(buffer)));
    struct stat stat;
    fstat(both, &stat);
    printf("fifo %d\n", S_ISFIFO(stat.st_mode));
    unlink(path);
    show("still there", write(both, "me", 2));
    rmdir(directory);
    return 0;
}
