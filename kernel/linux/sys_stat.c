/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is: stat and its family, access, statfs. */
#include "linux/path_call.h"

#include "file/inode.h"
#include "lib/string.h"
#include "linux/process.h"
#include "linux/syscalls.h"
#include "memory/frames.h"

#define AT_STATX_SYNC     0x6000
#define TMPFS_MAGIC       0x01021994
#define PROC_MAGIC        0x9fa0
#define STATX_ALL_WE_HAVE (STATX_BASIC_STATS | STATX_MNT_ID)

struct linux_statfs {
    int64_t type, block_size;
    uint64_t blocks, blocks_free, blocks_available, files, files_free;
    int32_t id[2];
    int64_t name_max, fragment_size, flags, spare[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "struct statfs of x86-64");

static int file_stat(struct file *file, struct linux_stat *stat)
{
    if (file->ops->stat)
        return file->ops->stat(file, stat);
    if (file->inode)
        return inode_stat(file->inode, stat);
    memset(stat, 0, sizeof(*stat));
    stat->links = 1;
    stat->mode = 0600;
    stat->block_size = PAGE_SIZE;
    return 0;
}

static int stat_at(int at, user_addr path, int flags, struct linux_stat *stat)
{
    struct inode *inode;
    struct file *file;
    int error = path_call_inode(at, path, flags, &inode, &file);
    if (error)
        return error;
    if (inode) {
        error = inode_stat(inode, stat);
        inode_put(inode);
    } else {
        error = file_stat(file, stat);
        file_put(file);
    }
    return error;
}

static long stat_to(int at, user_addr path, int flags, user_addr buffer)
{
    struct linux_stat stat;
    long result = stat_at(at, path, flags, &stat);
    return result ? result : copy_out(buffer, &stat);
}

long sys_stat(user_addr path, user_addr stat)
{
    return stat_to(AT_FDCWD, path, 0, stat);
}

long sys_lstat(user_addr path, user_addr stat)
{
    return stat_to(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, stat);
}

long sys_fstat(int fd, user_addr buffer)
{
    struct linux_stat stat;
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result = file_stat(file, &stat);
    file_put(file);
    return result ? result : copy_out(buffer, &stat);
}

long sys_newfstatat(int at, user_addr path, user_addr stat, int flags)
{
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
        return -EINVAL;
    return stat_to(at, path, flags, stat);
}

static struct statx_timestamp statx_time(const struct linux_timespec *time)
{
    return (struct statx_timestamp){.tv_sec = time->seconds,
                                    .tv_nsec = (uint32_t)time->nanoseconds};
}

long sys_statx(int at, user_addr path, int flags, uint32_t mask, user_addr buffer)
{
    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC)) ||
        (flags & AT_STATX_SYNC) == AT_STATX_SYNC || (mask & STATX__RESERVED))
        return -EINVAL;
    struct linux_stat stat;
    int error = stat_at(at, path, flags, &stat);
    if (error)
        return error;
    struct statx result;
    memset(&result, 0, sizeof(result));
    result.stx_mask = STATX_ALL_WE_HAVE;
    result.stx_blksize = (uint32_t)stat.block_size;
    result.stx_nlink = (uint32_t)stat.links;
    result.stx_uid = stat.uid;
    result.stx_gid = stat.gid;
    result.stx_mode = (uint16_t)stat.mode;
    result.stx_ino = stat.inode;
    result.stx_size = (uint64_t)stat.size;
    result.stx_blocks = (uint64_t)stat.blocks;
    result.stx_atime = statx_time(&stat.access);
    result.stx_mtime = statx_time(&stat.modify);
    result.stx_ctime = statx_time(&stat.change);
    result.stx_rdev_major = (uint32_t)(stat.rdevice >> 8);
    result.stx_rdev_minor = (uint32_t)(stat.rdevice & 0xff);
    result.stx_dev_minor = (uint32_t)stat.device;
    result.stx_mnt_id = stat.device;
    return copy_out(buffer, &result);
}

static long access_at(int at, user_addr path, int mode, int flags)
{
    if ((mode & ~7) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
        return -EINVAL;
    struct inode *inode;
    struct file *file;
    int error = path_call_inode(at, path, flags, &inode, &file);
    if (error)
        return error;
    if (!inode) {
        file_put(file);
        return mode & 1 ? -EACCES : 0;
    }
    error = inode_access(inode, mode);
    inode_put(inode);
    return error;
}

long sys_access(user_addr path, int mode)
{
    return access_at(AT_FDCWD, path, mode, 0);
}

long sys_faccessat(int at, user_addr path, int mode)
{
    return access_at(at, path, mode, 0);
}

long sys_faccessat2(int at, user_addr path, int mode, int flags)
{
    return access_at(at, path, mode, flags);
}

static long statfs_of(unsigned file_system, user_addr buffer)
{
    struct linux_statfs answer;
    memset(&answer, 0, sizeof(answer));
    answer.type = file_system == FS_PROC ? PROC_MAGIC : TMPFS_MAGIC;
    answer.block_size = answer.fragment_size = PAGE_SIZE;
    answer.name_max = NAME_MAX;
    answer.id[0] = (int32_t)file_system;
    if (file_system != FS_PROC) {
        uint64_t limit = tree_pages_limit(), used = tree_pages_used();
        uint64_t left = used < limit ? limit - used : 0;
        answer.blocks = limit;
        answer.blocks_free = answer.blocks_available = left < frames_free() ? left : frames_free();
        answer.files = frames_total();
        answer.files_free = frames_free();
    }
    return copy_out(buffer, &answer);
}

long sys_statfs(user_addr path, user_addr buffer)
{
    struct path_result found;
    long result = path_call_find(AT_FDCWD, path, 0, &found);
    if (result)
        return result;
    unsigned file_system = found.entry->inode->file_system;
    path_release(&found);
    return statfs_of(file_system, buffer);
}

long sys_fstatfs(int fd, user_addr buffer)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    unsigned file_system = file->inode ? file->inode->file_system : FS_TREE;
    file_put(file);
    return statfs_of(file_system, buffer);
}
