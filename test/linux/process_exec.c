/* SPDX-License-Identifier: Apache-2.0 */
/* exec: arguments, environment, auxiliary vector, scripts, what is kept and what goes, and what is
 * refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static const char *self = "/proc/self/exe";

static int second(int count, char **arguments)
{
    char name[32] = {0};
    printf("arguments %d:", count);
    for (int i = 0; i < count; i++)
        printf(" '%s'", arguments[i]);
    int size = 0;
    while (environ[size])
        size++;
    printf(" environment %d: %s\n", size, size ? environ[0] : "-");
    prctl(PR_GET_NAME, name);
    printf("page size %lu ticks %lu uid %lu secure %lu platform %s base set %d entry set %d\n",
           getauxval(AT_PAGESZ), getauxval(AT_CLKTCK), getauxval(AT_UID), getauxval(AT_SECURE),
           (char *)getauxval(AT_PLATFORM), getauxval(AT_PHDR) != 0, getauxval(AT_ENTRY) != 0);
    unsigned char *random = (unsigned char *)getauxval(AT_RANDOM);
    int any = 0;
    for (int i = 0; i < 16; i++)
        any |= random[i];
    printf("random %d vdso %d kept fd %d closed fd %d\n", any != 0, getauxval(AT_SYSINFO_EHDR) != 0,
           fcntl(20, F_GETFD), fcntl(21, F_GETFD));
    int local;
    printf("stack aligned %d, name is not the thread's %d\n", ((unsigned long)&local & 3) == 0,
           strcmp(name, "special") != 0);
    return 3;
}

static int run(void (*child)(void))
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        child();
        fflush(stdout);
        _exit(99);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void plain(void)
{
    char *arguments[] = {"zero", "second", "", "three and more", NULL},
         *environment[] = {"A=b", "C=", NULL};
    dup2(1, 20);
    dup3(1, 21, O_CLOEXEC);
    prctl(PR_SET_NAME, "special");
    execve(self, arguments, environment);
}

static void none(void)
{
    char *arguments[] = {NULL};
    execve(self, arguments, arguments); /* argv[0] is made, and is empty */
}

static void *from_thread(void *argument)
{
    char *arguments[] = {"zero", "pid", NULL};
    execve(self, arguments, environ);
    return NULL;
}

static void *sleeper(void *argument)
{
    for (;;)
        pause();
    return NULL;
}

static void threads(void)
{
    pthread_t thread;
    for (int i = 0; i < 3; i++)
        pthread_create(&thread, NULL, sleeper, NULL);
    char number[16];
    snprintf(number, sizeof(number), "%d", getpid());
    setenv("EXPECTED", number, 1);
    pthread_create(&thread, NULL, from_thread, NULL);
    pthread_join(thread, NULL);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, mode);
    if (write(fd, text, strlen(text)) < 0)
        puts("write failed");
    close(fd);
}

static void script(void)
{
    char *arguments[] = {"lost", "x", "y z", NULL};
    execve("/tmp/process_exec.script", arguments, environ);
}

static void nested(void)
{
    char *arguments[] = {"lost", "n", NULL};
    execve("/tmp/process_exec.nested", arguments, environ);
}

static void loop(void)
{
    char *arguments[] = {"loop", NULL};
    execve("/tmp/process_exec.loop", arguments, environ);
    printf("loop: %s\n", strerror(errno));
}

static void refused(const char *name, const char *path)
{
    char *arguments[] = {"x", NULL};
    execve(path, arguments, environ);
    printf("%s: %s\n", name, strerror(errno));
}

static void too_big(void)
{
    static char text[200000];
    memset(text, 'x', sizeof(text) - 1);
    char *one[] = {"x", text, NULL}, **many = calloc(100001, sizeof(char *));
    execve(self, one, environ);
    printf("one long argument: %s\n", strerror(errno));
    text[1000] = 0;
    for (int i = 0; i < 100000; i++)
        many[i] = text;
    execve(self, many, environ);
    printf("a hundred megabytes: %s\n", strerror(errno));
    free(many);
}

static void large(void)
{
    static char text[1001];
    memset(text, 'x', sizeof(text) - 1);
    char *many[1003] = {"zero", "count"};
    for (int i = 2; i < 1002; i++)
        many[i] = text;
    execve(self, many, environ);
}

static void bad_pointers(void)
{
    void *volatile nowhere = (void *)8;
    char *bad[] = {"x", nowhere, NULL};
    execve(self, bad, environ);
    printf("bad string: %s\n", strerror(errno));
    execve(self, (char **)nowhere, environ);
    printf("bad vector: %s\n", strerror(errno));
    execve((char *)nowhere, bad, environ);
    printf("bad path: %s\n", strerror(errno));
}

int main(int count, char **arguments)
{
    if (count == 1 && arguments[0][0] == 0) {
        puts("an empty argv[0] was made");
        return 4;
    }
    if (count > 1 && strcmp(arguments[1], "second") == 0)
        return second(count, arguments);
    if (count > 1 && strcmp(arguments[1], "pid") == 0) {
        printf("same pid after exec from a thread: %d, tid %d\n",
               atoi(getenv("EXPECTED")) == getpid(), gettid() == getpid());
        return 5;
    }
    if (count > 1 && strcmp(arguments[1], "count") == 0) {
        printf("large: %d arguments\n", count);
        return 6;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("plain %d\n", run(plain));
    printf("none %d\n", run(none));
    printf("threads %d\n", run(threads));
    printf("large %d\n", run(large));
    write_file("/tmp/process_exec.script", "#! /bin/sh  -e  \necho \"$0: $# $1 $2\"\nexit 8\n",
               0755);
    printf("script %d\n", run(script));
    write_file("/tmp/process_exec.nested", "#!/tmp/process_exec.script\n", 0755);
    printf("nested %d\n", run(nested));
    write_file("/tmp/process_exec.loop", "#!/tmp/process_exec.loop\n", 0755);
    printf("loop %d\n", run(loop));
    write_file("/tmp/process_exec.text", "echo not a program\n", 0755);
    write_file("/tmp/process_exec.data", "#!/bin/sh\n", 0644);
    write_file("/tmp/process_exec.lost", "#!/no/such/program\n", 0755);
    write_file("/tmp/process_exec.short", "\177ELF", 0755);
    write_file("/tmp/process_exec.empty", "", 0755);
    refused("missing", "/no/such/file");
    refused("directory", "/tmp");
    refused("no right", "/tmp/process_exec.data");
    refused("text", "/tmp/process_exec.text");
    refused("interpreter missing", "/tmp/process_exec.lost");
    refused("too short", "/tmp/process_exec.short");
    refused("empty", "/tmp/process_exec.empty");
    refused("through a file", "/tmp/process_exec.data/x");
    refused("a device", "/dev/null");
    too_big();
    bad_pointers();
    static const char *const names[] = {"script", "nested", "loop",  "text",
                                        "data",   "lost",   "short", "empty"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char name[64];
        snprintf(name, sizeof(name), "/tmp/process_exec.%s", names[i]);
        unlink(name);
    }
    return 0;
}
