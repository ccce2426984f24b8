/* SPDX-License-Identifier: Apache-2.0 */
/* How paths are resolved: dots, slashes, directories by descriptor, O_PATH. */
/* FLAVOURS: dynamic static */
#include "work.h"

int main(void)
{
    work_start();
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    work_file("a/b/file", "text");
    struct stat st;
    SHOW(stat("a/b/file", &st));
    SHOW(stat("a//b///file", &st));
    SHOW(stat("./a/./b/../b/file", &st));
    SHOW(stat("a/b/../../a/b/file", &st));
    SHOW(stat("a/b/file/.", &st));
    SHOW(stat("a/b/file/..", &st));
    SHOW(stat("a/nothing/..", &st));
    SHOW(stat("a/b/", &st));
    SHOW(stat("a/b/.", &st));
    SHOW(stat("/../../../tmp", &st));
    SHOW(stat("", &st));
    int dir = open("a", O_RDONLY | O_DIRECTORY);
    SHOW(fstatat(dir, "b/file", &st, 0));
    SHOW(fstatat(dir, "../a/b", &st, 0));
    SHOW(fstatat(dir, "", &st, 0));
    SHOW(fstatat(dir, "", &st, AT_EMPTY_PATH));
    printf("directory: %d\n", S_ISDIR(st.st_mode));
    SHOW(fstatat(dir, "b", &st, 0x40000));
    int path = open("a/b/file", O_PATH);
    char byte;
    SHOW(read(path, &byte, 1));
    SHOW(write(path, &byte, 1));
    SHOW(lseek(path, 0, SEEK_SET));
    SHOW(ftruncate(path, 0));
    SHOW(fchmod(path, 0600));
    SHOW(fstat(path, &st));
    printf("size %ld, flags %o\n", (long)st.st_size, fcntl(path, F_GETFL));
    SHOW(fstatat(path, "", &st, AT_EMPTY_PATH));
    char buffer[64];
    SHOW(readlinkat(path, "", buffer, sizeof buffer));
    int again = openat(AT_FDCWD, "a/b", O_PATH | O_DIRECTORY);
    int file = openat(again, "file", O_RDONLY);
    SHOW(read(file, buffer, sizeof buffer));
    SHOW(fchdir(again));
    SHOW(access("file", R_OK));
    SHOW(fchdir(file));
    return 0;
}
