/* SPDX-License-Identifier: Apache-2.0 */
/* Files mapped into memory: shared and private, the last page, beyond the end, truncation. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf back;
static volatile int code;

static void caught(int signal, siginfo_t *info, void *context)
{
    code = info->si_code;
    siglongjmp(back, signal);
}

static void touch(const char *what, volatile char *at, int write)
{
    int signal = sigsetjmp(back, 1);
    if (signal == 0) {
        if (write)
            *at = 1;
        else
            (void)*at;
    }
    printf("%s: %s\n", what,
           signal == 0        ? "fine"
           : signal == SIGBUS ? code == BUS_ADRERR ? "SIGBUS ADRERR" : "SIGBUS"
                              : "SIGSEGV");
}

int main(void)
{
    work_start();
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    int fd = open("f", O_RDWR | O_CREAT, 0644);
    char buffer[64];
    write(fd, "hello, file", 11);
    char *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    printf("%.11s %.11s %d\n", shared, private, shared[11]);
    shared[0] = 'J';
    printf("private sees %c\n", private[0]);
    private[1] = 'E';
    pread(fd, buffer, 11, 0);
    printf("file %.11s, shared %.11s, private %.11s\n", buffer, shared, private);
    pwrite(fd, "J", 1, 7);
    printf("shared %.11s, private %.11s\n", shared, private);
    touch("last page, beyond the end", shared + 4000, 0);
    touch("page beyond the end", shared + 4096, 0);
    ftruncate(fd, 8192);
    touch("after it grew", shared + 4096, 1);
    pread(fd, buffer, 1, 4096);
    printf("written through: %d\n", buffer[0]);
    ftruncate(fd, 5);
    printf("cut: %d %d\n", shared[4], shared[5]);
    SHOW(msync(shared, 4096, MS_SYNC));
    SHOW(munmap(shared, 8192));
    int reader = open("f", O_RDONLY);
    SHOW(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED);
    printf("%s\n", strerrorname_np(errno));
    char *view = mmap(NULL, 4096, PROT_READ, MAP_SHARED, reader, 0);
    SHOW(mprotect(view, 4096, PROT_READ | PROT_WRITE));
    touch("write to a read-only view", view, 1);
    int writer = open("f", O_WRONLY);
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, writer, 0) == MAP_FAILED);
    printf("%s\n", strerrorname_np(errno));
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 100) == MAP_FAILED);
    printf("%s\n", strerrorname_np(errno));
    SHOW(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
    printf("%s\n", strerrorname_np(errno));
    int dir = open(".", O_RDONLY);
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, dir, 0) == MAP_FAILED);
    printf("%s\n", strerrorname_np(errno));
    view = mmap(NULL, 4096, PROT_READ, MAP_SHARED, reader, 0);
    close(reader);
    unlink("f");
    printf("unlinked: %.5s\n", view);
    int zero = open("/dev/zero", O_RDWR);
    char *zeros = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    zeros[5000] = 7;
    printf("/dev/zero %d %d\n", zeros[0], zeros[5000]);
    int null = open("/dev/null", O_RDWR);
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, null, 0) == MAP_FAILED);
    printf("%s\n", strerrorname_np(errno));
    return 0;
}
