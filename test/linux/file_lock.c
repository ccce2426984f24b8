/* SPDX-License-Identifier: Apache-2.0 */
/* Record locks between processes, OFD locks between open files, flock. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

static int fd;

static int set(int file, int command, short type, off_t start, off_t size)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = size};
    return fcntl(file, command, &lock);
}

static void ask(short type, off_t start, off_t size)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = size};
    int result = fcntl(fd, F_GETLK, &lock);
    printf("  F_GETLK %ld+%ld: %d", (long)start, (long)size, result);
    if (lock.l_type == F_UNLCK)
        printf(" free\n");
    else
        printf(" %s %ld+%ld by the %s\n", lock.l_type == F_WRLCK ? "write" : "read",
               (long)lock.l_start, (long)lock.l_len, lock.l_pid == getppid() ? "parent" : "other");
}

/* Runs in a child and waits for it. */
static void in_child(void (*run)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        run();
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void look(void)
{
    ask(F_WRLCK, 0, 0);
    ask(F_WRLCK, 0, 10);
    ask(F_RDLCK, 10, 10);
    ask(F_WRLCK, 30, 5);
    ask(F_RDLCK, 40, 0);
}

static void take(void)
{
    printf("  child takes 15: %d %s\n", set(fd, F_SETLK, F_WRLCK, 15, 1),
           errno == EAGAIN ? "EAGAIN" : "");
    errno = 0;
    printf("  child takes 25: %d\n", set(fd, F_SETLK, F_WRLCK, 25, 1));
}

int main(void)
{
    work_start();
    fd = open("f", O_RDWR | O_CREAT, 0644);
    SHOW(set(fd, F_SETLK, F_WRLCK, 10, 10));
    in_child(look);
    SHOW(set(fd, F_SETLK, F_WRLCK, 20, 10));
    in_child(look);
    SHOW(set(fd, F_SETLK, F_UNLCK, 14, 4));
    in_child(look);
    SHOW(set(fd, F_SETLK, F_RDLCK, 12, 6));
    in_child(look);
    SHOW(set(fd, F_SETLK, F_WRLCK, 0, 0));
    in_child(look);
    SHOW(set(fd, F_SETLK, F_UNLCK, 20, 0));
    in_child(take);
    int second = open("f", O_RDWR);
    close(second); /* which drops all the process's locks */
    in_child(look);
    SHOW(set(fd, F_SETLK, F_WRLCK, 15, 1));
    int ready[2];
    pipe(ready);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        write(ready[1], "r", 1);
        int result = set(fd, F_SETLKW, F_WRLCK, 15, 1);
        write(ready[1], "l", 1);
        _exit(result == 0 ? 0 : 1);
    }
    char byte;
    read(ready[0], &byte, 1);
    struct pollfd locked = {.fd = ready[0], .events = POLLIN};
    printf("child has it at once: %d\n", poll(&locked, 1, 50));
    SHOW(set(fd, F_SETLK, F_UNLCK, 15, 1));
    int status;
    waitpid(child, &status, 0);
    printf("child waits: %d\n", status);
    SHOW(set(fd, F_SETLK, 9, 0, 1));
    SHOW(set(fd, F_SETLK, F_WRLCK, -1, 1));
    int reader = open("f", O_RDONLY);
    SHOW(set(reader, F_SETLK, F_WRLCK, 0, 1));
    SHOW(set(reader, F_SETLK, F_RDLCK, 0, 1));
    second = open("f", O_RDWR);
    SHOW(set(second, F_OFD_SETLK, F_WRLCK, 100, 10));
    int third = open("f", O_RDWR);
    SHOW(set(third, F_OFD_SETLK, F_WRLCK, 105, 10));
    SHOW(set(fd, F_SETLK, F_WRLCK, 105, 10));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1};
    SHOW(fcntl(third, F_OFD_GETLK, &lock));
    printf("pid %d start %ld len %ld\n", lock.l_pid, (long)lock.l_start, (long)lock.l_len);
    close(second);
    SHOW(set(third, F_OFD_SETLK, F_WRLCK, 105, 10));
    second = open("f", O_RDWR);
    SHOW(flock(second, LOCK_SH));
    SHOW(flock(third, LOCK_SH | LOCK_NB));
    SHOW(flock(third, LOCK_EX | LOCK_NB));
    SHOW(flock(second, LOCK_UN));
    SHOW(flock(third, LOCK_EX | LOCK_NB));
    SHOW(flock(second, LOCK_SH | LOCK_NB));
    int copy = dup(third);
    close(third);
    SHOW(flock(second, LOCK_SH | LOCK_NB));
    close(copy);
    SHOW(flock(second, LOCK_SH | LOCK_NB));
    SHOW(flock(second, 77));
    SHOW(flock(999, LOCK_SH));
    return 0;
}
