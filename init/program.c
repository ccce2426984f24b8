/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program this node runs. By boot option: run=PROGRAM ARGUMENTS, shell=PROGRAM,
 * eval=EXPRESSION (node 0; eval@N: node N), release; otherwise, and always in safe mode, an Erlang
 * shell. Erlang is Debian's, started through its own erlexec.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/init.h"

#define OTP     "/usr/lib/erlang"
#define RELEASE "/release"

/* One core: one scheduler of each kind, none of which spins; a small literal area; no epmd. A
 * program's own flags come later and win. */
#define ERLANG_FLAGS                                                                               \
    "+S 1:1 +SDcpu 1:1 +SDio 1 +A 1 +sbwt none +sbwtdcpu none +sbwtdio none +MIscs 32 "            \
    "-start_epmd false"
/* The node's own Erlang is in the cluster, over channels. Others that have a name listen only when
 * they bring a carrier of their own: nothing could tell their port. */
#define NO_LISTEN " -dist_listen false"
#define EBIN      "/hydros/ebin"
#define HOST      "hydros"

static char erts[256]; /* OTP/erts-VERSION/bin */

static int fail(const char *text)
{
    dprintf(STDERR_FILENO, "init: %s\n", text);
    return -1;
}

void erlang_environment(void)
{
    DIR *directory = opendir(OTP);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (strncmp(entry->d_name, "erts-", 5) == 0 && entry->d_name[5] >= '0' &&
            entry->d_name[5] <= '9')
            snprintf(erts, sizeof erts, OTP "/%s/bin", entry->d_name);
    }
    if (directory != NULL)
        closedir(directory);
    setenv("ERL_AFLAGS", ERLANG_FLAGS NO_LISTEN, 1);
    static char host[128] = HOST;
    option_get("host", host, sizeof host);
    setenv("HYDROS_HOST", host, 1);
}

/* The kernel says so when this node died too often, or by option: nothing that a user brought. */
static bool is_safe(void)
{
    return getenv("HYDROS_SAFE") != NULL;
}

static void argument_add(struct program *program, const char *text)
{
    unsigned count = 0;
    while (program->arguments[count] != NULL)
        count++;
    if (count < ARGUMENTS_MAX - 1)
        program->arguments[count] = strdup(text);
}

static void words_add(struct program *program, char *text)
{
    for (char *word = strtok(text, " \t\n"); word != NULL; word = strtok(NULL, " \t\n"))
        argument_add(program, word);
}

/* What the script `erl` sets; only for Debian's Erlang, a release's scripts set their own. */
static int erlang_add(struct program *program)
{
    char path[sizeof erts + 16];
    static char more[4096];
    if (erts[0] == 0)
        return fail("no Erlang in this image: " OTP "/erts-* is missing");
    setenv("ROOTDIR", OTP, 1);
    setenv("BINDIR", erts, 1);
    setenv("EMU", "beam", 1);
    setenv("PROGNAME", "erl", 1);
    snprintf(path, sizeof path, "%s/erlexec", erts);
    argument_add(program, path);
    if (!is_safe() && option_get("erl", more, sizeof more) > 0)
        words_add(program, more);
    return 0;
}

/* The same for all nodes of the machine and all their lives: by option, or made of when it was
 * started. Who may connect is what the kernel says of a channel's other end; the cookie keeps out
 * those who come over a network. */
static void cookie_make(char *cookie, size_t size)
{
    char line[256];
    if (option_get("cookie", cookie, size) > 0)
        return;
    snprintf(cookie, size, "hydros");
    FILE *file = fopen("/proc/stat", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "btime ", 6) == 0)
            snprintf(cookie, size, "hydros%lx", strtoul(line + 6, NULL, 10) * 0x9e3779b97f4a7c15);
    }
    if (file != NULL)
        fclose(file);
}

/* Erlang as a node of the machine's cluster; not with the option cluster=no. Its module `global`
 * need not guess who is cut off from whom: a node is dead for all others or for none. */
static void cluster_add(struct program *program)
{
    static char name[160], cookie[256], answer[8];
    if (option_get("cluster", answer, sizeof answer) > 0 && strcmp(answer, "no") == 0)
        return;
    const char *host = getenv("HYDROS_HOST"), *node = getenv("HYDROS_NODE");
    if (host == NULL || node == NULL)
        return;
    snprintf(name, sizeof name, "n%s@%s", node, host);
    cookie_make(cookie, sizeof cookie);
    setenv("ERL_AFLAGS", ERLANG_FLAGS, 1);
    const char *const arguments[] = {
        "-proto_dist",  "hydros",      "inet_tcp",
        "-epmd_module", "hydros_epmd", strchr(host, '.') != NULL ? "-name" : "-sname",
        name,           "-setcookie",  cookie,
        "-pa",          EBIN,          "-s",
        "hydros",       "-kernel",     "prevent_overlapping_partitions",
        "false"};
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
        argument_add(program, arguments[i]);
}

static int eval_add(struct program *program)
{
    static char expression[65536];
    option_get("eval", expression, sizeof expression);
    setenv("HYDROS_EVAL", expression, 1);
    if (erlang_add(program) != 0)
        return -1;
    cluster_add(program);
    static const char *const arguments[] = {"-noshell", "-noinput",    "-pa", EBIN,
                                            "-s",       "hydros_eval", "main"};
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
        argument_add(program, arguments[i]);
    return 0;
}

