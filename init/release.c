/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A release that the user brought, in /release: its name and version, how it is started, and what
 * it gets so that it is in the cluster. Its own script starts it when it has one.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/init.h"

#define RELEASE "/release"
/* The image builder has altered the release's boot scripts (erlang/src/hydros_boot.erl). */
#define JOINS "/hydros/release-joins"
/* Written by the same: flags of Erlang, a word a line; the name has no host, so it is NAME@nK. */
#define NODE_FLAGS "/hydros/release-node"

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
        program_add(program, "-noshell");
        program_add(program, "-boot");
        program_add(program, path);
        program_add(program, "-boot_var");
        program_add(program, "RELEASE_LIB");
        program_add(program, RELEASE "/lib");
        snprintf(path, sizeof path, RELEASE "/releases/%s/sys.config", version);
        if (access(path, R_OK) == 0) {
            program_add(program, "-config");
            program_add(program, path);
        }
        snprintf(path, sizeof path, RELEASE "/releases/%s/vm.args", version);
        if (access(path, R_OK) == 0) {
            program_add(program, "-args_file");
            program_add(program, path);
        }
        return 0;
    }
    return init_fail(
        "the release has neither a script bin/NAME nor a boot file: make it with `rebar3 "
        "release` or "
        "`mix release`");
}

/* A carrier that the release itself has chosen; Erlang takes no second one. */
static bool release_has_carrier(const char *version)
{
    static const char *const files[] = {"vm.args", "vm.args.src"};
    char path[512], line[512];
    bool found = false;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, RELEASE "/releases/%s/%s", version, files[i]);
        FILE *file = fopen(path, "r");
        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            found |= strncmp(line, "-proto_dist", strlen("-proto_dist")) == 0;
        if (file != NULL)
            fclose(file);
    }
    return found;
}

/* By the environment, since the release's own script makes the command line: what comes first gives
 * way to its vm.args, what comes last does not disturb them. */
static void release_environment(const char *version)
{
    static char more[4096], last[4352] = "";
    if (cluster_is_wanted() && access(JOINS, F_OK) == 0) {
        cluster_flags_set();
        snprintf(last, sizeof last, "-pz " EBIN " %s",
                 release_has_carrier(version) ? "" : CARRIER_FLAGS);
    }
    if (option_get("erl", more, sizeof more) > 0)
        snprintf(last + strlen(last), sizeof last - strlen(last), " %s", more);
    setenv("ERL_ZFLAGS", last, 1);
}

bool release_name_add(struct program *program)
{
    char word[300];
    bool named = false;
    FILE *file = option_get("release", NULL, 0) >= 0 ? fopen(NODE_FLAGS, "r") : NULL;
    while (file != NULL && fgets(word, sizeof word, file) != NULL) {
        word[strcspn(word, "\n")] = 0;
        named |= strcmp(word, "-sname") == 0 || strcmp(word, "-name") == 0;
        program_add(program, word);
    }
    if (file != NULL)
        fclose(file);
    return named;
}

int release_add(struct program *program)
{
    char version[128], script[512], path[512], command[64];
    struct stat status;
    if (stat(RELEASE "/releases", &status) != 0)
        return init_fail("there is no release in this image: run with RELEASE=DIR");
    if (release_version(version, sizeof version) != 0)
        return init_fail(
            "the release has no releases/start_erl.data: make it with `rebar3 release` or "
            "`mix release`");
    program->directory = RELEASE;
    release_environment(version);
    if (release_script(version, script, sizeof script) != 0)
        return release_boot(program, version);
    /* Elixir's releases bring a script `elixir`; their command for the foreground is another one.
     */
    snprintf(path, sizeof path, RELEASE "/releases/%s/elixir", version);
    if (option_get("release-command", command, sizeof command) <= 0)
        snprintf(command, sizeof command, "%s", access(path, F_OK) == 0 ? "start" : "foreground");
    program_add(program, script);
    program_add(program, command);
    return 0;
}
