/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing and seeking on descriptors. */
#include "file/inode.h"
#include "linux/path_call.h"
#include "linux/process.h"
#include "linux/syscalls.h"

#define RWF_HIPRI  1U
#define RWF_DSYNC  2U
#define RWF_SYNC   4U
#define RWF_NOWAIT 8U
#define RWF_APPEND 16U

long sys_read(int fd, user_addr buffer, size_t size)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    struct io io;
    io_single(&io, buffer, size);
    long result = file_read(file, &io, &file->position);
    file_put(file);
    return result;
}

long sys_write(int fd, user_addr buffer, size_t size)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    struct io io;
    io_single(&io, buffer, size);
    long result = file_write(file, &io, &file->position);
    file_put(file);
    return result;
}

/* Both directions of a transfer at a place of its own; streams have none. */
static long transfer_at(struct file *file, struct io *io, int64_t offset, bool write)
{
    if (offset < 0)
        return -EINVAL;
    if (!file->ops->seek)
        return file->flags & O_PATH ? -EBADF : -ESPIPE;
    return write ? file_write(file, io, &offset) : file_read(file, io, &offset);
}

static long single_at(int fd, user_addr buffer, size_t size, int64_t offset, bool write)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    struct io io;
    io_single(&io, buffer, size);
    long result = transfer_at(file, &io, offset, write);
    file_put(file);
    return result;
}

long sys_pread64(int fd, user_addr buffer, size_t size, int64_t offset)
{
    return single_at(fd, buffer, size, offset, false);
}

long sys_pwrite64(int fd, user_addr buffer, size_t size, int64_t offset)
{
    return single_at(fd, buffer, size, offset, true);
}

static long vector(int fd, user_addr iovec, size_t count, const int64_t *offset, bool write)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    struct io io;
    long result = io_vector(&io, iovec, count);
    if (result == 0) {
        if (offset)
            result = transfer_at(file, &io, *offset, write);
        else
            result = write ? file_write(file, &io, &file->position)
                           : file_read(file, &io, &file->position);
        io_release(&io);
    }
    file_put(file);
    return result;
}

long sys_readv(int fd, user_addr iovec, size_t count)
{
    return vector(fd, iovec, count, NULL, false);
}

long sys_writev(int fd, user_addr iovec, size_t count)
{
    return vector(fd, iovec, count, NULL, true);
}

long sys_preadv(int fd, user_addr iovec, size_t count, int64_t offset, uint64_t offset_high)
{
    return vector(fd, iovec, count, &offset, false);
}

long sys_pwritev(int fd, user_addr iovec, size_t count, int64_t offset, uint64_t offset_high)
{
    return vector(fd, iovec, count, &offset, true);
}

/* Offset -1: at the file's own position. Hints that change nothing here are taken. */
static long vector2(int fd, user_addr iovec, size_t count, int64_t offset, uint32_t flags,
                    bool write)
{
    if (flags & ~(RWF_HIPRI | (write ? RWF_DSYNC | RWF_SYNC : 0)))
        return -EOPNOTSUPP;
    return vector(fd, iovec, count, offset == -1 ? NULL : &offset, write);
}

long sys_preadv2(int fd, user_addr iovec, size_t count, int64_t offset, uint64_t offset_high,
                 uint32_t flags)
{
    return vector2(fd, iovec, count, offset, flags, false);
}

long sys_pwritev2(int fd, user_addr iovec, size_t count, int64_t offset, uint64_t offset_high,
                  uint32_t flags)
{
    return vector2(fd, iovec, count, offset, flags, true);
}

long sys_lseek(int fd, int64_t offset, int whence)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result;
    if (file->flags & O_PATH)
        result = -EBADF;
    else if (!file->ops->seek)
        result = -ESPIPE;
    else
        result = file->ops->seek(file, offset, whence);
    file_put(file);
    return result;
}

static long sync_file(int fd)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result = file->flags & O_PATH ? -EBADF : -EINVAL;
    if (!(file->flags & O_PATH) && file->ops->sync)
        result = file->ops->sync(file);
    file_put(file);
    return result;
}

long sys_fsync(int fd)
{
    return sync_file(fd);
}

long sys_fdatasync(int fd)
{
    return sync_file(fd);
}

long sys_sync(void)
{
    return 0;
}

/* A descriptor that is open is all that these ask for. */
static long check_open(int fd, bool must_seek)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result = 0;
    if (file->flags & O_PATH)
        result = -EBADF;
    else if (must_seek && !file->ops->seek)
        result = -ESPIPE;
    file_put(file);
    return result;
}

long sys_syncfs(int fd)
{
    return check_open(fd, false);
}

long sys_sync_file_range(int fd, int64_t offset, int64_t size, uint32_t flags)
{
    if (offset < 0 || size < 0 || offset > INT64_MAX - size || (flags & ~7U))
        return -EINVAL;
    return check_open(fd, true);
}

long sys_fadvise64(int fd, int64_t offset, size_t size, int advice)
{
    long result = check_open(fd, true);
    return result == 0 && (advice < 0 || advice > 5 || (int64_t)size < 0) ? -EINVAL : result;
}

long sys_readahead(int fd, int64_t offset, size_t count)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result = 0;
    if (!file_can_read(file) || (file->flags & O_PATH))
        result = -EBADF;
    else if (file->ops != &inode_file_ops)
        result = -EINVAL;
    file_put(file);
    return result;
}

static long truncate_inode(struct inode *inode, int64_t size)
{
    unsigned type = inode->mode & S_IFMT;
    if (type == S_IFDIR)
        return -EISDIR;
    if (type != S_IFREG || inode->file_system == FS_PROC)
        return -EINVAL;
    return inode_truncate(inode, (uint64_t)size);
}

long sys_ftruncate(int fd, int64_t size)
{
    if (size < 0)
        return -EINVAL;
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result = -EINVAL;
    if (file->flags & O_PATH)
        result = -EBADF;
    else if (file_can_write(file) && file->ops->truncate)
        result = file->ops->truncate(file, (uint64_t)size);
    file_put(file);
    return result;
}

long sys_truncate(user_addr path, int64_t size)
{
    struct path_result found;
    if (size < 0)
        return -EINVAL;
    long result = path_call_find(AT_FDCWD, path, 0, &found);
    if (result)
        return result;
    result = truncate_inode(found.entry->inode, size);
    path_release(&found);
    return result;
}

long sys_fallocate(int fd, int mode, int64_t offset, int64_t size)
{
    if (offset < 0 || size <= 0)
        return -EINVAL;
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result;
    if (!file_can_write(file) || (file->flags & O_PATH))
        result = -EBADF;
    else if (file->ops != &inode_file_ops)
        result = file->ops->seek ? -ENODEV : -ESPIPE;
    else if (offset > INT64_MAX - size)
        result = -EFBIG;
    else
        result = inode_allocate(file->inode, (unsigned)mode, (uint64_t)offset, (uint64_t)size);
    file_put(file);
    return result;
}
