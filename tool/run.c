/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hydros run: starts QEMU and stands between its serial line and this terminal. Keys and window
 * sizes go in, output comes out, the machine's own status becomes the exit status. QEMU is a child
 * that dies with us.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tool/qemu.h"
#include "tool/terminal.h"
#include "tool/tool.h"

#define STATUS_TIMEOUT 124 /* as timeout(1) */
#define STATUS_QEMU    125 /* QEMU ended without the machine's word */
/* A loaded two-core machine boots four nodes under TCG well within this. */
#define EVAL_SECONDS 300
#define KEY_PREFIX   0x1d /* Ctrl-], as kernel/device/console.c */
/* A machine that hangs does not take its key for power off: then we end it. */
#define POWER_OFF_SECONDS 5

struct relay {
    pid_t qemu;
    int to_qemu, from_qemu, signals;
    char input[16384]; /* waits for QEMU, which takes what the machine has room for */
    size_t input_size;
    bool interactive, stdin_open, after_prefix;
    bool alive;       /* it has written something: from then on its line loses nothing */
    bool window_due;  /* the size is to be told once the person's command is complete */
    int64_t deadline; /* ms, or INT64_MAX */
    int64_t off_deadline;
    struct line_filter filter;
};

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool nobody_reads; /* whoever had our output is gone */

static void write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, bytes, size);
        if (done < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (done < 0 && errno == EPIPE)
            nobody_reads = true;
        if (done <= 0)
            return;
        bytes += done;
        size -= (size_t)done;
    }
}

/* Nobody sits there: lines end as on this side, not as on a terminal. */
static void write_lines(int fd, const char *bytes, size_t size)
{
    size_t start = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\r') {
            write_all(fd, bytes + start, i - start);
            start = i + 1;
        }
    }
    write_all(fd, bytes + start, size - start);
}

static void output_program(const char *bytes, size_t size)
{
    write_lines(STDOUT_FILENO, bytes, size);
}

static void output_kernel(const char *bytes, size_t size)
{
    write_lines(STDERR_FILENO, bytes, size);
}

/* As the command of the key prefix that no person types (kernel/device/console_keys.c). */
static void input_window_size(struct relay *relay)
{
    unsigned rows, columns;
    relay->window_due = relay->after_prefix || relay->input_size + 32 > sizeof relay->input;
    if (relay->window_due || !relay->interactive || !terminal_size(&rows, &columns))
        return;
    relay->input_size += (size_t)sprintf(relay->input + relay->input_size, "%cw%u;%ut", KEY_PREFIX,
                                         rows % 1000, columns % 1000);
}

static void input_look_for_power_off(struct relay *relay, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (relay->after_prefix && bytes[i] == 'q')
            relay->off_deadline = now_ms() + POWER_OFF_SECONDS * 1000;
        relay->after_prefix = !relay->after_prefix && bytes[i] == KEY_PREFIX;
    }
}

static void input_read(struct relay *relay)
{
    char *to = relay->input + relay->input_size;
    ssize_t size = read(STDIN_FILENO, to, sizeof relay->input - relay->input_size - 64);
    if (size > 0) {
        input_look_for_power_off(relay, to, (size_t)size);
        relay->input_size += (size_t)size;
        if (relay->window_due && !relay->after_prefix)
            input_window_size(relay);
    } else if (size == 0 || errno != EINTR) {
        relay->stdin_open = false;
    }
}

static void input_send(struct relay *relay)
{
    ssize_t size = write(relay->to_qemu, relay->input, relay->input_size);
    if (size > 0) {
        relay->input_size -= (size_t)size;
        memmove(relay->input, relay->input + size, relay->input_size);
    } else if (size < 0 && errno != EAGAIN && errno != EINTR) {
        relay->input_size = 0;
    }
    if (relay->window_due && !relay->after_prefix)
        input_window_size(relay);
}

/* false: QEMU closed its end. */
static bool output_take(struct relay *relay)
{
    char bytes[16384];
    ssize_t size = read(relay->from_qemu, bytes, sizeof bytes);
    if (size < 0)
        return errno == EINTR || errno == EAGAIN;
    if (size == 0)
        return false;
    relay->alive = true;
    if (relay->interactive)
        write_all(STDOUT_FILENO, bytes, (size_t)size);
    else
        line_filter_add(&relay->filter, bytes, (size_t)size);
    return true;
}

/* 0: go on; else the signal that ends us. */
static int signals_take(struct relay *relay)
{
    struct signalfd_siginfo info;
    if (read(relay->signals, &info, sizeof info) != sizeof info)
        return 0;
    if (info.ssi_signo == SIGWINCH)
        input_window_size(relay);
    else if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGPIPE)
        return (int)info.ssi_signo;
    return 0;
}

static int qemu_kill(struct relay *relay)
{
    int status = 0;
    kill(relay->qemu, SIGKILL);
    while (waitpid(relay->qemu, &status, 0) < 0 && errno == EINTR)
        ;
    while (output_take(relay))
        ;
    return status;
}

