/* SPDX-License-Identifier: Apache-2.0 */
/* getcwd, chdir, fchdir, chroot, and standing in a directory that is gone. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/syscall.h>
#include <sys/wait.h>

static void show_cwd(void)
{
    char path[256];
    if (getcwd(path, sizeof path) == NULL)
        printf("cwd: %s\n", strerrorname_np(errno));
    else if (strncmp(path, work_path, strlen(work_path)) == 0)
        printf("cwd: WORK%s\n", path + strlen(work_path));
    else
        printf("cwd: %s\n", path);
}

int main(void)
{
    work_start();
    show_cwd();
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    symlink("a/b", "l");
    work_file("file", "");
    SHOW(chdir("a"));
    show_cwd();
    SHOW(chdir("../l"));
    show_cwd();
    SHOW(chdir(".."));
    show_cwd();
    SHOW(chdir("none"));
    SHOW(chdir("../file"));
    SHOW(chdir(""));
    char small[4];
    SHOW(syscall(SYS_getcwd, small, sizeof small));
    int fd = open("b", O_RDONLY);
    SHOW(fchdir(fd));
    show_cwd();
    SHOW(rename("../../a", "../../c"));
    show_cwd();
    SHOW(rmdir("../b"));
    show_cwd();
    char link[256];
    ssize_t size = readlink("/proc/self/cwd", link, sizeof link - 1);
    link[size > 0 ? size : 0] = 0;
    printf("/proc/self/cwd: %s\n",
           link + (size > (ssize_t)strlen(work_path) ? strlen(work_path) : 0));
    struct stat st;
    SHOW(stat(".", &st));
    SHOW((long)st.st_nlink);
    SHOW(stat("..", &st));
    SHOW(open("new", O_CREAT | O_RDWR, 0600));
    SHOW(mkdir("new", 0700));
    SHOW(chdir(".."));
    show_cwd();
    SHOW(fchdir(fd));
    show_cwd();
    SHOW(chdir(work_path));
    fflush(stdout);
    if (fork() == 0) {
        mkdir("jail", 0755);
        mkdir("jail/in", 0755);
        SHOW(chroot("jail"));
        SHOW(chdir("/"));
        show_cwd();
        SHOW(access("/in", F_OK));
        SHOW(access("/../../../in", F_OK));
        SHOW(access("/etc", F_OK));
        SHOW(chdir("/in/../.."));
        show_cwd();
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    SHOW(access("/tmp", F_OK));
    SHOW(chroot("file"));
    return 0;
}