/* Version from releases/start_erl.data: "ERTS-VERSION RELEASE-VERSION". */
static int release_version(char *version, size_t size)
{
    char line[256] = "", *space;
    FILE *file = fopen(RELEASE "/releases/start_erl.data", "r");
    if (file == NULL)
        return -1;
    char *read = fgets(line, sizeof line, file);
    fclose(file);
    if (read == NULL || (space = strchr(line, ' ')) == NULL)
        return -1;
    space++;
    space[strcspn(space, " \r\n")] = 0;
    snprintf(version, size, "%s", space);
    return 0;
}

/* The release's name: of the NAME.rel for which there is a script bin/NAME. */
static int release_script(const char *version, char *script, size_t size)
{
    char path[512];
    snprintf(path, sizeof path, RELEASE "/releases/%s", version);
    DIR *directory = opendir(path);
    struct dirent *entry;
    int found = -1;
    while (directory != NULL && found != 0 && (entry = readdir(directory)) != NULL) {
        char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, ".rel") != 0)
            continue;
        snprintf(script, size, RELEASE "/bin/%.*s", (int)(dot - entry->d_name), entry->d_name);
        if (access(script, X_OK) == 0)
            found = 0;
    }
    if (directory != NULL)
        closedir(directory);
    return found;
}

/* A release without start script: by its boot file, with its own ERTS when it has one. */
static int release_boot(struct program *program, const char *version)
{
    char path[512];
    static const char *const boots[] = {"start.boot", "start_clean.boot"};
    if (erlang_add(program) != 0)
        return -1;
    DIR *directory = opendir(RELEASE);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (strncmp(entry->d_name, "erts-", 5) == 0) {
            snprintf(path, sizeof path, RELEASE "/%s/bin", entry->d_name);
            setenv("BINDIR", path, 1);
            setenv("ROOTDIR", RELEASE, 1);
            snprintf(path, sizeof path, RELEASE "/%s/bin/erlexec", entry->d_name);
            free(program->arguments[0]);
            program->arguments[0] = strdup(path);
        }
    }
    if (directory != NULL)
        closedir(directory);
    for (size_t i = 0; i < sizeof boots / sizeof boots[0]; i++) {
        snprintf(path, sizeof path, RELEASE "/releases/%s/%s", version, boots[i]);
        if (access(path, R_OK) != 0)
            continue;
        path[strlen(path) - strlen(".boot")] = 0;
        argument_add(program, "-noshell");
        argument_add(program, "-boot");
        argument_add(program, path);
        argument_add(program, "-boot_var");
        argument_add(program, "RELEASE_LIB");
        argument_add(program, RELEASE "/lib");
        snprintf(path, sizeof path, RELEASE "/releases/%s/sys.config", version);
        if (access(path, R_OK) == 0) {
            argument_add(program, "-config");
            argument_add(program, path);
        }
        snprintf(path, sizeof path, RELEASE "/releases/%s/vm.args", version);
        if (access(path, R_OK) == 0) {
            argument_add(program, "-args_file");
            argument_add(program, path);
        }
        return 0;
    }
    return fail("the release has neither a script bin/NAME nor a boot file: make it with `rebar3 "
                "release` or "
                "`mix release`");
}

static int release_add(struct program *program)
{
    char version[128], script[512], path[512], command[64];
    struct stat status;
    if (stat(RELEASE "/releases", &status) != 0)
        return fail("there is no release in this image: run with RELEASE=DIR");
    if (release_version(version, sizeof version) != 0)
        return fail("the release has no releases/start_erl.data: make it with `rebar3 release` or "
                    "`mix release`");
    program->directory = RELEASE;
    if (release_script(version, script, sizeof script) != 0)
        return release_boot(program, version);
    /* Elixir's releases bring a script `elixir`; their command for the foreground is another one.
     */
    snprintf(path, sizeof path, RELEASE "/releases/%s/elixir", version);
    if (option_get("release-command", command, sizeof command) <= 0)
        snprintf(command, sizeof command, "%s", access(path, F_OK) == 0 ? "start" : "foreground");
    argument_add(program, script);
    argument_add(program, command);
    return 0;
}

/* An Erlang shell in the cluster. */
static int shell_add(struct program *program)
{
    int error = erlang_add(program);
    cluster_add(program);
    return error;
}

struct program *program_choose(void)
{
    static struct program program = {.directory = "/root"};
    const char *node = getenv("HYDROS_NODE");
    static char text[4096];
    int error = 0;
    if (is_safe())
        error = shell_add(&program);
    else if (option_get("run", text, sizeof text) > 0 || option_get("shell", text, sizeof text) > 0)
        words_add(&program, text);
    else if (option_is_for_us("eval") ||
             (option_get("eval", NULL, 0) >= 0 && node != NULL && strcmp(node, "0") == 0))
        error = eval_add(&program);
    else if (option_get("release", NULL, 0) >= 0)
        error = release_add(&program);
    else
        error = shell_add(&program);
    return error != 0 || program.arguments[0] == NULL ? NULL : &program;
}
