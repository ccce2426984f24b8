/* SPDX-License-Identifier: Apache-2.0 */
/* readv, writev, pread, pwrite and their combinations. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/uio.h>

int main(void)
{
    work_start();
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    struct iovec out[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}};
    SHOW(writev(fd, out, 3));
    SHOW(writev(fd, out, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));
    char one[4] = "", two[8] = "";
    struct iovec in[2] = {{one, 3}, {two, 7}};
    SHOW(readv(fd, in, 2));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(readv(fd, in, 2));
    printf("%s %s\n", one, two);
    SHOW(preadv(fd, in, 2, 4));
    printf("%.3s %.7s\n", one, two);
    SHOW(pwritev(fd, out, 3, 6));
    SHOW(preadv(fd, in, 2, 6));
    printf("%.3s %.7s\n", one, two);
    SHOW(preadv2(fd, in, 2, 0, 0));
    SHOW(lseek(fd, 1, SEEK_SET));
    SHOW(preadv2(fd, in, 1, -1, 0));
    printf("%.3s\n", one);
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pwrite(fd, "XY", 2, 20));
    SHOW(pread(fd, two, 8, 14));
    printf("%d %d %c\n", two[0], two[5], two[6]);
    SHOW(pread(fd, two, 8, -1));
    SHOW(pread(fd, two, 8, 1000));
    SHOW(pwrite(fd, two, 0, 1000));
    SHOW(lseek(fd, 0, SEEK_END));
    struct iovec bad[2] = {{one, 3}, {(char *)8, 3}};
    SHOW(preadv(fd, bad, 2, 0));
    SHOW(preadv(fd, bad + 1, 1, 0));
    SHOW(pwritev(fd, bad, 2, 0));
    SHOW(readv(fd, (struct iovec *)8, 1));
    SHOW(readv(fd, in, 1025));
    SHOW(readv(fd, in, -1));
    in[0].iov_len = -1;
    SHOW(readv(fd, in, 1));
    SHOW(read(fd, (char *)8, 1));
    SHOW(pread(fd, (char *)8, 1, 0));
    SHOW(read(999, one, 1));
    int reader = open("f", O_RDONLY), writer = open("f", O_WRONLY);
    SHOW(write(reader, "x", 1));
    SHOW(read(writer, one, 1));
    SHOW(pwrite(reader, "x", 1, 0));
    int pipes[2];
    pipe(pipes);
    SHOW(pread(pipes[0], one, 1, 0));
    SHOW(pwrite(pipes[1], one, 1, 0));
    SHOW(writev(pipes[1], out, 3));
    SHOW(read(pipes[0], two, 8));
    int dir = open(".", O_RDONLY);
    SHOW(read(dir, one, 1));
    SHOW(pread(dir, one, 1, 0));
    return 0;
}
