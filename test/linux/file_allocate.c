/* SPDX-License-Identifier: Apache-2.0 */
/* fallocate: more room, kept size, holes punched. */
/* FLAVOURS: dynamic static */
#include "work.h"

static void size_of(int fd)
{
    struct stat st;
    fstat(fd, &st);
    printf("size %ld blocks %ld\n", (long)st.st_size, (long)st.st_blocks / 8 * 8);
}

int main(void)
{
    work_start();
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    char buffer[16384];
    SHOW(fallocate(fd, 0, 0, 10000));
    size_of(fd);
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20000));
    struct stat st;
    fstat(fd, &st);
    printf("size %ld\n", (long)st.st_size);
    memset(buffer, 'a', sizeof buffer);
    SHOW(pwrite(fd, buffer, 16384, 0));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4000, 5000));
    SHOW(pread(fd, buffer, 16384, 0));
    printf("%c %d %d %c\n", buffer[3999], buffer[4000], buffer[8999], buffer[9000]);
    fstat(fd, &st);
    printf("size %ld\n", (long)st.st_size);
    SHOW(lseek(fd, 0, SEEK_HOLE));
    SHOW(lseek(fd, 4096, SEEK_DATA));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
    SHOW(fallocate(fd, 0, 0, 0));
    SHOW(fallocate(fd, 0, -1, 10));
    SHOW(fallocate(fd, 0x100, 0, 10));
    SHOW(fallocate(fd, 0, 0x7fffffffffffffff, 10));
    int reader = open("f", O_RDONLY);
    SHOW(fallocate(reader, 0, 0, 10));
    int pipes[2];
    pipe(pipes);
    SHOW(fallocate(pipes[1], 0, 0, 10));
    SHOW(posix_fallocate(fd, 100000, 10));
    fstat(fd, &st);
    printf("size %ld\n", (long)st.st_size);
    SHOW(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
    SHOW(posix_fadvise(pipes[0], 0, 0, POSIX_FADV_NORMAL));
    SHOW(fsync(fd));
    SHOW(fdatasync(fd));
    SHOW(fsync(pipes[0]));
    SHOW(fsync(999));
    SHOW(syncfs(fd));
    return 0;
}
