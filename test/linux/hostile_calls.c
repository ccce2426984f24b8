/* SPDX-License-Identifier: Apache-2.0 */
/* FLAVOURS: dynamic */
/*
 * Calls that no program needs and a hostile one makes: each of them once ended a kernel, hung it or
 * left something dangling. Prints the same on Linux and on HydrOS.
 */
#include "work.h"
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static void say(const char *what, long result)
{
    printf("%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "done");
}

/* A base of thread-local storage that is no address. */
static void clone_base(void)
{
    unsigned long bases[] = {0x8000000000000000UL, 0x00007ffffffff000UL, 0xffffffffffffff00UL};
    for (int i = 0; i < 3; i++) {
        long pid = syscall(SYS_clone, CLONE_SETTLS | SIGCHLD, 0, 0, 0, bases[i]);
        if (pid == 0)
            _exit(0);
        say("clone", pid);
    }
}

/* A second view that would take the place of the first. */
static void remap_itself(void)
{
    char *map = mmap(NULL, 8192, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void *moved = mremap(map, 0, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, map);
    say("mremap", moved == MAP_FAILED ? -1 : 0);
}

/* Regions by the thousand that become one. */
static void join_many(void)
{
    size_t count = 16000;
    char *map =
        mmap(NULL, count * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (size_t i = 0; i < count; i += 2)
        mprotect(map + i * 4096, 4096, PROT_READ);
    say("mprotect", mprotect(map, count * 4096, PROT_READ | PROT_WRITE));
    map[count * 4096 - 1] = 1;
    say("munmap", munmap(map, count * 4096));
}

static int listener(struct sockaddr_in *address)
{
    socklen_t size = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    bind(fd, (void *)address, size);
    listen(fd, 0);
    getsockname(fd, (void *)address, &size);
    return fd;
}

/* A listener that is disconnected, with clients in its queue and before it. */
static void listener_undone(void)
{
    struct sockaddr_in address;
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    int fd = listener(&address), clients[4];
    for (int i = 0; i < 4; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(clients[i], (void *)&address, sizeof(address));
    }
    /* One that still knocks goes elsewhere. */
    connect(clients[3], &none, sizeof(none));
    int second = listener(&address);
    connect(clients[3], (void *)&address, sizeof(address));
    say("connect", connect(fd, &none, sizeof(none)));
    close(fd);
    for (int i = 0; i < 4; i++)
        close(clients[i]);
    close(second);
    say("close", 0);
}

/* The program's old place leads to the program. */
static void exe_circle(const char *self)
{
    char command[256];
    snprintf(command, sizeof(command), "cp %s ./copy && ./copy circle", self);
    fflush(stdout);
    say("copy", system(command));
}

static void exe_circle_inside(void)
{
    unlink("copy");
    say("symlink", symlink("/proc/self/exe", "copy"));
    int fd =
        open("copy", O_RDONLY); /* Linux still knows the file itself, so only that we live counts */
    close(fd);
    printf("alive\n");
}

/* A sleep on the clock of a process that does not run. */
static void sleep_on_sleeper(void)
{
    struct timespec moment = {0, 1};
    pid_t sleeper = fork();
    if (sleeper == 0) {
        pause();
        _exit(0);
    }
    usleep(100000);
    signal(SIGUSR1, SIG_DFL);
    pid_t waiter = fork();
    if (waiter == 0) {
        clock_nanosleep((clockid_t)(~(unsigned)sleeper << 3 | 2), 0, &moment, NULL);
        _exit(0);
    }
    usleep(100000);
    kill(waiter, SIGKILL);
    kill(sleeper, SIGKILL);
    say("wait", waitpid(waiter, NULL, 0));
    say("wait", waitpid(sleeper, NULL, 0));
}

static void ranges(void)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    struct flock lock = {.l_type = F_WRLCK, .l_start = (long)(-__LONG_MAX__ - 1L), .l_len = -10};
    say("lock before the start", fcntl(fd, F_SETLK, &lock));
    lock.l_start = 5;
    say("lock across the start", fcntl(fd, F_SETLK, &lock));
    int directory = open(".", O_RDONLY | O_DIRECTORY);
    lseek(directory, 1, SEEK_SET);
    say("seek", lseek(directory, __LONG_MAX__, SEEK_CUR) < 0 ? -1 : 0);
    struct rlimit files = {RLIM_INFINITY, RLIM_INFINITY};
    say("files", setrlimit(RLIMIT_NOFILE, &files));
}

/* The one whose child dies is not the one who asked for its signal. */
static void foreign_signal(void)
{
    int ends[2];
    char byte;
    pipe(ends);
    if (fork() == 0) {
        long pid = syscall(SYS_clone, SIGTERM, 0, 0, 0, 0);
        if (pid == 0) {
            usleep(100000);
            _exit(0); /* an orphan by now: SIGTERM would go to whoever took it in */
        }
        _exit(0);
    }
    close(ends[1]);
    while (read(ends[0], &byte, 1) > 0)
        ;
    say("orphan", wait(NULL));
}

int main(int count, char **arguments)
{
    char self[256] = {0};
    if (count > 1) {
        exe_circle_inside();
        return 0;
    }
    readlink("/proc/self/exe", self, sizeof(self) - 1);
    work_start();
    clone_base();
    remap_itself();
    join_many();
    listener_undone();
    exe_circle(self);
    sleep_on_sleeper();
    ranges();
    foreign_signal();
    return 0;
}
