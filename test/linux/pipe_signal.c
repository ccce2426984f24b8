/* SPDX-License-Identifier: Apache-2.0 */
/* SIGPIPE ends a writer; with a handler it is told and the write fails. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static volatile int told;

static void handler(int signal)
{
    told = signal;
}

int main(void)
{
    int ends[2], status;
    alarm(20);
    if (pipe(ends) != 0)
        return 1;
    close(ends[0]);
    pid_t child = fork();
    if (child == 0) {
        if (write(ends[1], "x", 1) < 0)
            _exit(1);
        _exit(2);
    }
    waitpid(child, &status, 0);
    printf("killed by SIGPIPE: %d\n", WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    signal(SIGPIPE, handler);
    show("write", write(ends[1], "x", 1));
    printf("handler: %d\n", told == SIGPIPE);
    return 0;
}
