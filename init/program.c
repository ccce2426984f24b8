/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program this node runs. By boot option: run=PROGRAM ARGUMENTS, shell=PROGRAM,
 * eval=EXPRESSION (node 0; eval@N: node N), release; otherwise, and always in safe mode, an Erlang
 * shell. Erlang is Debian's, started through its own erlexec.
 */
#include <cpuid.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/init.h"

#define OTP  "/usr/lib/erlang"
#define HOST "hydros"
/* Who is not in the cluster and has a name listens only when he brings a carrier of his own:
 * nothing could tell his port. */
#define NO_LISTEN " -dist_listen false"

static char erts[256]; /* OTP/erts-VERSION/bin */
static char host[128] = HOST;

int init_fail(const char *text)
{
    dprintf(STDERR_FILENO, "init: %s\n", text);
    return -1;
}

/* The C library copies and clears large blocks by REP MOVSB and REP STOSB, which are fast in
 * processors; QEMU's translator makes loops of single bytes of them, ten times slower than words.
 */
void copying_environment(void)
{
    unsigned top = 0, name[3] = {0, 0, 0};
    __cpuid(0x40000000, top, name[0], name[1], name[2]);
    if (top >= 0x40000000 && memcmp(name, "TCGTCGTCGTCG", sizeof name) == 0)
        setenv("GLIBC_TUNABLES",
               "glibc.cpu.x86_rep_movsb_threshold=0x40000000:"
               "glibc.cpu.x86_rep_stosb_threshold=0x40000000",
               0);
}

/* Options that only the application hydros reads: it is told those that are given, and loads what
 * they are for. */
static void wishes_set(void)
{
    static const char *const wishes[][2] = {{"web", "HYDROS_WEB"},
                                            {"web-token", "HYDROS_WEB_TOKEN"},
                                            {"web-host", "HYDROS_WEB_HOST"},
                                            {"time", "HYDROS_TIME"}};
    char value[256];
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        if (option_get(wishes[i][0], value, sizeof value) >= 0)
            setenv(wishes[i][1], value, 1);
    }
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
    option_get("host", host, sizeof host);
    setenv("HYDROS_HOST", host, 1);
    wishes_set();
    cookie_write();
}

/* The kernel says so when this node died too often, or by option: nothing that a user brought. */
static bool is_safe(void)
{
    return getenv("HYDROS_SAFE") != NULL;
}

void program_add(struct program *program, const char *text)
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
        program_add(program, word);
}

/* What the script `erl` sets; only for Debian's Erlang, a release's scripts set their own. */
int erlang_add(struct program *program)
{
    char path[sizeof erts + 16];
    if (erts[0] == 0)
        return init_fail("no Erlang in this image: " OTP "/erts-* is missing");
    setenv("ROOTDIR", OTP, 1);
    setenv("BINDIR", erts, 1);
    setenv("EMU", "beam", 1);
    setenv("PROGNAME", "erl", 1);
    snprintf(path, sizeof path, "%s/erlexec", erts);
    program_add(program, path);
    return 0;
}

/* Not with the option cluster=no. */
bool cluster_is_wanted(void)
{
    char answer[8];
    return getenv("HYDROS_NODE") != NULL &&
           (option_get("cluster", answer, sizeof answer) <= 0 || strcmp(answer, "no") != 0);
}

/* Two nodes may take Erlang's 7 s to greet each other, and more where there are many of them: the
 * cores of an emulator share the host's few. Less than 120, says net_kernel. */
void cluster_flags_set(void)
{
    char flags[512], listen[96] = "inet_dist_use_interface {127,0,0,1}", port[8];
    const char *count = getenv("HYDROS_NODES");
    int crowd = ((count != NULL ? atoi(count) : 1) + 3) / 4;
    if (option_get("dist-port", port, sizeof port) > 0)
        snprintf(listen, sizeof listen, "inet_dist_listen_min %s inet_dist_listen_max %s", port,
                 port);
    snprintf(flags, sizeof flags, ERLANG_FLAGS CLUSTER_FLAGS " -kernel net_setuptime %d %s",
             crowd < 16 ? 7 * crowd : 112, listen);
    setenv("ERL_AFLAGS", flags, 1);
}

/* Debian's Erlang as a node of the machine's cluster. */
static int node_add(struct program *program)
{
    static char name[160], more[4096], carrier[] = CARRIER_FLAGS;
    if (erlang_add(program) != 0)
        return -1;
    if (!is_safe() && option_get("erl", more, sizeof more) > 0)
        words_add(program, more);
    if (!cluster_is_wanted())
        return 0;
    snprintf(name, sizeof name, "n%s@%s", getenv("HYDROS_NODE"), host);
    cluster_flags_set();
    words_add(program, carrier);
    if (!is_safe() || !release_name_add(program)) {
        program_add(program, strchr(host, '.') != NULL ? "-name" : "-sname");
        program_add(program, name);
    }
    program_add(program, "-pa");
    program_add(program, EBIN);
    program_add(program, "-s");
    program_add(program, "hydros");
    return 0;
}

static int eval_add(struct program *program)
{
    static char expression[65536];
    option_get("eval", expression, sizeof expression);
    setenv("HYDROS_EVAL", expression, 1);
    if (node_add(program) != 0)
        return -1;
    static const char *const arguments[] = {"-noshell", "-noinput",    "-pa", EBIN,
                                            "-s",       "hydros_eval", "main"};
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
        program_add(program, arguments[i]);
    return 0;
}

struct program *program_choose(void)
{
    static struct program program = {.directory = "/root"};
    const char *node = getenv("HYDROS_NODE");
    static char text[4096];
    int error = 0;
    if (is_safe())
        error = node_add(&program);
    else if (option_get("run", text, sizeof text) > 0 || option_get("shell", text, sizeof text) > 0)
        words_add(&program, text);
    else if (option_is_for_us("eval") ||
             (option_get("eval", NULL, 0) >= 0 && node != NULL && strcmp(node, "0") == 0))
        error = eval_add(&program);
    else if (option_get("release", NULL, 0) >= 0)
        error = release_add(&program);
    else
        error = node_add(&program);
    return error != 0 || program.arguments[0] == NULL ? NULL : &program;
}
