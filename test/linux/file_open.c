/* SPDX-License-Identifier: Apache-2.0 */
/* open(2): what its flags create, refuse and show afterwards. */
/* FLAVOURS: dynamic static */
#include "work.h"

static void show_open(const char *name, int flags, const char *text)
{
    int fd = open(name, flags, 0640);
    printf("open %s %s: ", name, text);
    if (fd < 0) {
        printf("%s\n", strerrorname_np(errno));
        return;
    }
    printf("ok, F_GETFL %o\n", fcntl(fd, F_GETFL) & ~O_LARGEFILE);
    close(fd);
}

int main(void)
{
    work_start();
    work_file("file", "text");
    mkdir("dir", 0755);
    symlink("file", "link");
    symlink("missing", "dangling");
    symlink("dir", "dirlink");
#define TRY(name, flags) show_open(name, flags, #flags)
    TRY("file", O_RDONLY);
    TRY("file", O_WRONLY);
    TRY("file", O_RDWR | O_APPEND);
    TRY("file", O_RDONLY | O_NONBLOCK);
    TRY("file", O_RDWR | O_CREAT);
    TRY("file", O_RDWR | O_CREAT | O_EXCL);
    TRY("file", O_RDONLY | O_DIRECTORY);
    TRY("file/", O_RDONLY);
    TRY("file/x", O_RDONLY);
    TRY("missing", O_RDONLY);
    TRY("missing/x", O_RDONLY | O_CREAT);
    TRY("new/", O_RDWR | O_CREAT);
    TRY("dir", O_RDONLY);
    TRY("dir/", O_RDONLY | O_DIRECTORY);
    TRY("dir", O_WRONLY);
    TRY("dir", O_RDWR);
    TRY("dir", O_RDONLY | O_CREAT);
    TRY("link", O_RDONLY);
    TRY("link", O_RDONLY | O_NOFOLLOW);
    TRY("link", O_RDONLY | O_CREAT | O_EXCL);
    TRY("dangling", O_RDONLY);
    TRY("dangling", O_RDWR | O_CREAT | O_EXCL);
    TRY("dangling", O_RDWR | O_CREAT);
    SHOW(access("missing", F_OK));
    TRY("dirlink", O_RDONLY | O_NOFOLLOW);
    TRY("dirlink", O_RDONLY | O_NOFOLLOW | O_DIRECTORY);
    TRY("dirlink/", O_RDONLY | O_NOFOLLOW);
    TRY("", O_RDONLY);
    TRY("/", O_RDONLY);
    TRY("/..", O_RDONLY);
    TRY("/dev/null", O_RDWR);
    TRY("/dev/null/x", O_RDONLY);
    struct stat st;
    SHOW(open("trunc", O_WRONLY | O_CREAT, 0777) >= 0);
    stat("trunc", &st);
    printf("mode %o\n", st.st_mode);
    SHOW(open("file", O_RDWR | O_TRUNC) >= 0);
    stat("file", &st);
    printf("size %ld\n", (long)st.st_size);
    char name[300];
    memset(name, 'a', 255);
    name[255] = 0;
    SHOW(open(name, O_CREAT | O_WRONLY, 0600) >= 0);
    memset(name, 'b', 256);
    name[256] = 0;
    SHOW(open(name, O_CREAT | O_WRONLY, 0600));
    static char deep[5000];
    memset(deep, '/', 4095);
    SHOW(open(deep, O_RDONLY) >= 0);
    deep[4095] = '/';
    SHOW(open(deep, O_RDONLY));
    SHOW(open((char *)8, O_RDONLY));
    SHOW(openat(999, "file", O_RDONLY));
    int fd = open("file", O_RDONLY);
    SHOW(openat(fd, "file", O_RDONLY));
    SHOW(openat(999, "/dev/null", O_RDONLY) >= 0);
    return 0;
}
