/* SPDX-License-Identifier: Apache-2.0 */
/* umask, chmod, chown, access; what chown does to set-id bits. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/syscall.h>

static void mode(const char *name)
{
    struct stat st;
    if (lstat(name, &st) == 0)
        printf("%s: %o %u %u\n", name, st.st_mode, st.st_uid, st.st_gid);
    else
        printf("%s: %s\n", name, strerrorname_np(errno));
}

int main(void)
{
    work_start();
    SHOW(umask(077));
    int fd = open("a", O_CREAT | O_RDWR, 0777);
    mode("a");
    SHOW(umask(01777));
    SHOW(umask(0));
    open("b", O_CREAT | O_RDWR, 04777);
    mode("b");
    mkdir("d", 07777);
    mode("d");
    SHOW(umask(027));
    mknod("n", S_IFREG | 0777, 0);
    mode("n");
    mkfifo("p", 0666);
    mode("p");
    SHOW(chmod("a", 0644));
    mode("a");
    SHOW(fchmod(fd, 07123));
    mode("a");
    SHOW(chmod("none", 0644));
    SHOW(fchmodat(AT_FDCWD, "a", 0600, 0));
    mode("a");
    SHOW(chown("a", 12, 34));
    mode("a");
    SHOW(chown("a", -1, 56));
    mode("a");
    SHOW(chmod("b", 06755));
    SHOW(chown("b", 1, 1));
    mode("b");
    SHOW(fchown(fd, 7, -1));
    mode("a");
    symlink("a", "l");
    SHOW(lchown("l", 3, 4));
    mode("l");
    mode("a");
    SHOW(fchownat(fd, "", 9, 9, AT_EMPTY_PATH));
    mode("a");
    SHOW(chmod("a", 0));
    SHOW(access("a", R_OK | W_OK));
    SHOW(access("a", X_OK));
    SHOW(access("d", X_OK));
    SHOW(chmod("a", 0010));
    SHOW(access("a", X_OK));
    SHOW(access("none", F_OK));
    SHOW(access("a", 8));
    SHOW(access("a/x", F_OK));
    SHOW(access("l", F_OK));
    unlink("a");
    SHOW(access("l", F_OK));
    SHOW(faccessat(AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW));
    SHOW(syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH));
    SHOW(syscall(SYS_faccessat2, AT_FDCWD, "l", F_OK, 1));
    return 0;
}
