/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For programs that try files: a fresh directory to work in, removed at the end, and lines that say
 * what a call answered. A test prints the same on Linux and on HydrOS.
 */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char work_path[64];
static pid_t work_owner;

static inline int work_remove(const char *path, const struct stat *stat, int type, struct FTW *at)
{
    remove(path);
    return 0;
}

static inline void work_end(void)
{
    if (getpid() == work_owner && chdir("/") == 0)
        nftw(work_path, work_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void work_start(void)
{
    alarm(20);
    setvbuf(stdout, NULL, _IOLBF, 0);
    umask(022);
    strcpy(work_path, "/tmp/hydros-test.XXXXXX");
    if (!mkdtemp(work_path) || chdir(work_path) != 0) {
        perror("work directory");
        exit(99);
    }
    work_owner = getpid();
    atexit(work_end);
}

/* A file with this text. */
static inline void work_file(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        perror(name);
        exit(98);
    }
    close(fd);
}

/* Prints the call and its result, or its error by name. */
#define SHOW(call)                                                                                 \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long show_result = (long)(call);                                                           \
        if (show_result < 0)                                                                       \
            printf("%s: %s\n", #call, errno ? strerrorname_np(errno) : "negative");                \
        else                                                                                       \
            printf("%s: %ld\n", #call, show_result);                                               \
    } while (0)
/* For results that differ from system to system, as descriptors: only that it went well. */
#define SHOW_OK(call)                                                                              \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long show_result = (long)(call);                                                           \
        printf("%s: %s\n", #call, show_result < 0 ? strerrorname_np(errno) : "ok");                \
    } while (0)
