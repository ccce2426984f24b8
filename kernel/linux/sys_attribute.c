/* SPDX-License-Identifier: Apache-2.0 */
/* Changing what a file is: mode, owner, times; extended attributes, which there are none of. */
#include "linux/path_call.h"

#include "file/inode.h"
#include "linux/process.h"
#include "linux/syscalls.h"

#define UTIME_NOW       0x3fffffff
#define UTIME_OMIT      0x3ffffffe
#define ID_KEEP         0xffffffffU
#define XATTR_NAME_SIZE 256

/* The inode that a call by descriptor means: -EBADF also for O_PATH; NULL with 0: the file has
 * none. */
static int inode_of(int fd, struct inode **inode)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    int error = file->flags & O_PATH ? -EBADF : 0;
    *inode = error ? NULL : file->inode;
    if (*inode)
        inode_get(*inode);
    file_put(file);
    return error;
}

static int inode_at(int at, user_addr path, int flags, struct inode **inode)
{
    struct file *file;
    int error = path_call_inode(at, path, flags, inode, &file);
    if (!error && file)
        file_put(file);
    return error;
}

/* ---- mode and owner. Each takes over the count on inode, which may be NULL (a pipe). ---- */

static long mode_set(struct inode *inode, uint32_t mode)
{
    if (!inode)
        return 0;
    long result = 0;
    if ((inode->mode & S_IFMT) == S_IFLNK) {
        result = -EOPNOTSUPP;
    } else {
        inode->mode = (inode->mode & S_IFMT) | (mode & 07777);
        inode_changed(inode, false);
    }
    inode_put(inode);
    return result;
}

static long owner_set(struct inode *inode, uint32_t uid, uint32_t gid)
{
    if (!inode)
        return 0;
    if (uid != ID_KEEP)
        inode->uid = uid;
    if (gid != ID_KEEP)
        inode->gid = gid;
    /* A program that runs with its owner's rights must not get another owner's. */
    if ((inode->mode & S_IFMT) == S_IFREG) {
        inode->mode &= ~(uint32_t)S_ISUID;
        if (inode->mode & S_IXGRP)
            inode->mode &= ~(uint32_t)S_ISGID;
    }
    inode_changed(inode, false);
    inode_put(inode);
    return 0;
}

long sys_chmod(user_addr path, uint32_t mode)
{
    return sys_fchmodat(AT_FDCWD, path, mode);
}

long sys_fchmod(int fd, uint32_t mode)
{
    struct inode *inode;
    int error = inode_of(fd, &inode);
    return error ? error : mode_set(inode, mode);
}

long sys_fchmodat(int at, user_addr path, uint32_t mode)
{
    struct inode *inode;
    int error = inode_at(at, path, 0, &inode);
    return error ? error : mode_set(inode, mode);
}

