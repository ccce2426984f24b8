/* SPDX-License-Identifier: Apache-2.0 */
/* O_TMPFILE, file size limits, extended attributes' refusals. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/xattr.h>

static volatile int signals;

static void count(int signal)
{
    signals++;
}

int main(void)
{
    work_start();
    char path[64], buffer[8192] = "";
    int fd = open(".", O_TMPFILE | O_RDWR, 0600);
    SHOW(write(fd, "temporary", 9));
    struct stat st;
    fstat(fd, &st);
    printf("mode %o links %ld size %ld\n", st.st_mode, (long)st.st_nlink, (long)st.st_size);
    SHOW(open(".", O_TMPFILE | O_RDONLY, 0600));
    sprintf(path, "/proc/self/fd/%d", fd);
    SHOW(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    fstat(fd, &st);
    printf("links %ld\n", (long)st.st_nlink);
    SHOW(access("named", F_OK));
    signal(SIGXFSZ, count);
    struct rlimit limit = {6000, 6000};
    setrlimit(RLIMIT_FSIZE, &limit);
    int file = open("f", O_RDWR | O_CREAT, 0600);
    SHOW(write(file, buffer, 5000));
    SHOW(write(file, buffer, 5000));
    SHOW(write(file, buffer, 5000));
    printf("signals %d\n", signals);
    SHOW(ftruncate(file, 7000));
    printf("signals %d\n", signals);
    SHOW(ftruncate(file, 100));
    SHOW(pwrite(file, "x", 1, 6000));
    SHOW(pwrite(file, "x", 1, 5999));
    SHOW(getxattr("none", "user.x", buffer, 10));
    SHOW(listxattr("f", buffer, 0) >= 0);
    SHOW(fgetxattr(999, "user.x", buffer, 10));
    return 0;
}
