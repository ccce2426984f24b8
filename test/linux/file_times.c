/* SPDX-License-Identifier: Apache-2.0 */
/* utimensat and its older family; which calls move which times. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/time.h>
#include <utime.h>

static struct stat old;

static void show(const char *name)
{
    struct stat st;
    lstat(name, &st);
    printf("%s: access %ld.%09ld modify %ld.%09ld\n", name, (long)st.st_atim.tv_sec,
           st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static int moved(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec || a.tv_nsec != b.tv_nsec;
}

static void changed(const char *what)
{
    struct stat st;
    stat("f", &st);
    printf("%s: modify %d change %d\n", what, moved(st.st_mtim, old.st_mtim),
           moved(st.st_ctim, old.st_ctim));
    old = st;
    usleep(15000);
}

int main(void)
{
    work_start();
    work_file("f", "text");
    symlink("f", "l");
    struct timespec times[2] = {{1000, 5}, {2000, 999999999}};
    SHOW(utimensat(AT_FDCWD, "f", times, 0));
    show("f");
    times[0].tv_nsec = UTIME_OMIT;
    times[1] = (struct timespec){-5, 7};
    SHOW(utimensat(AT_FDCWD, "f", times, 0));
    show("f");
    times[1].tv_nsec = 1000000000;
    SHOW(utimensat(AT_FDCWD, "f", times, 0));
    times[0] = (struct timespec){77, 0};
    times[1] = (struct timespec){88, 0};
    SHOW(utimensat(AT_FDCWD, "l", times, AT_SYMLINK_NOFOLLOW));
    show("l");
    show("f");
    SHOW(utimensat(AT_FDCWD, "none", times, 0));
    int fd = open("f", O_RDWR);
    SHOW(futimens(fd, times));
    show("f");
    SHOW(futimens(999, times));
    struct timeval values[2] = {{3, 4}, {5, 6}};
    SHOW(utimes("f", values));
    show("f");
    values[0].tv_usec = 1000000;
    SHOW(utimes("f", values));
    struct utimbuf seconds = {11, 12};
    SHOW(utime("f", &seconds));
    show("f");
    SHOW(utimensat(AT_FDCWD, "f", NULL, 0));
    stat("f", &old);
    printf("now: %d\n", old.st_mtim.tv_sec > 1600000000);
    usleep(15000);
    changed("nothing");
    write(fd, "x", 1);
    changed("write");
    ftruncate(fd, 2);
    changed("ftruncate");
    chmod("f", 0600);
    changed("chmod");
    link("f", "g");
    changed("link");
    rename("g", "h");
    changed("rename");
    unlink("h");
    changed("unlink");
    char byte;
    pread(fd, &byte, 1, 0);
    changed("read");
    chown("f", 0, 0);
    changed("chown");
    utimensat(AT_FDCWD, "f", times, 0);
    changed("utimensat");
    close(open("f", O_RDONLY));
    changed("open");
    close(open("f", O_RDWR | O_TRUNC));
    changed("truncating open");
    return 0;
}
