/* SPDX-License-Identifier: Apache-2.0 */
/* What stat, fstat, lstat, statx and statfs tell. */
/* FLAVOURS: dynamic static */
#include "work.h"

#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

static void show(const char *what, const struct stat *st)
{
    printf("%s: mode %o links %ld uid %u gid %u size %ld blksize %ld blocks %s\n", what,
           st->st_mode, (long)st->st_nlink, st->st_uid, st->st_gid,
           S_ISDIR(st->st_mode) ? 0L : (long)st->st_size, (long)st->st_blksize,
           st->st_blocks ? "some" : "none");
}

int main(void)
{
    work_start();
    struct stat st, again;
    work_file("f", "0123456789");
    mkdir("d", 0750);
    symlink("f", "l");
    mkfifo("p", 0640);
    SHOW(stat("f", &st));
    show("file", &st);
    SHOW(stat("d", &st));
    printf("directory: mode %o links %ld\n", st.st_mode, (long)st.st_nlink);
    SHOW(lstat("l", &st));
    printf("link: mode %o size %ld\n", st.st_mode, (long)st.st_size);
    SHOW(lstat("p", &st));
    printf("fifo: mode %o\n", st.st_mode);
    SHOW(stat("/dev/null", &st));
    printf("null: type %o device %u:%u\n", st.st_mode & S_IFMT, major(st.st_rdev),
           minor(st.st_rdev));
    int fd = open("f", O_RDWR);
    fstat(fd, &st);
    stat("f", &again);
    printf("same: %d\n", st.st_ino == again.st_ino && st.st_dev == again.st_dev);
    stat("d", &again);
    printf("same: %d, device %d\n", st.st_ino == again.st_ino, st.st_dev == again.st_dev);
    int pipes[2], pair[2];
    pipe(pipes);
    fstat(pipes[0], &st);
    printf("pipe: mode %o\n", st.st_mode);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    fstat(pair[0], &st);
    printf("socket: type %o\n", st.st_mode & S_IFMT);
    struct statx x;
    SHOW(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x));
    printf("mode %o links %u size %llu basic %d\n", x.stx_mode, x.stx_nlink,
           (unsigned long long)x.stx_size, (x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
    stat("f", &st);
    printf("statx agrees: %d\n", x.stx_ino == st.st_ino &&
                                     x.stx_mtime.tv_sec == st.st_mtim.tv_sec &&
                                     x.stx_mtime.tv_nsec == st.st_mtim.tv_nsec);
    SHOW(statx(AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, STATX_SIZE, &x));
    printf("size %llu\n", (unsigned long long)x.stx_size);
    SHOW(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x));
    SHOW(statx(AT_FDCWD, "none", 0, STATX_SIZE, &x));
    SHOW(statx(AT_FDCWD, "f", 0x6000, STATX_SIZE, &x));
    SHOW(stat("f", (struct stat *)8));
    SHOW(fstat(999, &st));
    struct statfs fs;
    SHOW(statfs("f", &fs));
    printf("name max %ld, block %d\n", (long)fs.f_namelen, fs.f_bsize > 0);
    SHOW(fstatfs(fd, &fs));
    SHOW(statfs("none", &fs));
    SHOW(statfs("/proc", &fs));
    printf("proc %lx\n", (long)fs.f_type);
    struct timespec before = again.st_mtim;
    usleep(20000);
    work_file("d/new", "");
    stat("d", &again);
    printf("directory's time moved: %d\n",
           again.st_mtim.tv_sec > before.tv_sec || again.st_mtim.tv_nsec != before.tv_nsec);
    return 0;
}
