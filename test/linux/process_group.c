/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions, groups, limits, users, names: what the calls answer and refuse. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

#define TELL(call)                                                                                 \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long result_ = (long)(call);                                                               \
        printf("%s = %ld %s\n", #call, result_, result_ < 0 ? strerror(errno) : "");               \
    } while (0)

static void in_child(void (*body)(void))
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        body();
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (status)
        printf("child ended with %x\n", status);
}

static void groups(void)
{
    pid_t self = getpid();
    printf("inherited: group %d session %d\n", getpgrp() == getpgid(getppid()),
           getsid(0) == getsid(getppid()));
    printf("setpgid: %d, leader %d\n", setpgid(0, 0), getpgrp() == self);
    TELL(setsid());
    TELL(setpgid(0, -1));
    TELL(setpgid(999999, 0));
    TELL(getpgid(999999));
    TELL(getsid(999999));
    TELL(setpgid(0, 999998));
    pid_t child = fork();
    if (child == 0) {
        pid_t session = setsid();
        printf("new session: %d %d %d\n", session == getpid(), getpgrp() == getpid(),
               getsid(0) == getpid());
        TELL(setpgid(0, 0));
        _exit(0);
    }
    waitpid(child, NULL, 0);
    int ready[2];
    char byte;
    if (pipe(ready) < 0)
        return;
    child = fork();
    if (child == 0)
        for (;;)
            pause();
    printf("child into own group: %d %d\n", setpgid(child, child), getpgid(child) == child);
    printf("a signal to the group: %d", kill(-child, SIGTERM));
    int status;
    waitpid(-child, &status, 0);
    printf(" ended it %d\n", WTERMSIG(status));
    child = fork();
    if (child == 0) {
        close(ready[0]);
        execl("/bin/sh", "sh", "-c", "echo >&$0; while :; do :; done", ready[1] == 4 ? "4" : "5",
              NULL);
        _exit(1);
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) == 1)
        TELL(setpgid(child, child));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void limits(void)
{
    struct rlimit limit, old;
    getrlimit(RLIMIT_STACK, &limit);
    printf("stack %ld\n", (long)limit.rlim_cur);
    limit.rlim_cur = 100;
    limit.rlim_max = 200;
    TELL(setrlimit(RLIMIT_NOFILE, &limit));
    getrlimit(RLIMIT_NOFILE, &old);
    printf("now %ld %ld, table size %ld\n", (long)old.rlim_cur, (long)old.rlim_max,
           sysconf(_SC_OPEN_MAX));
    TELL(dup2(1, 100));
    TELL(dup2(1, 99));
    limit.rlim_cur = 300;
    TELL(setrlimit(RLIMIT_NOFILE, &limit));
    TELL(getrlimit(99, &limit));
    TELL(prlimit(0, RLIMIT_CORE, NULL, &old));
    TELL(prlimit(999999, RLIMIT_CORE, NULL, &old));
    struct rusage usage;
    TELL(getrusage(RUSAGE_SELF, &usage));
    TELL(getrusage(77, &usage));
    for (volatile long i = 0; i < 30000000; i++)
        ;
    getrusage(RUSAGE_SELF, &usage);
    printf("time was used: %d\n", usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec +
                                          usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec >
                                      1000);
    struct tms tms;
    printf("times: %d\n", times(&tms) > 0);
}

static void users(void)
{
    uid_t real, effective, saved;
    TELL(getuid());
    TELL(setresuid(1000, 1001, 1002));
    getresuid(&real, &effective, &saved);
    printf("%d %d %d\n", real, effective, saved);
    TELL(setuid(0));
    TELL(seteuid(1002));
    TELL(geteuid());
    TELL(setreuid(1001, -1));
    TELL(setreuid(-1, 1000));
    TELL(geteuid());
    TELL(setgid(5));
    TELL(setgroups(0, NULL));
    TELL(setfsuid(-1));
}

static void root_drops(void)
{
    TELL(setgroups(0, NULL));
    TELL(getgroups(0, NULL));
    TELL(setgid(7));
    TELL(getegid());
    TELL(setuid(8));
    TELL(getuid());
    TELL(geteuid());
    TELL(setuid(0));
}

static void names(void)
{
    char name[16];
    int value = -1;
    TELL(prctl(PR_SET_NAME, "a name that is too long"));
    prctl(PR_GET_NAME, name);
    printf("'%s'\n", name);
    TELL(prctl(PR_GET_DUMPABLE));
    TELL(prctl(PR_SET_DUMPABLE, 0));
    TELL(prctl(PR_GET_DUMPABLE));
    TELL(prctl(PR_SET_DUMPABLE, 7));
    TELL(prctl(PR_SET_PDEATHSIG, SIGUSR1));
    TELL(prctl(PR_GET_PDEATHSIG, &value));
    TELL(value);
    TELL(prctl(PR_SET_PDEATHSIG, 100));
    TELL(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    TELL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    TELL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    TELL(prctl(PR_SET_CHILD_SUBREAPER, 1));
    TELL(prctl(PR_GET_CHILD_SUBREAPER, &value));
    TELL(value);
    TELL(prctl(0x7777));
}

/* A subreaper gets its grandchild when the child between ends. */
static void subreaper(void)
{
    int status;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0) {
            usleep(20000);
            _exit(33);
        }
        _exit(0);
    }
    waitpid(child, &status, 0);
    printf("grandchild: %d", wait(&status) > 0);
    printf(" exit %d\n", WEXITSTATUS(status));
}

static void scheduling(void)
{
    struct sched_param param = {0};
    TELL(sched_getscheduler(0));
    TELL(sched_setscheduler(0, SCHED_BATCH, &param));
    TELL(sched_get_priority_max(SCHED_FIFO));
    TELL(sched_get_priority_min(SCHED_FIFO));
    TELL(sched_get_priority_max(SCHED_OTHER));
    TELL(sched_get_priority_max(99));
    TELL(sched_getscheduler(999999));
    param.sched_priority = 5;
    TELL(sched_setscheduler(0, SCHED_OTHER, &param));
    TELL(getpriority(PRIO_PROCESS, 0));
    TELL(setpriority(PRIO_PROCESS, 0, 7));
    TELL(getpriority(PRIO_PROCESS, 0));
    TELL(setpriority(PRIO_PROCESS, 0, 100));
    TELL(getpriority(PRIO_PROCESS, 0));
    TELL(getpriority(9, 0));
    TELL(setpriority(PRIO_PROCESS, 999999, 7));
    cpu_set_t set;
    CPU_ZERO(&set);
    TELL(sched_setaffinity(0, sizeof(set), &set));
    TELL(sched_getaffinity(0, 3, &set));
    TELL(sched_yield());
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    in_child(groups);
    in_child(limits);
    in_child(users);
    in_child(root_drops);
    in_child(names);
    in_child(subreaper);
    in_child(scheduling);
    return 0;
}
