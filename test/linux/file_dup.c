/* SPDX-License-Identifier: Apache-2.0 */
/* dup and its family, F_DUPFD, shared positions, descriptor limits. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/resource.h>

int main(void)
{
    work_start();
    work_file("f", "0123456789");
    int fd = open("f", O_RDWR);
    int lowest = fd;
    char byte;
    int copy = dup(fd);
    printf("lowest free: %d\n", copy - lowest);
    SHOW(lseek(fd, 4, SEEK_SET));
    SHOW(read(copy, &byte, 1));
    printf("%c\n", byte);
    SHOW(lseek(fd, 0, SEEK_CUR));
    int other = open("f", O_RDONLY);
    SHOW(lseek(other, 0, SEEK_CUR));
    SHOW(dup2(fd, 100));
    SHOW(dup2(fd, fd) == fd);
    SHOW(dup2(999, 100));
    SHOW(dup2(999, 999));
    SHOW(dup2(fd, -1));
    SHOW(lseek(100, 0, SEEK_CUR));
    SHOW(dup3(fd, 101, O_CLOEXEC));
    SHOW(fcntl(101, F_GETFD));
    SHOW(fcntl(100, F_GETFD));
    SHOW(dup3(fd, fd, 0));
    SHOW(dup3(fd, 102, O_NONBLOCK));
    SHOW(fcntl(fd, F_DUPFD, 100));
    SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 100));
    SHOW(fcntl(103, F_GETFD));
    SHOW(fcntl(fd, F_DUPFD, -1));
    SHOW(fcntl(103, F_SETFD, 0));
    SHOW(fcntl(103, F_GETFD));
    SHOW(fcntl(103, F_SETFD, FD_CLOEXEC));
    SHOW(fcntl(103, F_GETFD));
    SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    printf("%o\n", fcntl(103, F_GETFL) & ~O_LARGEFILE);
    SHOW(write(103, "x", 1));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(fcntl(fd, F_SETFL, 0));
    printf("%o\n", fcntl(103, F_GETFL) & ~O_LARGEFILE);
    SHOW(close(100));
    SHOW(close(100));
    SHOW(dup(fd) < 100);
    SHOW(fcntl(fd, 12345, 0));
    SHOW(fcntl(999, F_GETFD));
    SHOW(close_range(100, 200, 0));
    SHOW(fcntl(103, F_GETFD));
    SHOW(close_range(200, 100, 0));
    SHOW(dup2(fd, 50));
    SHOW(close_range(50, 50, 4));
    SHOW(fcntl(50, F_GETFD));
    struct rlimit limit = {60, 60};
    setrlimit(RLIMIT_NOFILE, &limit);
    int last = -1, next;
    while ((next = dup(fd)) >= 0)
        last = next;
    printf("last %d, %s\n", last, strerrorname_np(errno));
    SHOW(dup2(fd, 60));
    SHOW(fcntl(fd, F_DUPFD, 60));
    SHOW(open("f", O_RDONLY));
    close(55);
    SHOW(open("f", O_RDONLY));
    close_range(50, 59, 0); /* room for the clean-up */
    return 0;
}
