/* SPDX-License-Identifier: Apache-2.0 */
/* fork and wait: memory is copied, descriptors are shared, ends are told once and in order asked
 * for. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int global = 1;

static void memory(void)
{
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int local = 1, status;
    char *heap = strdup("before");
    pid_t child = fork();
    if (child == 0) {
        global = local = 2;
        *shared = 7;
        strcpy(heap, "child");
        _exit(local + global);
    }
    waitpid(child, &status, 0);
    printf("copied: global %d local %d heap %s; shared %d; status %d\n", global, local, heap,
           *shared, WEXITSTATUS(status));
}

static void files(void)
{
    char name[] = "/tmp/process_fork.XXXXXX", text[16] = {0};
    int fd = mkstemp(name);
    unlink(name);
    if (write(fd, "abcdef", 6) != 6)
        puts("write failed");
    lseek(fd, 0, SEEK_SET);
    if (fork() == 0) {
        if (read(fd, text, 3) != 3)
            _exit(1);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        _exit(0);
    }
    wait(NULL);
    long got = read(fd, text, sizeof(text) - 1);
    printf("position is shared: %ld bytes '%s'; close-on-exec is not: %d\n", got, text,
           fcntl(fd, F_GETFD));
    close(fd);
}

static void ends(void)
{
    int status;
    pid_t a = fork();
    if (a == 0)
        _exit(300); /* 300 & 255 */
    pid_t b = fork();
    if (b == 0)
        raise(SIGKILL);
    pid_t c = fork();
    if (c == 0)
        for (;;)
            pause();
    printf("c runs: %d\n", waitpid(c, &status, WNOHANG));
    printf("b first: %d", waitpid(b, &status, 0) == b);
    printf(" signal %d\n", WTERMSIG(status));
    printf("then a: %d", waitpid(-1, &status, 0) == a);
    printf(" exit %d\n", WEXITSTATUS(status));
    kill(c, SIGTERM);
    printf("then c: %d", wait(&status) == c);
    printf(" signal %d\n", WTERMSIG(status));
    printf("then none: %d %s\n", wait(&status), strerror(errno));
    printf("not ours: %d %s\n", waitpid(1, &status, 0), strerror(errno));
    printf("bad options: %d %s\n", waitpid(-1, &status, 0x100), strerror(errno));
}

static void waitid_too(void)
{
    siginfo_t info;
    pid_t child = fork();
    if (child == 0)
        _exit(9);
    memset(&info, 0, sizeof(info));
    int result = waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    printf("waitid looks: %d code %d status %d pid %d\n", result, info.si_code == CLD_EXITED,
           info.si_status, info.si_pid == child);
    result = waitid(P_ALL, 0, &info, WEXITED);
    printf("waitid takes: %d pid %d\n", result, info.si_pid == child);
    result = waitid(P_ALL, 0, &info, WEXITED);
    printf("nothing left: %d %s\n", result, strerror(errno));
    child = fork();
    if (child == 0)
        for (;;)
            pause();
    memset(&info, 0x55, sizeof(info));
    result = waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG);
    printf("still runs: %d pid %d\n", result, info.si_pid);
    kill(child, SIGSTOP);
    result = waitid(P_PID, (id_t)child, &info, WSTOPPED);
    printf("stopped: %d code %d status %d\n", result, info.si_code == CLD_STOPPED,
           info.si_status == SIGSTOP);
    kill(child, SIGCONT);
    result = waitid(P_PID, (id_t)child, &info, WCONTINUED);
    printf("continued: %d code %d status %d\n", result, info.si_code == CLD_CONTINUED,
           info.si_status == SIGCONT);
    kill(child, SIGKILL);
    struct rusage usage;
    int status;
    result = wait4(child, &status, 0, &usage);
    printf("killed: %d signal %d\n", result == child, WTERMSIG(status));
}

static void nobody_waits(void)
{
    int status;
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        _exit(1);
    printf("ignored children leave nothing: %d %s\n", wait(&status), strerror(errno));
    signal(SIGCHLD, SIG_DFL);
}

/* A grandchild whose parent ends becomes the child of pid 1 or of a subreaper. */
static void orphans(void)
{
    int ends_pipe[2];
    char text[64] = {0};
    if (pipe(ends_pipe) < 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        pid_t self = getpid();
        if (fork() == 0) {
            while (getppid() == self)
                usleep(1000);
            dprintf(ends_pipe[1], "the orphan has another parent: %d", getppid() != self);
            _exit(0);
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
    close(ends_pipe[1]);
    if (read(ends_pipe[0], text, sizeof(text) - 1) > 0)
        puts(text);
}

static void many(void)
{
    enum { COUNT = 60 };
    int sum = 0, status;
    for (int i = 0; i < COUNT; i++) {
        if (fork() == 0)
            _exit(i);
    }
    for (int i = 0; i < COUNT; i++) {
        if (wait(&status) > 0)
            sum += WEXITSTATUS(status);
    }
    printf("sum of %d ends: %d\n", COUNT, sum);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    memory();
    files();
    ends();
    waitid_too();
    nobody_waits();
    orphans();
    many();
    return 0;
}
