/* SPDX-License-Identifier: Apache-2.0 */
/* From descriptor to descriptor inside the kernel: sendfile, copy_file_range. One page at a time.
 */
#include "file/inode.h"
#include "linux/process.h"
#include "linux/syscalls.h"

#define PAUSE_ROUNDS 64 /* 256 KiB: far below a millisecond */

/* Bytes, or -errno when none was moved. What was read but not taken is given back by the positions.
 */
static long copy_between(struct file *in, int64_t *in_position, struct file *out,
                         int64_t *out_position, size_t size)
{
    char *buffer = path_buffer_get();
    if (!buffer)
        return -ENOMEM;
    long total = 0, result = 0;
    for (unsigned round = 1; (size_t)total < size; round++) {
        if (round % PAUSE_ROUNDS == 0 && schedule_pause()) {
            result = -EINTR;
            break;
        }
        size_t piece = size - (size_t)total < PATH_BUFFER ? size - (size_t)total : PATH_BUFFER;
        struct io io;
        int64_t before = *in_position;
        io_kernel(&io, buffer, piece);
        result = file_read(in, &io, in_position);
        if (result <= 0)
            break;
        long got = result;
        io_kernel(&io, buffer, (size_t)got);
        result = file_write(out, &io, out_position);
        *in_position = before + (result > 0 ? result : 0);
        if (result <= 0)
            break;
        total += result;
        if (result < got)
            break;
    }
    path_buffer_put(buffer);
    return total ? total : result;
}

static long sendfile_files(struct file *out, struct file *in, user_addr offset, size_t count)
{
    int64_t position = in->position;
    if (!file_can_read(in) || !file_can_write(out) || ((in->flags | out->flags) & O_PATH))
        return -EBADF;
    if (in->ops == &directory_file_ops || !in->ops->read || (out->flags & O_APPEND))
        return -EINVAL;
    if (!in->ops->seek)
        return offset ? -ESPIPE : -EINVAL;
    if (!in->inode) /* eventfd and its like have no data to go through */
        return -EINVAL;
    if (offset && copy_in(&position, offset) != 0)
        return -EFAULT;
    if (position < 0)
        return -EINVAL;
    if (count > IO_TOTAL_MAX)
        count = IO_TOTAL_MAX;
    long result = copy_between(in, &position, out, &out->position, count);
    if (offset) {
        if (copy_out(offset, &position) != 0)
            return -EFAULT;
    } else {
        in->position = position;
    }
    return result;
}

long sys_sendfile(int out_fd, int in_fd, user_addr offset, size_t count)
{
    struct file *in = file_at(in_fd);
    if (!in)
        return -EBADF;
    struct file *out = file_at(out_fd);
    long result = out ? sendfile_files(out, in, offset, count) : -EBADF;
    if (out)
        file_put(out);
    file_put(in);
    return result;
}

/* Offset of one side: the program's variable or the file's position. */
static int range_position(struct file *file, user_addr offset, int64_t *position)
{
    *position = file->position;
    if (offset && copy_in(position, offset) != 0)
        return -EFAULT;
    return *position < 0 ? -EINVAL : 0;
}

static int range_position_store(struct file *file, user_addr offset, const int64_t *position)
{
    if (offset)
        return copy_out(offset, position);
    file->position = *position;
    return 0;
}

static long copy_range(struct file *in, user_addr in_offset, struct file *out, user_addr out_offset,
                       size_t size)
{
    int64_t from, to;
    if (in->ops == &directory_file_ops || out->ops == &directory_file_ops)
        return -EISDIR;
    if (in->ops != &inode_file_ops || out->ops != &inode_file_ops)
        return (in->flags | out->flags) & O_PATH ? -EBADF : -EINVAL;
    if (!file_can_read(in) || !file_can_write(out) || (out->flags & O_APPEND))
        return -EBADF;
    int error = range_position(in, in_offset, &from);
    if (!error)
        error = range_position(out, out_offset, &to);
    if (error)
        return error;
    if (size > IO_TOTAL_MAX)
        size = IO_TOTAL_MAX;
    if (from > INT64_MAX - (int64_t)size || to > INT64_MAX - (int64_t)size)
        return -EOVERFLOW;
    if (in->inode == out->inode && from < to + (int64_t)size && to < from + (int64_t)size)
        return -EINVAL;
    long result = copy_between(in, &from, out, &to, size);
    error = range_position_store(in, in_offset, &from);
    if (!error)
        error = range_position_store(out, out_offset, &to);
    return error ? error : result;
}

long sys_copy_file_range(int in_fd, user_addr in_offset, int out_fd, user_addr out_offset,
                         size_t size, uint32_t flags)
{
    if (flags)
        return -EINVAL;
    struct file *in = file_at(in_fd);
    if (!in)
        return -EBADF;
    struct file *out = file_at(out_fd);
    long result = out ? copy_range(in, in_offset, out, out_offset, size) : -EBADF;
    if (out)
        file_put(out);
    file_put(in);
    return result;
}
