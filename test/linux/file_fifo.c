/* SPDX-License-Identifier: Apache-2.0 */
/* Named pipes: opening both ends, non-blocking opens, nodes made by mknod. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <signal.h>
#include <sys/wait.h>

int main(void)
{
    work_start();
    signal(SIGPIPE, SIG_IGN);
    char buffer[16] = "";
    struct stat st;
    SHOW(mkfifo("p", 0600));
    SHOW(mkfifo("p", 0600));
    stat("p", &st);
    printf("fifo: %d\n", S_ISFIFO(st.st_mode));
    SHOW(open("p", O_WRONLY | O_NONBLOCK));
    int reader = open("p", O_RDONLY | O_NONBLOCK);
    SHOW(read(reader, buffer, 10));
    int writer = open("p", O_WRONLY | O_NONBLOCK);
    SHOW(write(writer, "abc", 3));
    SHOW(read(reader, buffer, 10));
    SHOW(read(reader, buffer, 10));
    close(writer);
    SHOW(read(reader, buffer, 10));
    close(reader);
    fflush(stdout);
    if (fork() == 0) {
        int fd = open("p", O_WRONLY);
        write(fd, "from the child", 14);
        _exit(0);
    }
    reader = open("p", O_RDONLY);
    SHOW(read(reader, buffer, 14));
    printf("%.14s\n", buffer);
    SHOW(read(reader, buffer, 14));
    wait(NULL);
    close(reader);
    int both = open("p", O_RDWR);
    SHOW(write(both, "xy", 2));
    SHOW(read(both, buffer, 2));
    SHOW(lseek(both, 0, SEEK_SET));
    SHOW(unlink("p"));
    SHOW(write(both, "still", 5));
    SHOW(read(both, buffer, 5));
    SHOW(mknod("q", S_IFIFO | 0644, 0));
    SHOW(mknod("r", S_IFREG | 0644, 0));
    SHOW(mknod("s", S_IFSOCK | 0644, 0));
    SHOW(open("s", O_RDWR));
    SHOW(mknod("d", S_IFDIR | 0755, 0));
    SHOW(mknod("c", S_IFCHR | 0666, 0x103));
    int null = open("c", O_RDWR);
    SHOW(write(null, "gone", 4));
    SHOW(read(null, buffer, 4));
    return 0;
}