static int relay_end(struct relay *relay)
{
    int status = 0;
    while (waitpid(relay->qemu, &status, 0) < 0 && errno == EINTR)
        ;
    line_filter_end(&relay->filter);
    terminal_restore();
    int code = WIFEXITED(status) ? exit_status_of_machine(WEXITSTATUS(status)) : -1;
    if (code >= 0)
        return code;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        tool_fail("the machine was reset, or QEMU was ended from outside");
    else if (WIFEXITED(status))
        tool_fail("QEMU failed with status %d", WEXITSTATUS(status));
    else
        tool_fail("QEMU was ended by signal %d", WTERMSIG(status));
    return STATUS_QEMU;
}

static int relay_run(struct relay *relay)
{
    for (;;) {
        int64_t now = now_ms();
        if (now >= relay->off_deadline) {
            qemu_kill(relay);
            terminal_restore();
            tool_fail("the machine did not power off within %d s and was ended", POWER_OFF_SECONDS);
            return STATUS_TIMEOUT;
        }
        if (nobody_reads) {
            qemu_kill(relay);
            return 128 + SIGPIPE;
        }
        if (now >= relay->deadline) {
            qemu_kill(relay);
            line_filter_end(&relay->filter);
            terminal_restore();
            tool_fail("time is up");
            return STATUS_TIMEOUT;
        }
        int64_t wait =
            relay->deadline < relay->off_deadline ? relay->deadline : relay->off_deadline;
        bool room = relay->stdin_open && relay->input_size + 1024 < sizeof relay->input;
        struct pollfd fds[] = {
            {.fd = relay->from_qemu, .events = POLLIN},
            {.fd = relay->signals, .events = POLLIN},
            {.fd = room ? STDIN_FILENO : -1, .events = POLLIN},
            {.fd = relay->alive && relay->input_size > 0 ? relay->to_qemu : -1, .events = POLLOUT},
        };
        if (poll(fds, 4,
                 wait == INT64_MAX ? -1 : (int)(wait - now < 60000 ? wait - now + 1 : 60000)) < 0 &&
            errno != EINTR)
            return tool_fail("poll: %s", strerror(errno));
        if (fds[0].revents != 0 && !output_take(relay))
            return relay_end(relay);
        if (fds[1].revents != 0) {
            int signal = signals_take(relay);
            if (signal != 0) {
                qemu_kill(relay);
                terminal_restore();
                return 128 + signal;
            }
        }
        if (fds[2].revents != 0)
            input_read(relay);
        if (fds[3].revents != 0)
            input_send(relay);
    }
}

static int relay_start(struct relay *relay, char **qemu_arguments)
{
    int to[2], from[2];
    sigset_t set, old;
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        return tool_fail("pipe: %s", strerror(errno));
    sigemptyset(&set);
    static const int signals[] = {SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD, SIGPIPE};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, &old);
    relay->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    pid_t self = getpid();
    relay->qemu = fork();
    if (relay->qemu < 0 || relay->signals < 0)
        return tool_fail("cannot start: %s", strerror(errno));
    if (relay->qemu == 0) {
        /* Its own group: keys that make signals are the machine's, not QEMU's. */
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != self)
            _exit(126);
        sigprocmask(SIG_SETMASK, &old, NULL);
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        execvp(qemu_arguments[0], qemu_arguments);
        fprintf(stderr, "hydros: cannot start %s: %s\n", qemu_arguments[0], strerror(errno));
        _exit(126);
    }
    close(to[0]);
    close(from[1]);
    relay->to_qemu = to[1];
    relay->from_qemu = from[0];
    fcntl(relay->to_qemu, F_SETFL, O_NONBLOCK);
    return 0;
}

int run_command(int argc, char **argv)
{
    static struct relay relay = {.deadline = INT64_MAX,
                                 .off_deadline = INT64_MAX,
                                 .filter = {.program = output_program, .kernel = output_kernel}};
    struct qemu_request request;
    int error = qemu_request_read(&request, argc, argv);
    if (error != 0)
        return error;
    char **arguments = qemu_arguments_make(&request);
    if (arguments == NULL)
        return 1;
    if (request.show) {
        for (char **argument = arguments; *argument != NULL; argument++)
            printf("%s%s", argument == arguments ? "" : " ", *argument);
        putchar('\n');
        return 0;
    }
    unsigned seconds = request.timeout != 0   ? request.timeout
                       : request.eval != NULL ? EVAL_SECONDS
                                              : 0;
    if (seconds != 0)
        relay.deadline = now_ms() + (int64_t)seconds * 1000;
    error = relay_start(&relay, arguments);
    if (error != 0)
        return error;
    relay.stdin_open = request.eval == NULL;
    relay.interactive = request.eval == NULL;
    if (relay.interactive && terminal_raw())
        input_window_size(&relay);
    return relay_run(&relay);
}
