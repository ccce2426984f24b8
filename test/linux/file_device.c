/* SPDX-License-Identifier: Apache-2.0 */
/* /dev/null, zero, full, random, urandom; generic ioctls. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/ioctl.h>

int main(void)
{
    work_start();
    char buffer[64];
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR),
        full = open("/dev/full", O_RDWR);
    int urandom = open("/dev/urandom", O_RDONLY), random = open("/dev/random", O_RDONLY);
    SHOW(read(null, buffer, 64));
    SHOW(write(null, buffer, 64));
    memset(buffer, 'x', 64);
    SHOW(read(zero, buffer, 64));
    printf("%d %d\n", buffer[0], buffer[63]);
    SHOW(write(zero, buffer, 64));
    SHOW(read(full, buffer, 64));
    SHOW(write(full, buffer, 64));
    SHOW(write(full, buffer, 0));
    SHOW(read(urandom, buffer, 64));
    int equal = 0;
    for (int i = 1; i < 64; i++)
        equal += buffer[i] == buffer[i - 1];
    printf("looks random: %d\n", equal < 20);
    SHOW(read(random, buffer, 64));
    SHOW(write(urandom, buffer, 64));
    SHOW(lseek(null, 100, SEEK_SET));
    SHOW(lseek(zero, 100, SEEK_SET));
    SHOW(ftruncate(null, 0));
    SHOW(fsync(null));
    SHOW(pread(zero, buffer, 10, 1000));
    SHOW(truncate("/dev/null", 0));
    SHOW_OK(open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600));
    work_file("f", "0123456789");
    int fd = open("f", O_RDWR), value = -1;
    SHOW(ioctl(fd, FIONREAD, &value));
    printf("%d\n", value);
    lseek(fd, 4, SEEK_SET);
    SHOW(ioctl(fd, FIONREAD, &value));
    printf("%d\n", value);
    value = 1;
    SHOW(ioctl(fd, FIONBIO, &value));
    printf("%d\n", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    value = 0;
    SHOW(ioctl(fd, FIONBIO, &value));
    printf("%d\n", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    SHOW(ioctl(fd, FIOCLEX));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(ioctl(fd, FIONCLEX));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(ioctl(fd, TCGETS, buffer));
    SHOW(ioctl(null, TCGETS, buffer));
    SHOW(ioctl(fd, 0x12345, buffer));
    SHOW(ioctl(999, FIONREAD, &value));
    return 0;
}
