/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told of a program that ended badly: how, and the head of the dump that Erlang wrote. It
 * goes into the kernel's log, from which the neighbours keep it; the dump itself goes with the
 * node.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/init.h"

#define HEAD_SIZE 2048
#define PIECE     200 /* of a line; /dev/kmsg takes 255 bytes */

void log_say(const char *text)
{
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, text, strlen(text)) < 0) {
        /* There is no other place to say it. */
    }
    close(fd);
}

static void line_say(const char *line, size_t size)
{
    char text[PIECE + 32];
    do {
        size_t part = size < PIECE ? size : PIECE;
        snprintf(text, sizeof text, "erl_crash.dump: %.*s", (int)part, line);
        log_say(text);
        line += part;
        size -= part;
    } while (size > 0);
}

/* The state of run queues and idle schedulers does not tell why. */
static bool is_telling(const char *line)
{
    static const char *const others[] = {"Run Queue", "Scheduler Sleep", "=dirty",
                                         "Current Port: ", "Current Process: \n"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strncmp(line, others[i], strlen(others[i])) == 0)
            return false;
    }
    return true;
}

/* Whole lines, but for one that alone is longer. */
static void dump_say(const char *path)
{
    char head[HEAD_SIZE + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t size = read(fd, head, HEAD_SIZE);
    close(fd);
    if (size <= 0)
        return;
    head[size] = 0;
    char *end = strrchr(head, '\n');
    if (end != NULL)
        *end = 0;
    for (const char *line = head; *line != 0;) {
        size_t length = strcspn(line, "\n");
        if (is_telling(line))
            line_say(line, length);
        line += length + (line[length] != 0);
    }
}

void end_say(int status)
{
    char text[128];
    const char *dump = getenv("ERL_CRASH_DUMP");
    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "init: the program was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(text, sizeof text, "init: the program ended with status %d", WEXITSTATUS(status));
    else
        return;
    log_say(text);
    if (dump != NULL)
        dump_say(dump);
}
