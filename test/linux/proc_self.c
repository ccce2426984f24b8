/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self: descriptors, program, memory, status. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/wait.h>

static size_t slurp(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY);
    size_t done = 0;
    ssize_t got;
    while (fd >= 0 && done < size - 1 && (got = read(fd, text + done, size - 1 - done)) > 0)
        done += (size_t)got;
    text[done] = 0;
    if (fd >= 0)
        close(fd);
    return done;
}

static void link_of(int fd)
{
    char path[64], text[256];
    sprintf(path, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(path, text, sizeof text - 1);
    text[size > 0 ? size : 0] = 0;
    char *number = strchr(text, '[');
    if (number && number[1] >= '0' && number[1] <= '9')
        strcpy(number, "[N]");
    printf("%s\n",
           strncmp(text, work_path, strlen(work_path)) == 0 ? text + strlen(work_path) : text);
}

static char text[200000], path[64], buffer[64];

static void descriptors(void)
{
    work_file("f", "content");
    int fd = open("f", O_RDWR);
    dup2(fd, 20);
    link_of(20);
    int dir = open(".", O_RDONLY);
    dup2(dir, 21);
    link_of(21);
    int pipes[2];
    pipe(pipes);
    link_of(pipes[0]);
    int null = open("/dev/null", O_RDWR);
    link_of(null);
    lseek(fd, 3, SEEK_SET);
    int again = open("/proc/self/fd/20", O_RDONLY);
    SHOW(read(again, buffer, 60));
    printf("%s\n", buffer);
    unlink("f");
    link_of(20);
    again = open("/proc/self/fd/20", O_RDWR);
    SHOW(read(again, buffer, 60));
    SHOW(open("/proc/self/fd/19", O_RDONLY));
    struct stat st, other;
    SHOW(stat("/proc/self/fd/20", &st));
    fstat(20, &other);
    printf("same: %d\n", st.st_ino == other.st_ino);
    SHOW(lstat("/proc/self/fd/20", &st));
    printf("link: %d\n", S_ISLNK(st.st_mode));
    sprintf(path, "/dev/fd/%d", pipes[1]);
    int end = open(path, O_WRONLY);
    SHOW(write(end, "piped", 5));
    SHOW(read(pipes[0], buffer, 60));
    SHOW(access("/dev/stdin", F_OK) <= 0);
    DIR *list = opendir("/proc/self/fd");
    struct dirent *item;
    int seen = 0;
    while ((item = readdir(list)) != NULL)
        seen += strcmp(item->d_name, "20") == 0 || strcmp(item->d_name, "21") == 0;
    printf("seen %d\n", seen);
    closedir(list);
    slurp("/proc/self/fdinfo/20", text, sizeof text);
    printf("%d %d\n", strncmp(text, "pos:\t3\n", 7), strstr(text, "flags:\t") != NULL);
}

static void program(char **argv)
{
    slurp("/proc/self/cmdline", text, sizeof text);
    printf("cmdline is argv[0]: %d\n", strcmp(text, argv[0]) == 0);
    slurp("/proc/self/comm", text, sizeof text);
    printf("comm %s", text);
    char *map = mmap(NULL, 12288, PROT_READ, MAP_PRIVATE, open("/proc/self/exe", O_RDONLY), 0);
    printf("ELF: %d\n", map != MAP_FAILED && memcmp(map, "\177ELF", 4) == 0);
    slurp("/proc/self/maps", text, sizeof text);
    char exe[256], start[32];
    ssize_t size = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[size > 0 ? size : 0] = 0;
    sprintf(start, "%lx-", (unsigned long)map);
    char *line = strstr(text, start);
    printf("mapped: %d r--p %d name %d\n", line != NULL,
           line && strncmp(strchr(line, ' '), " r--p 00000000 ", 15) == 0,
           line && strstr(line, exe) != NULL);
    printf("stack %d\n", strstr(text, "[stack]\n") != NULL);
}

static void status(void)
{
    char comm[32], name[64];
    slurp("/proc/self/comm", comm, sizeof comm);
    sprintf(name, "Name:\t%s", comm);
    slurp("/proc/self/status", text, sizeof text);
    printf("status %d %d %d %d\n", strncmp(text, name, strlen(name)),
           strstr(text, "\nState:\tR (running)\n") != NULL, strstr(text, "\nThreads:\t1\n") != NULL,
           strstr(text, "\nUid:\t0\t0\t0\t0\n") != NULL);
    int pid = 0, parent = 0;
    char state = 0;
    slurp("/proc/self/stat", text, sizeof text);
    sscanf(text, "%d", &pid);
    sscanf(strrchr(text, ')') + 1, " %c %d", &state, &parent);
    printf("stat %d %c %d\n", pid == getpid(), state, parent == getppid());
    ssize_t size = readlink("/proc/self", buffer, sizeof buffer - 1);
    buffer[size > 0 ? size : 0] = 0;
    printf("self %d\n", atoi(buffer) == getpid());
    sprintf(path, "/proc/%d/task/%d/comm", getpid(), getpid());
    slurp(path, text, sizeof text);
    printf("task %s", text);
}

static void child(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
    sprintf(path, "/proc/%d/stat", pid);
    slurp(path, text, sizeof text);
    printf("zombie %c\n", strchr(text, ')') ? strchr(text, ')')[2] : '?');
    waitpid(pid, NULL, 0);
    SHOW(open(path, O_RDONLY));
}

int main(int argc, char **argv)
{
    work_start();
    descriptors();
    program(argv);
    status();
    child();
    SHOW(open("/proc/self/none", O_RDONLY));
    SHOW(open("/proc/0", O_RDONLY));
    SHOW(mkdir("/proc/self/new", 0700) < 0);
    SHOW(unlink("/proc/self/stat") < 0);
    SHOW(open("/proc/self/stat", O_RDWR) < 0);
    return 0;
}
