/* SPDX-License-Identifier: Apache-2.0 */
/* sigsuspend, ppoll, pselect and epoll_pwait: another mask for the time of the call, the old one
 * afterwards. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static volatile int handled, inside_blocked;

static void handler(int signal)
{
    sigset_t now;
    handled++;
    sigprocmask(SIG_SETMASK, NULL, &now);
    inside_blocked = sigismember(&now, SIGUSR2);
}

static void show(const char *name, int result)
{
    int error = errno;
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    printf("%s: %d %s handled %d, USR2 blocked inside %d, USR1 blocked again %d\n", name, result,
           result < 0 ? strerror(error) : "", handled, inside_blocked, sigismember(&now, SIGUSR1));
    handled = 0;
    inside_blocked = 0;
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_handler = handler};
    sigset_t blocked, open, both;
    int ends[2];
    struct timespec none = {0, 0}, second = {5, 0};
    struct epoll_event event = {.events = EPOLLIN};
    if (pipe(ends) != 0)
        return 1;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigemptyset(&open);
    sigaddset(&open, SIGUSR2);
    both = blocked;
    sigaddset(&both, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    int poller = epoll_create1(0);
    epoll_ctl(poller, EPOLL_CTL_ADD, ends[0], &event);
    struct pollfd fd = {ends[0], POLLIN, 0};
    fd_set set;

    raise(SIGUSR1);
    printf("blocked: handled %d\n", handled);
    show("sigsuspend", sigsuspend(&open));
    raise(SIGUSR1);
    show("ppoll", ppoll(&fd, 1, &second, &open));
    raise(SIGUSR1);
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    show("pselect", pselect(ends[0] + 1, &set, NULL, NULL, &second, &open));
    raise(SIGUSR1);
    show("epoll_pwait", epoll_pwait(poller, &event, 1, 5000, &open));
    show("ppoll, nothing", ppoll(&fd, 1, &none, &open));

    /* Ready at once: the call succeeds, and the signal stays for later. */
    raise(SIGUSR1);
    if (write(ends[1], "x", 1) != 1)
        return 1;
    int result = ppoll(&fd, 1, &second, &both);
    show("ppoll, ready, blocked", result);
    sigset_t pending;
    sigpending(&pending);
    printf("still pending %d\n", sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    printf("unblocked: handled %d\n", handled);
    return 0;
}
