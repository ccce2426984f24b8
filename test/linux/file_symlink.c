/* SPDX-License-Identifier: Apache-2.0 */
/* Symbolic links: chains, loops, dangling ones, readlink. */
/* FLAVOURS: dynamic static */
#include "work.h"

int main(void)
{
    work_start();
    char buffer[64];
    struct stat st;
    work_file("file", "text");
    SHOW(symlink("file", "l1"));
    SHOW(symlink("file", "l1"));
    SHOW(symlink("", "l2"));
    SHOW(symlink("x", "nodir/l"));
    SHOW(symlink("x", "slash/"));
    memset(buffer, '.', sizeof buffer);
    SHOW(readlink("l1", buffer, sizeof buffer));
    printf("%.6s\n", buffer);
    SHOW(readlink("l1", buffer, 2));
    SHOW(readlink("l1", buffer, 0));
    SHOW(readlink("file", buffer, sizeof buffer));
    SHOW(readlink("none", buffer, sizeof buffer));
    lstat("l1", &st);
    printf("size %ld mode %o\n", (long)st.st_size, st.st_mode);
    symlink("loop2", "loop1");
    symlink("loop1", "loop2");
    SHOW(stat("loop1", &st));
    SHOW(lstat("loop1", &st));
    SHOW(open("loop1", O_RDONLY));
    SHOW(open("loop1", O_RDWR | O_CREAT, 0600));
    symlink("self/x", "self");
    SHOW(stat("self", &st));
    char from[16], to[16];
    for (int i = 1; i <= 42; i++) {
        sprintf(from, "c%d", i);
        sprintf(to, i == 1 ? "file" : "c%d", i - 1);
        symlink(to, from);
    }
    SHOW(stat("c39", &st));
    SHOW(stat("c40", &st));
    SHOW(stat("c41", &st));
    mkdir("dir", 0755);
    work_file("dir/inside", "in");
    symlink("dir", "dl");
    symlink("dir/", "dls");
    symlink("../file", "dir/up");
    SHOW(stat("dl/inside", &st));
    SHOW(stat("dls/inside", &st));
    SHOW(stat("dl/up", &st));
    SHOW(stat("dl/../file", &st));
    SHOW(lstat("dl", &st));
    printf("link: %d\n", S_ISLNK(st.st_mode));
    SHOW(lstat("dl/", &st));
    printf("link: %d\n", S_ISLNK(st.st_mode));
    SHOW(lstat("l1/", &st));
    SHOW(unlink("dl/"));
    SHOW(rmdir("dl"));
    SHOW(mkdir("dl", 0755));
    symlink("newdir", "dangling");
    SHOW(mkdir("dangling", 0755));
    SHOW(rmdir("dl/"));
    SHOW(chmod("l1", 0600));
    stat("file", &st);
    printf("mode of the target %o\n", st.st_mode & 0777);
    SHOW(unlink("l1"));
    SHOW(access("file", F_OK));
    return 0;
}
