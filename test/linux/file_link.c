/* SPDX-License-Identifier: Apache-2.0 */
/* Hard links, unlink, link counts. */
/* FLAVOURS: dynamic static */
#include "work.h"

static long links(const char *name)
{
    struct stat st;
    return lstat(name, &st) == 0 ? (long)st.st_nlink : -1;
}

int main(void)
{
    work_start();
    work_file("a", "text");
    SHOW(links("a"));
    SHOW(link("a", "b"));
    SHOW(links("a"));
    struct stat first, second;
    stat("a", &first);
    stat("b", &second);
    printf("same inode: %d\n", first.st_ino == second.st_ino && first.st_dev == second.st_dev);
    SHOW(link("a", "b"));
    SHOW(link("none", "c"));
    mkdir("d", 0755);
    SHOW(links("d"));
    mkdir("d/e", 0755);
    SHOW(links("d"));
    SHOW(link("d", "dd"));
    SHOW(link("a", "d/x/y"));
    SHOW(unlink("a"));
    SHOW(links("b"));
    SHOW(unlink("a"));
    SHOW(unlink("d"));
    SHOW(unlink("b/"));
    SHOW(rmdir("b"));
    SHOW(rmdir("d"));
    SHOW(rmdir("d/e/."));
    SHOW(rmdir("d/e/.."));
    SHOW(rmdir("d/e/"));
    SHOW(links("d"));
    SHOW(rmdir("d"));
    SHOW(rmdir("d"));
    SHOW(unlink("."));
    symlink("b", "s");
    SHOW(link("s", "s2"));
    SHOW(links("s"));
    SHOW(linkat(AT_FDCWD, "s", AT_FDCWD, "b3", AT_SYMLINK_FOLLOW));
    SHOW(links("b"));
    int fd = open("b", O_RDWR);
    unlink("b");
    unlink("b3");
    fstat(fd, &first);
    printf("open and unlinked: links %ld, size %ld\n", (long)first.st_nlink, (long)first.st_size);
    SHOW(write(fd, "more text", 9));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(unlinkat(AT_FDCWD, "s", AT_REMOVEDIR));
    SHOW(unlinkat(AT_FDCWD, "s", 1));
    return 0;
}
