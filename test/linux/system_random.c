/* SPDX-License-Identifier: Apache-2.0 */
/* getrandom: flags, sizes, errors; bytes that differ and are spread over all values. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned char a[65536], b[65536];

int main(void)
{
    alarm(20);
    printf("nothing: %zd\n", getrandom(a, 0, 0));
    unsigned flags[] = {0, GRND_NONBLOCK, GRND_RANDOM, GRND_RANDOM | GRND_NONBLOCK, 4};
    for (int i = 0; i < 5; i++)
        printf("flags %u: %zd\n", flags[i], getrandom(a, 256, flags[i]));
    errno = 0;
    ssize_t result = getrandom(a, 1, 8);
    printf("bad flags: %zd %d\n", result, errno == EINVAL);
    errno = 0;
    result = getrandom(a, 1, 4 | GRND_RANDOM);
    printf("flags that exclude each other: %zd %d\n", result, errno == EINVAL);
    errno = 0;
    result = syscall(SYS_getrandom, 8L, 16L, 0L);
    printf("bad address: %zd %d\n", result, errno == EFAULT);
    printf("much: %zd %zd\n", getrandom(a, sizeof(a), 0), getrandom(b, sizeof(b), 0));
    printf("differs: %d\n", memcmp(a, b, sizeof(a)) != 0);
    int seen[256] = {0}, values = 0, ones = 0;
    for (size_t i = 0; i < sizeof(a); i++) {
        seen[a[i]]++;
        ones += __builtin_popcount(a[i]);
    }
    int low = 1 << 30, high = 0;
    for (int i = 0; i < 256; i++) {
        values += seen[i] > 0;
        low = seen[i] < low ? seen[i] : low;
        high = seen[i] > high ? seen[i] : high;
    }
    printf("all values: %d, even %d, half of the bits %d\n", values,
           low > 150 && high<370, ones> 260000 && ones < 264300);
    const unsigned char *start = (const unsigned char *)getauxval(AT_RANDOM);
    int zero = 0;
    for (int i = 0; start && i < 16; i++)
        zero += start[i] == 0;
    printf("AT_RANDOM: there %d, not empty %d\n", start != NULL, zero < 8);
    return 0;
}
