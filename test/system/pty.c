/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays a person at a terminal: pty SCRIPT COMMAND... runs COMMAND on a pseudo terminal and follows
 * the script, line by line. Texts are C-like strings (\r \n \e \\ \" \xHH). Everything seen goes to
 * standard output. expect SECONDS "TEXT"   waits until TEXT comes after what was matched before
 *   absent "TEXT"           fails when TEXT has come since the last match
 *   send "TEXT"             types it
 *   paste BYTES             types that many bytes at once: lines of 31 times `1,`, 64 bytes each
 *   size ROWS COLUMNS       changes the window
 *   pause MILLISECONDS      lets time pass, reading
 *   signal NUMBER           to COMMAND
 *   exit STATUS             COMMAND must end within 20 s, with this status
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int master;
static pid_t child;
static char seen[1 << 20]; /* since the last match */
static size_t seen_size;
static const char *script_name;
static unsigned line_number;

static void fail(const char *what, const char *about)
{
    fprintf(stderr, "\n%s:%u: %s %s\n", script_name, line_number, what, about);
    fprintf(stderr, "seen since the last match: %.*s\n", (int)(seen_size > 2000 ? 2000 : seen_size),
            seen + (seen_size > 2000 ? seen_size - 2000 : 0));
    kill(child, SIGTERM);
    exit(1);
}

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Reads what comes until then; false: the other side is closed. */
static bool take(int64_t until)
{
    struct pollfd fd = {.fd = master, .events = POLLIN};
    int64_t wait = until - now_ms();
    if (poll(&fd, 1, wait > 0 ? (int)wait : 0) <= 0)
        return true;
    if (seen_size > sizeof seen - 65536) {
        memmove(seen, seen + seen_size - 65536, 65536);
        seen_size = 65536;
    }
    ssize_t size = read(master, seen + seen_size, sizeof seen - 1 - seen_size);
    if (size <= 0)
        return size < 0 && errno == EINTR;
    if (write(STDOUT_FILENO, seen + seen_size, (size_t)size) < 0)
        return false;
    seen_size += (size_t)size;
    seen[seen_size] = 0;
    return true;
}

static size_t text_read(const char *from, char *to, size_t room)
{
    size_t size = 0;
    from = strchr(from, '"');
    if (from == NULL)
        fail("no text in", "script");
    for (from++; *from != '"' && *from != 0 && size < room - 1; from++) {
        char c = *from;
        if (c == '\\') {
            from++;
            c = *from == 'r' ? '\r' : *from == 'n' ? '\n' : *from == 'e' ? '\033' : *from;
            if (*from == 'x') {
                char digits[3] = {from[1], from[2], 0};
                c = (char)strtoul(digits, NULL, 16);
                from += 2;
            }
        }
        to[size++] = c;
    }
    to[size] = 0;
    return size;
}

static void type(const char *text, size_t size)
{
    int64_t until = now_ms() + 60000;
    while (size > 0) {
        ssize_t done = write(master, text, size);
        if (done < 0 && errno != EAGAIN && errno != EINTR)
            fail("cannot type", strerror(errno));
        if (done > 0) {
            text += done;
            size -= (size_t)done;
        }
        if (now_ms() > until)
            fail("nobody takes", "keys");
        take(now_ms() + 5);
    }
}

static void expect(const char *arguments)
{
    char text[4096];
    size_t size = text_read(arguments, text, sizeof text);
    int64_t until = now_ms() + strtol(arguments, NULL, 10) * 1000;
    for (;;) {
        char *found = memmem(seen, seen_size, text, size);
        if (found != NULL) {
            size_t used = (size_t)(found - seen) + size;
            memmove(seen, seen + used, seen_size - used + 1);
            seen_size -= used;
            return;
        }
        if (now_ms() >= until || !take(until))
            fail("did not come:", strchr(arguments, '"'));
    }
}

static void expect_exit(int wanted)
{
    int status;
    for (int64_t until = now_ms() + 20000; now_ms() < until;) {
        if (waitpid(child, &status, WNOHANG) == child) {
            int got = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            if (got == wanted)
                return;
            char text[32];
            sprintf(text, "%d", got);
            fail("ended with status", text);
        }
        if (!take(now_ms() + 50))
            usleep(20000);
    }
    fail("did not", "end");
}

/* Part of an Erlang list of that many bytes, in lines of 31 elements and 64 bytes. */
static void paste(long bytes)
{
    char *text = malloc((size_t)bytes + 1);
    if (text == NULL)
        fail("no memory for", "paste");
    for (long i = 0; i < bytes; i++)
        text[i] = (char)(i % 64 == 63 ? '\r' : i % 64 == 62 ? ' ' : i % 2 == 0 ? '1' : ',');
    type(text, (size_t)bytes);
    free(text);
}

static void step(char *line)
{
    char text[4096], *arguments = line;
    while (*arguments != 0 && !isspace((unsigned char)*arguments))
        arguments++;
    size_t word = (size_t)(arguments - line);
    unsigned rows, columns;
    if (strncmp(line, "expect", word) == 0) {
        expect(arguments);
    } else if (strncmp(line, "absent", word) == 0) {
        size_t size = text_read(arguments, text, sizeof text);
        if (memmem(seen, seen_size, text, size) != NULL)
            fail("came but should not:", arguments);
    } else if (strncmp(line, "send", word) == 0) {
        type(text, text_read(arguments, text, sizeof text));
    } else if (strncmp(line, "paste", word) == 0) {
        paste(strtol(arguments, NULL, 10));
    } else if (strncmp(line, "size", word) == 0 &&
               sscanf(arguments, "%u %u", &rows, &columns) == 2) {
        struct winsize window = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
        ioctl(master, TIOCSWINSZ, &window);
    } else if (strncmp(line, "pause", word) == 0) {
        for (int64_t until = now_ms() + strtol(arguments, NULL, 10); now_ms() < until;)
            take(until);
    } else if (strncmp(line, "signal", word) == 0) {
        kill(child, (int)strtol(arguments, NULL, 10));
    } else if (strncmp(line, "exit", word) == 0) {
        expect_exit((int)strtol(arguments, NULL, 10));
    } else {
        fail("unknown step", line);
    }
}

int main(int argc, char **argv)
{
    char line[8192];
    struct winsize window = {.ws_row = 24, .ws_col = 80};
    FILE *script = argc >= 3 ? fopen(argv[1], "r") : NULL;
    if (script == NULL) {
        fprintf(stderr, "usage: pty SCRIPT COMMAND...\n");
        return 2;
    }
    script_name = argv[1];
    child = forkpty(&master, NULL, NULL, &window);
    if (child < 0)
        return 2;
    if (child == 0) {
        setenv("TERM", "xterm", 1);
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    fcntl(master, F_SETFL, O_NONBLOCK);
    while (fgets(line, sizeof line, script) != NULL) {
        line_number++;
        line[strcspn(line, "\n")] = 0;
        if (line[0] != 0 && line[0] != '#')
            step(line);
    }
    kill(child, SIGTERM);
    return 0;
}
