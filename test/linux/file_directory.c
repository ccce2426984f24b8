/* SPDX-License-Identifier: Apache-2.0 */
/* mkdir, listing with getdents, seeking in a directory, and removing while listing. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <dirent.h>
#include <sys/syscall.h>

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void list(const char *path)
{
    static char names[600][32];
    int count = 0;
    DIR *dir = opendir(path);
    struct dirent *item;
    while ((item = readdir(dir)) != NULL)
        sprintf(names[count++], "%s type %d", item->d_name, item->d_type);
    closedir(dir);
    qsort(names, count, sizeof names[0], compare);
    printf("%s: %d names:", path, count);
    for (int i = 0; i < count && i < 12; i++)
        printf(" [%s]", names[i]);
    printf("\n");
}

int main(void)
{
    work_start();
    struct stat st;
    SHOW(mkdir("d", 0777));
    stat("d", &st);
    printf("mode %o\n", st.st_mode);
    SHOW(mkdir("d", 0777));
    SHOW(mkdir("d/", 0777));
    SHOW(mkdir("x/y", 0777));
    SHOW(mkdir("t/", 01777));
    stat("t", &st);
    printf("mode %o\n", st.st_mode);
    SHOW(mkdir(".", 0777));
    SHOW(mkdir("/", 0777));
    list("d");
    work_file("d/file", "");
    mkdir("d/sub", 0700);
    symlink("file", "d/link");
    mkfifo("d/fifo", 0600);
    list("d");
    char name[32];
    for (int i = 0; i < 500; i++) {
        sprintf(name, "t/%d", i);
        work_file(name, "");
    }
    list("t");
    DIR *dir = opendir("t");
    struct dirent *item;
    int removed = 0;
    while ((item = readdir(dir)) != NULL) {
        if (item->d_name[0] == '.')
            continue;
        unlinkat(dirfd(dir), item->d_name, 0);
        removed++;
    }
    printf("removed while listing: %d\n", removed);
    rewinddir(dir);
    int left = 0;
    while (readdir(dir) != NULL)
        left++;
    printf("left: %d\n", left);
    closedir(dir);
    dir = opendir("d");
    readdir(dir);
    readdir(dir);
    long position = telldir(dir);
    char first[256];
    strcpy(first, readdir(dir)->d_name);
    seekdir(dir, position);
    printf("seekdir comes back: %d\n", strcmp(first, readdir(dir)->d_name) == 0);
    closedir(dir);
    int fd = open("d", O_RDONLY);
    char buffer[1024];
    SHOW(read(fd, buffer, 10));
    SHOW(syscall(SYS_getdents64, fd, buffer, 8));
    SHOW(syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0);
    SHOW(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(syscall(SYS_getdents64, fd, (char *)8, sizeof buffer));
    close(fd);
    fd = open("d/file", O_RDONLY);
    SHOW(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    SHOW(rmdir("d"));
    fd = open("t", O_RDONLY);
    SHOW(rmdir("t"));
    SHOW(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    SHOW(openat(fd, "new", O_CREAT | O_RDWR, 0600));
    SHOW(mkdirat(fd, "new", 0700));
    return 0;
}
