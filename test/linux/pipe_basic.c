/* SPDX-License-Identifier: Apache-2.0 */
/* Pipes: order, end of file, broken pipe, capacity, poll and FIONREAD. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "show.h"

static int events(int fd)
{
    struct pollfd poll_fd = {fd, POLLIN | POLLOUT, 0};
    poll(&poll_fd, 1, 0);
    return poll_fd.revents;
}

int main(void)
{
    char buffer[70000];
    int ends[2], bytes = -1;
    struct stat stat;
    alarm(20);
    signal(SIGPIPE, SIG_IGN);
    show("pipe", pipe(ends));
    fstat(ends[0], &stat);
    printf("type %o, permissions %o\n", stat.st_mode & S_IFMT, stat.st_mode & 0777);
    printf("events empty: read %#x write %#x\n", events(ends[0]), events(ends[1]));
    show("write", write(ends[1], "hello world", 11));
    ioctl(ends[0], FIONREAD, &bytes);
    printf("waiting %d\n", bytes);
    printf("events filled: read %#x write %#x\n", events(ends[0]), events(ends[1]));
    memset(buffer, 0, sizeof(buffer));
    show("read 5", read(ends[0], buffer, 5));
    show("read rest", read(ends[0], buffer + 5, 100));
    printf("%s\n", buffer);
    show("read 0 bytes", read(ends[0], buffer, 0));
    show("read from the writing end", read(ends[1], buffer, 1));
    show("write to the reading end", write(ends[0], buffer, 1));
    show("seek", lseek(ends[0], 0, SEEK_SET));
    show("pread", pread(ends[0], buffer, 1, 0));
    show("capacity", fcntl(ends[0], F_GETPIPE_SZ));
    show("larger", fcntl(ends[1], F_SETPIPE_SZ, 100000));
    show("smaller", fcntl(ends[1], F_SETPIPE_SZ, 1));
    show("access mode", fcntl(ends[0], F_GETFL) & O_ACCMODE);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    show("fill one page", write(ends[1], buffer, 70000));
    show("too small now", fcntl(ends[1], F_SETPIPE_SZ, 0));
    show("full", write(ends[1], buffer, 1));
    printf("events full: read %#x write %#x\n", events(ends[0]), events(ends[1]));
    close(ends[1]);
    printf("events writer gone: read %#x\n", events(ends[0]));
    show("drain", read(ends[0], buffer, sizeof(buffer)));
    show("end", read(ends[0], buffer, sizeof(buffer)));
    printf("events at the end: read %#x\n", events(ends[0]));
    close(ends[0]);
    pipe2(ends, O_CLOEXEC | O_NONBLOCK);
    show("close on exec", fcntl(ends[0], F_GETFD));
    show("empty", read(ends[0], buffer, 1));
    close(ends[0]);
    printf("events reader gone: write %#x\n", events(ends[1]));
    show("broken", write(ends[1], "x", 1));
    show("broken, nothing", write(ends[1], "x", 0));
    show("bad flags", pipe2(ends, 1));
    return 0;
}
