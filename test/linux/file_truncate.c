/* SPDX-License-Identifier: Apache-2.0 */
/* truncate, holes, SEEK_DATA and SEEK_HOLE, what stands beyond an old end. */
/* FLAVOURS: dynamic static */
#include "work.h"

int main(void)
{
    work_start();
    char buffer[8192];
    struct stat st;
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    SHOW(write(fd, "0123456789", 10));
    SHOW(ftruncate(fd, 4));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(ftruncate(fd, 8));
    memset(buffer, 'x', sizeof buffer);
    SHOW(pread(fd, buffer, sizeof buffer, 0));
    printf("%.4s %d %d %d %d\n", buffer, buffer[4], buffer[5], buffer[6], buffer[7]);
    SHOW(write(fd, "end", 3));
    fstat(fd, &st);
    printf("size %ld\n", (long)st.st_size);
    SHOW(ftruncate(fd, 1 << 20));
    SHOW(pread(fd, buffer, sizeof buffer, 1 << 19));
    int zeros = 0;
    for (size_t i = 0; i < sizeof buffer; i++)
        zeros += buffer[i] == 0;
    printf("zeros %d\n", zeros);
    SHOW(ftruncate(fd, 0));
    SHOW(pwrite(fd, "data", 4, 1 << 18));
    SHOW(ftruncate(fd, 1 << 20));
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, (1 << 18) + 1, SEEK_DATA));
    SHOW(lseek(fd, 0, SEEK_HOLE));
    SHOW(lseek(fd, 1 << 18, SEEK_HOLE));
    SHOW(lseek(fd, 1 << 19, SEEK_DATA));
    SHOW(lseek(fd, 1 << 20, SEEK_HOLE));
    SHOW(lseek(fd, -1, SEEK_DATA));
    fstat(fd, &st);
    printf("sparse: %d\n", st.st_blocks * 512 < st.st_size);
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(lseek(fd, -4, SEEK_END));
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, 10, SEEK_CUR));
    SHOW(lseek(fd, 0, 99));
    SHOW(lseek(fd, 1L << 40, SEEK_SET));
    SHOW(read(fd, buffer, 10));
    SHOW(truncate("f", 3));
    SHOW(truncate("none", 3));
    SHOW(truncate(".", 3));
    SHOW(truncate("f", -1));
    SHOW(ftruncate(fd, -1));
    int reader = open("f", O_RDONLY);
    SHOW(ftruncate(reader, 0));
    int pipes[2];
    SHOW(pipe(pipes));
    SHOW(ftruncate(pipes[1], 0));
    SHOW(lseek(pipes[0], 0, SEEK_SET));
    fstat(fd, &st);
    printf("size %ld\n", (long)st.st_size);
    /* Bytes behind the end within the last page must not come back. */
    memset(buffer, 'z', sizeof buffer);
    SHOW(pwrite(fd, buffer, 5000, 0));
    SHOW(ftruncate(fd, 4100));
    SHOW(pwrite(fd, "t", 1, 4990));
    SHOW(pread(fd, buffer, 1000, 4096));
    printf("%c %d %d %c\n", buffer[3], buffer[4], buffer[893], buffer[894]);
    return 0;
}
