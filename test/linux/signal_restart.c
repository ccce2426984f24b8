/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that a handler interrupts: which are repeated with SA_RESTART, which never, which always
 * fail. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int *handled; /* seen by the child, too */
static int ignored;
static int ends[2], sockets[2], poller;

static void handler(int signal)
{
    ++*handled;
}

static int is_asleep(pid_t pid)
{
    char path[64], text[256] = "";
    sprintf(path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, text, sizeof(text) - 1);
    close(fd);
    const char *name_end = strrchr(text, ')');
    return size > 0 && name_end && name_end[2] == 'S';
}

/* A child that sends one signal when the call waits, and when that was handled gives what the call
 * waits for. However slow the machine is. */
static pid_t disturb(void)
{
    pid_t parent = getpid(), child = fork();
    if (child != 0)
        return child;
    int before = *handled;
    while (!is_asleep(parent))
        usleep(1000);
    usleep(20000);
    kill(parent, SIGUSR1);
    for (int tries = ignored ? 0 : 5000; tries > 0 && *handled == before; tries--)
        usleep(1000);
    usleep(20000);
    if (write(ends[1], "x", 1) + write(sockets[1], "y", 1) != 2)
        _exit(1);
    _exit(7);
}

static void drain(void)
{
    char byte;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(sockets[0], F_SETFL, O_NONBLOCK);
    while (read(ends[0], &byte, 1) == 1 || read(sockets[0], &byte, 1) == 1)
        ;
    fcntl(ends[0], F_SETFL, 0);
    fcntl(sockets[0], F_SETFL, 0);
}

static long call(int which, pid_t child)
{
    char byte;
    struct pollfd fd = {ends[0], POLLIN, 0};
    struct epoll_event event;
    struct timespec time = {5, 0};
    fd_set set;
    int status;
    switch (which) {
    case 0:
        return read(ends[0], &byte, 1);
    case 1:
        return recv(sockets[0], &byte, 1, 0);
    case 2:
        return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -1;
    case 3:
        return poll(&fd, 1, 5000);
    case 4:
        FD_ZERO(&set);
        FD_SET(ends[0], &set);
        return select(ends[0] + 1, &set, NULL, NULL, NULL);
    case 5:
        return epoll_wait(poller, &event, 1, 5000);
    case 6:
        return nanosleep(&time, NULL);
    default:
        return pause();
    }
}

int main(void)
{
    static const char *const names[] = {"read",   "recv",       "waitpid",   "poll",
                                        "select", "epoll_wait", "nanosleep", "pause"};
    alarm(20);
    handled =
        mmap(NULL, sizeof(*handled), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct epoll_event event = {.events = EPOLLIN};
    if (pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
        return 1;
    poller = epoll_create1(0);
    epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], &event);
    for (int restart = 0; restart < 2; restart++) {
        struct sigaction action = {.sa_handler = handler, .sa_flags = restart ? SA_RESTART : 0};
        sigaction(SIGUSR1, &action, NULL);
        for (int which = 0; which < 8; which++) {
            *handled = 0;
            pid_t child = disturb();
            errno = 0;
            long result = call(which, child);
            printf("%s %s: %ld %s, handled %d\n", restart ? "SA_RESTART" : "plain", names[which],
                   result, result < 0 ? strerror(errno) : "", *handled);
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
                ;
            drain();
        }
    }
    /* An ignored signal is as if nothing had been. */
    ignored = 1;
    signal(SIGUSR1, SIG_IGN);
    for (int which = 0; which < 6; which++) {
        pid_t child = disturb();
        long result = call(which, child);
        printf("ignored %s: %ld\n", names[which], result);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
        drain();
    }
    return 0;
}
