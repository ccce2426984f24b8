/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors over exec and fork: close-on-exec, shared positions, the program's own file. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/wait.h>

int main(int argc, char **argv)
{
    if (argc > 1) {
        for (int fd = 40; fd < 46; fd++)
            printf("fd %d: %s\n", fd, fcntl(fd, F_GETFD) < 0 ? strerrorname_np(errno) : "open");
        char byte = 0;
        printf("read %zd %c\n", read(40, &byte, 1), byte);
        char path[256];
        ssize_t size = readlink("/proc/self/exe", path, sizeof path);
        printf("exe is itself: %d\n",
               size == (ssize_t)strlen(argv[1]) && memcmp(path, argv[1], (size_t)size) == 0);
        return 7;
    }
    char exe[256];
    ssize_t size = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[size > 0 ? size : 0] = 0;
    work_start();
    work_file("f", "0123456789");
    int fd = open("f", O_RDONLY), cloexec = open("f", O_RDONLY | O_CLOEXEC);
    dup2(fd, 40);
    dup3(fd, 41, O_CLOEXEC);
    dup2(cloexec, 42);
    dup2(cloexec, 43);
    fcntl(43, F_SETFD, FD_CLOEXEC);
    dup2(fd, 44);
    fcntl(44, F_SETFD, FD_CLOEXEC);
    fcntl(44, F_SETFD, 0);
    char byte;
    read(40, &byte, 1);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        read(40, &byte, 1);
        execl(exe, "file_exec", exe, NULL);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    printf("status %d\n", WEXITSTATUS(status));
    SHOW(lseek(fd, 0, SEEK_CUR));
    return 0;
}
