/* SPDX-License-Identifier: Apache-2.0 */
/* SA_RESETHAND, SA_NODEFER, sa_mask, and what sigaction gives back. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile int depth, deepest, order[8], count;

static void nest(int signal)
{
    if (++depth > deepest)
        deepest = depth;
    if (count++ < 3)
        raise(signal);
    depth--;
}

static void note(int signal)
{
    order[count++] = signal;
    if (signal == SIGUSR1) {
        raise(SIGUSR2);
        order[count++] = 0;
    }
}

static void once(int signal)
{
    struct sigaction now;
    sigaction(signal, NULL, &now);
    printf("in a SA_RESETHAND handler the action is default: %d\n", now.sa_handler == SIG_DFL);
}

int main(void)
{
    alarm(20);
    struct sigaction action = {.sa_handler = nest}, old;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    printf("deferred: %d runs, deepest %d\n", count, deepest);
    count = deepest = 0;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    printf("SA_NODEFER: %d runs, deepest %d\n", count, deepest);

    for (int masked = 0; masked < 2; masked++) {
        count = 0;
        action = (struct sigaction){.sa_handler = note};
        sigaction(SIGUSR2, &action, NULL);
        if (masked)
            sigaddset(&action.sa_mask, SIGUSR2);
        sigaction(SIGUSR1, &action, NULL);
        raise(SIGUSR1);
        printf("USR2 %s by sa_mask:", masked ? "held back" : "let in");
        for (int i = 0; i < count; i++)
            printf(" %s", order[i] == SIGUSR1 ? "USR1" : order[i] == SIGUSR2 ? "USR2" : "end");
        printf("\n");
    }
    action = (struct sigaction){.sa_handler = once, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &old);
    printf("afterwards default: %d\n", old.sa_handler == SIG_DFL);

    action = (struct sigaction){.sa_handler = note, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigaddset(&action.sa_mask, SIGHUP);
    sigaddset(&action.sa_mask, SIGKILL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGTERM, NULL, &old);
    printf("got back: handler %d, RESTART %d, ONSTACK %d, SIGINFO %d, HUP %d, KILL %d\n",
           old.sa_handler == note, (old.sa_flags & SA_RESTART) != 0,
           (old.sa_flags & SA_ONSTACK) != 0, (old.sa_flags & SA_SIGINFO) != 0,
           sigismember(&old.sa_mask, SIGHUP), sigismember(&old.sa_mask, SIGKILL));
    action.sa_handler = SIG_IGN;
    int result = sigaction(SIGKILL, &action, NULL);
    printf("KILL: %d %d\n", result, errno == EINVAL);
    printf("STOP: %d, 0: %d, 65: %d\n", sigaction(SIGSTOP, &action, NULL),
           sigaction(0, &action, NULL), sigaction(65, &action, NULL));
    printf("looking at KILL: %d\n", sigaction(SIGKILL, NULL, &old));
    return 0;
}
