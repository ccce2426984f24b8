/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First program of every node, pid 1. Gives the console to a session, starts the node's program (an
 * Erlang shell, an expression, a release, a shell or any program by boot option), buries orphans,
 * and ends with its status. An ordinary static Linux program: it also runs on Linux, where tests
 * try it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/init.h"

static int say(const char *what, const char *about)
{
    /* One write, so that the line stays whole. */
    char line[1024];
    int size = snprintf(line, sizeof line, "init: %s%s%s\n", what, *about != 0 ? ": " : "", about);
    if (size > (int)sizeof line - 1)
        size = (int)sizeof line - 1;
    return write(STDERR_FILENO, line, (size_t)size) < 0 ? -1 : 1;
}

static void console_open(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            int opened = open("/dev/console", O_RDWR | O_NOCTTY);
            if (opened >= 0 && opened != fd) {
                dup2(opened, fd);
                close(opened);
            }
        }
    }
}

/* The kernel names the node; an older way is the host name n<number>.hydros. */
static void environment_set(void)
{
    char term[64] = "linux", number[16] = "0", host[65];
    struct utsname name;
    if (getenv("HYDROS_NODE") == NULL) {
        if (uname(&name) == 0 && name.nodename[0] == 'n')
            snprintf(number, sizeof number, "%d", atoi(name.nodename + 1));
        setenv("HYDROS_NODE", number, 1);
    }
    setenv("HYDROS_NODES", "1", 0);
    long size = option_get("hostname", host, sizeof host);
    if (size > 0 && sethostname(host, strlen(host)) != 0)
        say("cannot be named", host);
    option_get("term", term, sizeof term);
    setenv("TERM", term, 1);
    setenv("HOME", "/root", 1);
    setenv("USER", "root", 1);
    setenv("SHELL", "/bin/sh", 1);
    setenv("LANG", "C.UTF-8", 1);
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    /* It goes with the node; its head is kept (end.c). */
    setenv("ERL_CRASH_DUMP", "/tmp/erl_crash.dump", 1);
    copying_environment();
    erlang_environment();
}

static void child_start(void)
{
    setsid();
    ioctl(STDIN_FILENO, TIOCSCTTY, 1);
    struct program *program = program_choose();
    if (program == NULL)
        _exit(127);
    if (getenv("HYDROS_SAFE") != NULL)
        log_say("init: safe mode: only a shell and the cluster; see /proc/hydros/deaths");
    if (chdir(program->directory) != 0)
        say("cannot enter", program->directory);
    execv(program->arguments[0], program->arguments);
    char text[512];
    snprintf(text, sizeof text, "%s: %s", program->arguments[0], strerror(errno));
    say("cannot start", text);
    _exit(127);
}

int main(void)
{
    console_open();
    if (options_read() != 0)
        say("cannot read the boot options", "/proc/cmdline");
    environment_set();
    options_judge();
    /* For bringing up a kernel: no fork before the program. */
    if (option_get("direct", NULL, 0) >= 0)
        child_start();
    pid_t child = fork();
    if (child == 0)
        child_start();
    if (child < 0) {
        say("cannot fork", strerror(errno));
        return 126;
    }
    /* The program's session has the terminal now; our own copies would keep pipes and terminals
     * open. */
    close(STDIN_FILENO);
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            return 126;
        if (pid == child) {
            end_say(status);
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
    }
}
