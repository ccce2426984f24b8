/* SPDX-License-Identifier: Apache-2.0 */
/* sendfile and copy_file_range. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

int main(void)
{
    work_start();
    static char big[100000], back[100000];
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 7);
    int in = open("in", O_RDWR | O_CREAT, 0644), out = open("out", O_RDWR | O_CREAT, 0644);
    SHOW(write(in, big, sizeof big));
    off_t offset = 1000;
    SHOW(sendfile(out, in, &offset, 50000));
    printf("offset %ld\n", (long)offset);
    SHOW(lseek(in, 0, SEEK_CUR));
    SHOW(lseek(out, 0, SEEK_CUR));
    pread(out, back, 50000, 0);
    printf("same: %d\n", memcmp(back, big + 1000, 50000) == 0);
    SHOW(lseek(in, 99000, SEEK_SET));
    SHOW(sendfile(out, in, NULL, 50000));
    SHOW(sendfile(out, in, NULL, 50000));
    SHOW(lseek(in, 0, SEEK_CUR));
    int pair[2], pipes[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    offset = 10;
    SHOW(sendfile(pair[0], in, &offset, 2000));
    SHOW(read(pair[1], back, 5000));
    printf("same: %d\n", memcmp(back, big + 10, 2000) == 0);
    pipe(pipes);
    offset = 20;
    SHOW(sendfile(pipes[1], in, &offset, 3000));
    SHOW(read(pipes[0], back, 5000));
    printf("same: %d\n", memcmp(back, big + 20, 3000) == 0);
    SHOW(sendfile(out, 999, NULL, 1));
    SHOW(sendfile(999, in, NULL, 1));
    int reader = open("in", O_RDONLY);
    SHOW(sendfile(reader, in, NULL, 1));
    loff_t from = 5, to = 70000;
    SHOW(copy_file_range(in, &from, out, &to, 20000, 0));
    printf("%ld %ld\n", (long)from, (long)to);
    SHOW(pread(out, back, 20000, 70000));
    printf("same: %d\n", memcmp(back, big + 5, 20000) == 0);
    SHOW(lseek(in, 0, SEEK_SET));
    SHOW(lseek(out, 0, SEEK_SET));
    SHOW(copy_file_range(in, NULL, out, NULL, 300, 0));
    SHOW(lseek(in, 0, SEEK_CUR));
    SHOW(lseek(out, 0, SEEK_CUR));
    from = 1000000;
    SHOW(copy_file_range(in, &from, out, NULL, 300, 0));
    SHOW(copy_file_range(in, NULL, out, NULL, 300, 1));
    from = 0, to = 100;
    SHOW(copy_file_range(in, &from, in, &to, 300, 0));
    SHOW(copy_file_range(in, &from, reader, &to, 300, 0));
    SHOW(copy_file_range(pipes[0], NULL, out, NULL, 300, 0));
    return 0;
}
