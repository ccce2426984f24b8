/* SPDX-License-Identifier: Apache-2.0 */
/* O_APPEND: every write at the end, whatever the position. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/wait.h>

int main(void)
{
    work_start();
    char text[64] = "";
    work_file("f", "start ");
    int fd = open("f", O_RDWR | O_APPEND), other = open("f", O_WRONLY);
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(write(fd, "one ", 4));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(write(fd, "two ", 4));
    SHOW(write(other, "START", 5));
    SHOW(pwrite(fd, "three ", 6, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(ftruncate(fd, 6));
    SHOW(write(fd, "four", 4));
    SHOW(pread(fd, text, sizeof text, 0));
    printf("%s\n", text);
    int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0644);
    for (int child = 0; child < 4; child++) {
        if (fork() == 0) {
            int own = open("log", O_WRONLY | O_APPEND);
            for (int i = 0; i < 50; i++) {
                write(i & 1 ? own : log, "line of text\n", 13);
            }
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
    struct stat st;
    fstat(log, &st);
    printf("log %ld\n", (long)st.st_size);
    return 0;
}