long sys_chown(user_addr path, uint32_t uid, uint32_t gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(user_addr path, uint32_t uid, uint32_t gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, uint32_t uid, uint32_t gid)
{
    struct inode *inode;
    int error = inode_of(fd, &inode);
    return error ? error : owner_set(inode, uid, gid);
}

long sys_fchownat(int at, user_addr path, uint32_t uid, uint32_t gid, int flags)
{
    struct inode *inode;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int error = inode_at(at, path, flags, &inode);
    return error ? error : owner_set(inode, uid, gid);
}

/* ---- times ---- */

struct times {
    bool set_access, set_modify;
    int64_t access_ns, modify_ns;
};

static int64_t time_ns(int64_t seconds, int64_t nanoseconds_part)
{
    int64_t limit = INT64_MAX / 1000000000 - 1;
    if (seconds > limit)
        seconds = limit;
    if (seconds < -limit)
        seconds = -limit;
    return seconds * 1000000000 + nanoseconds_part;
}

static long times_set(struct inode *inode, const struct times *times)
{
    if (!inode)
        return 0;
    if (times->set_access)
        inode->access_ns = times->access_ns;
    if (times->set_modify)
        inode->modify_ns = times->modify_ns;
    if (times->set_access || times->set_modify)
        inode_changed(inode, false);
    inode_put(inode);
    return 0;
}

static struct times times_now(void)
{
    int64_t now = wall_clock_ns();
    return (struct times){true, true, now, now};
}

static int times_from_timespec(user_addr from, struct times *times)
{
    struct linux_timespec pair[2];
    *times = times_now();
    if (!from)
        return 0;
    if (copy_in(&pair, from) != 0)
        return -EFAULT;
    bool *set[2] = {&times->set_access, &times->set_modify};
    int64_t *ns[2] = {&times->access_ns, &times->modify_ns};
    for (unsigned i = 0; i < 2; i++) {
        if (pair[i].nanoseconds == UTIME_OMIT)
            *set[i] = false;
        else if ((uint64_t)pair[i].nanoseconds < 1000000000)
            *ns[i] = time_ns(pair[i].seconds, pair[i].nanoseconds);
        else if (pair[i].nanoseconds != UTIME_NOW)
            return -EINVAL;
    }
    return 0;
}

static int times_from_timeval(user_addr from, struct times *times)
{
    struct linux_timeval pair[2];
    *times = times_now();
    if (!from)
        return 0;
    if (copy_in(&pair, from) != 0)
        return -EFAULT;
    if ((uint64_t)pair[0].microseconds >= 1000000 || (uint64_t)pair[1].microseconds >= 1000000)
        return -EINVAL;
    times->access_ns = time_ns(pair[0].seconds, pair[0].microseconds * 1000);
    times->modify_ns = time_ns(pair[1].seconds, pair[1].microseconds * 1000);
    return 0;
}

static long times_at(int at, user_addr path, int flags, const struct times *times)
{
    struct inode *inode;
    int error = path ? inode_at(at, path, flags, &inode) : inode_of(at, &inode);
    return error ? error : times_set(inode, times);
}

long sys_utimensat(int at, user_addr path, user_addr from, int flags)
{
    struct times times;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int error = times_from_timespec(from, &times);
    return error ? error : times_at(at, path, flags, &times);
}

long sys_futimesat(int at, user_addr path, user_addr from)
{
    struct times times;
    int error = times_from_timeval(from, &times);
    return error ? error : times_at(at, path, 0, &times);
}

long sys_utimes(user_addr path, user_addr from)
{
    struct times times;
    int error = times_from_timeval(from, &times);
    if (!error && !path)
        error = -EFAULT;
    return error ? error : times_at(AT_FDCWD, path, 0, &times);
}

long sys_utime(user_addr path, user_addr from)
{
    int64_t seconds[2];
    struct times times = times_now();
    if (from) {
        if (copy_in(&seconds, from) != 0)
            return -EFAULT;
        times.access_ns = time_ns(seconds[0], 0);
        times.modify_ns = time_ns(seconds[1], 0);
    }
    return path ? times_at(AT_FDCWD, path, 0, &times) : -EFAULT;
}

/* ---- extended attributes: a file system that has none, as tmpfs without them ---- */

static long xattr_path(user_addr path, int flags, user_addr name, long result)
{
    struct inode *inode;
    char text[XATTR_NAME_SIZE];
    if (name) {
        long size = copy_in_string(text, name, sizeof(text));
        if (size <= 0)
            return size == -EFAULT ? size : -ERANGE;
    }
    int error = inode_at(AT_FDCWD, path, flags, &inode);
    if (error)
        return error;
    if (inode)
        inode_put(inode);
    return result;
}

static long xattr_file(int fd, long result)
{
    struct inode *inode;
    int error = inode_of(fd, &inode);
    if (error)
        return error;
    if (inode)
        inode_put(inode);
    return result;
}

long sys_setxattr(user_addr path, user_addr name, user_addr value, size_t size, int flags)
{
    return xattr_path(path, 0, name, -EOPNOTSUPP);
}

long sys_lsetxattr(user_addr path, user_addr name, user_addr value, size_t size, int flags)
{
    return xattr_path(path, AT_SYMLINK_NOFOLLOW, name, -EOPNOTSUPP);
}

long sys_fsetxattr(int fd, user_addr name, user_addr value, size_t size, int flags)
{
    return xattr_file(fd, -EOPNOTSUPP);
}

long sys_getxattr(user_addr path, user_addr name, user_addr value, size_t size)
{
    return xattr_path(path, 0, name, -EOPNOTSUPP);
}

long sys_lgetxattr(user_addr path, user_addr name, user_addr value, size_t size)
{
    return xattr_path(path, AT_SYMLINK_NOFOLLOW, name, -EOPNOTSUPP);
}

long sys_fgetxattr(int fd, user_addr name, user_addr value, size_t size)
{
    return xattr_file(fd, -EOPNOTSUPP);
}

long sys_listxattr(user_addr path, user_addr list, size_t size)
{
    return xattr_path(path, 0, 0, 0);
}

long sys_llistxattr(user_addr path, user_addr list, size_t size)
{
    return xattr_path(path, AT_SYMLINK_NOFOLLOW, 0, 0);
}

long sys_flistxattr(int fd, user_addr list, size_t size)
{
    return xattr_file(fd, 0);
}

long sys_removexattr(user_addr path, user_addr name)
{
    return xattr_path(path, 0, name, -EOPNOTSUPP);
}

long sys_lremovexattr(user_addr path, user_addr name)
{
    return xattr_path(path, AT_SYMLINK_NOFOLLOW, name, -EOPNOTSUPP);
}

long sys_fremovexattr(int fd, user_addr name)
{
    return xattr_file(fd, -EOPNOTSUPP);
}
