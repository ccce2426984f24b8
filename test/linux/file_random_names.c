/* SPDX-License-Identifier: Apache-2.0 */
/* Thousands of random operations on a few names, always the same ones: every result must be
 * Linux's. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/wait.h>

static unsigned random_state = 12345;

static unsigned pick(unsigned count)
{
    random_state = random_state * 1103515245 + 12345;
    return random_state / 65536 % count;
}

static const char *parts[] = {"a", "b", "c", "d", ".", "..", "e", "f"};

static char *path(char *to)
{
    unsigned depth = 1 + pick(3);
    to[0] = 0;
    for (unsigned i = 0; i < depth; i++) {
        if (i)
            strcat(to, "/");
        strcat(to, parts[pick(pick(4) ? 4 : 8)]);
    }
    if (pick(12) == 0)
        strcat(to, "/");
    return to;
}

static const char *result(long value)
{
    static char text[32];
    if (value < 0)
        return strerrorname_np(errno);
    sprintf(text, "%ld", value);
    return text;
}

static int operation(char *line)
{
    char p[64], q[64], text[64] = "";
    struct stat st;
    int fd;
    path(p);
    path(q);
    switch (pick(16)) {
    case 0:
        return sprintf(line, "mkdir %s %s", p, result(mkdir(p, 0700 + pick(64))));
    case 1:
        return sprintf(line, "rmdir %s %s", p, result(rmdir(p)));
    case 2:
        return sprintf(line, "unlink %s %s", p, result(unlink(p)));
    case 3:
    case 4:
        return sprintf(line, "rename %s %s %s", p, q, result(rename(p, q)));
    case 5:
        return sprintf(line, "link %s %s %s", p, q, result(link(p, q)));
    case 6:
        return sprintf(line, "symlink %s %s %s", p, q, result(symlink(p, q)));
    case 7:
    case 8:
        fd = open(p, O_RDWR | O_CREAT | (pick(3) ? 0 : O_EXCL) | (pick(3) ? 0 : O_TRUNC),
                  0600 + pick(64));
        sprintf(line, "create %s %s", p, fd < 0 ? result(fd) : "ok");
        if (fd >= 0) {
            write(fd, q, strlen(q));
            close(fd);
        }
        return 1;
    case 9:
        fd = open(p, pick(2) ? O_RDONLY : O_RDONLY | O_NOFOLLOW);
        sprintf(line, "read %s %s", p, fd < 0 ? result(fd) : "ok");
        if (fd >= 0) {
            ssize_t got = read(fd, text, sizeof text - 1);
            sprintf(line + strlen(line), " %s %s", result(got), got > 0 ? text : "");
            close(fd);
        }
        return 1;
    case 10:
        sprintf(line, "lstat %s %s", p, result(lstat(p, &st)));
        if (strstr(line, " 0"))
            sprintf(line + strlen(line), " mode %o", st.st_mode);
        return 1;
    case 11:
        sprintf(line, "stat %s ", p);
        if (stat(p, &st) != 0)
            strcat(line, strerrorname_np(errno));
        else if (S_ISREG(st.st_mode))
            sprintf(line + strlen(line), "mode %o links %ld size %ld", st.st_mode,
                    (long)st.st_nlink, (long)st.st_size);
        else
            sprintf(line + strlen(line), "mode %o", st.st_mode);
        return 1;
    case 12:
        sprintf(line, "readlink %s ", p);
        strcat(line, result(readlink(p, text, sizeof text - 1)));
        strcat(line, text);
        return 1;
    case 13:
        return sprintf(line, "truncate %s %s", p, result(truncate(p, pick(9000))));
    case 14:
        return sprintf(line, "exchange %s %s %s", p, q,
                       result(renameat2(AT_FDCWD, p, AT_FDCWD, q,
                                        pick(2) ? RENAME_EXCHANGE : RENAME_NOREPLACE)));
    default:
        return sprintf(line, "chmod %s %s", p, result(chmod(p, 0700 + pick(64))));
    }
}

static int run(void)
{
    /* Links and .. must not lead out to what others use. */
    if (chroot(".") != 0)
        return 1;
    mkdir("top", 0755);
    if (chdir("top") != 0)
        return 1;
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 100; i++) {
            char line[512] = "";
            operation(line);
            printf("%s\n", line);
        }
        /* A new start now and then, or all is full of loops. */
        char command[64];
        if (round % 6 == 5) {
            if (chdir("..") != 0)
                return 1;
            sprintf(command, "top%d", round);
            printf("%d ", mkdir(command, 0755));
            printf("%d\n", chdir(command));
        }
    }
    return 0;
}

int main(void)
{
    work_start();
    fflush(stdout);
    if (fork() == 0) {
        int status = run();
        fflush(stdout);
        _exit(status);
    }
    int status;
    wait(&status);
    printf("status %d\n", status);
    return 0;
}
