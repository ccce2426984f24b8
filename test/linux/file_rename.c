/* SPDX-License-Identifier: Apache-2.0 */
/* rename(2) and renameat2: what may replace what. */
/* FLAVOURS: dynamic static */
#include "work.h"

static void content(const char *name)
{
    char text[32] = "";
    int fd = open(name, O_RDONLY);
    if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
        strcpy(text, strerrorname_np(errno));
    printf("%s holds %s\n", name, text);
    if (fd >= 0)
        close(fd);
}

int main(void)
{
    work_start();
    work_file("a", "A");
    work_file("b", "B");
    SHOW(rename("a", "c"));
    content("a");
    content("c");
    SHOW(rename("c", "b"));
    content("b");
    SHOW(rename("none", "b"));
    SHOW(rename("b", "none/b"));
    SHOW(rename("b", "b"));
    link("b", "b2");
    SHOW(rename("b", "b2"));
    content("b");
    mkdir("d", 0755);
    mkdir("d/e", 0755);
    mkdir("f", 0755);
    SHOW(rename("b", "d"));
    SHOW(rename("d", "b"));
    SHOW(rename("d", "d/e/x"));
    SHOW(rename("d", "d/e"));
    SHOW(rename("d/e", "d"));
    SHOW(rename("f", "d"));
    SHOW(rename("d", "f"));
    SHOW(access("f/e", F_OK));
    SHOW(access("d", F_OK));
    SHOW(rename("f/.", "g"));
    SHOW(rename("f/..", "g"));
    SHOW(rename(".", "g"));
    SHOW(rename("f/", "g/"));
    SHOW(rename("b", "h/"));
    SHOW(rename("b/", "h"));
    SHOW(rename("/", "h"));
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "b2", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "b3", RENAME_NOREPLACE));
    work_file("x", "X");
    work_file("y", "Y");
    SHOW(renameat2(AT_FDCWD, "x", AT_FDCWD, "y", RENAME_EXCHANGE));
    content("x");
    content("y");
    SHOW(renameat2(AT_FDCWD, "x", AT_FDCWD, "g", RENAME_EXCHANGE));
    content("g");
    SHOW(access("x/e", F_OK));
    SHOW(renameat2(AT_FDCWD, "x", AT_FDCWD, "nothing", RENAME_EXCHANGE));
    SHOW(renameat2(AT_FDCWD, "x", AT_FDCWD, "z", RENAME_EXCHANGE | RENAME_NOREPLACE));
    int fd = open("y", O_RDONLY);
    SHOW(rename("g", "y"));
    char byte = 0;
    SHOW(read(fd, &byte, 1));
    printf("the replaced file still holds %c\n", byte);
    struct stat st;
    fstat(fd, &st);
    printf("links %ld\n", (long)st.st_nlink);
    symlink("y", "s");
    SHOW(rename("s", "t"));
    content("t");
    return 0;
}
