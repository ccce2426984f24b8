/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: how they come, are doubled and go. */
#include <linux/close_range.h>
#include <linux/memfd.h>
#include <linux/openat2.h>

#include "file/doors.h"
#include "linux/path_call.h"
#include "linux/process_life.h"
#include "linux/syscalls.h"

/* What openat2 knows; open ignores the rest. */
#define FLAGS_KNOWN                                                                                \
    (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |          \
     O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |            \
     O_CLOEXEC | O_PATH | O_TMPFILE)
#define OPEN_HOW_SIZE_MAX 4096

static long open_at(int at, user_addr path, int flags, uint32_t mode)
{
    char *text;
    long result = path_call_copy(path, &text);
    if (result)
        return result;
    struct file *file;
    flags = (flags & FLAGS_KNOWN) | O_LARGEFILE;
    result = path_open(at, text, (unsigned)flags, mode, &file);
    path_buffer_put(text);
    return result ? result : fd_install(file, 0, flags & O_CLOEXEC);
}

long sys_open(user_addr path, int flags, uint32_t mode)
{
    return open_at(AT_FDCWD, path, flags, mode);
}

long sys_openat(int at, user_addr path, int flags, uint32_t mode)
{
    return open_at(at, path, flags, mode);
}

long sys_creat(user_addr path, uint32_t mode)
{
    return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

long sys_openat2(int at, user_addr path, user_addr how, size_t size)
{
    struct open_how asked;
    if (size < sizeof(asked))
        return -EINVAL;
    if (size > OPEN_HOW_SIZE_MAX)
        return -E2BIG;
    if (copy_in(&asked, how) != 0)
        return -EFAULT;
    for (size_t at_byte = sizeof(asked); at_byte < size; at_byte++) {
        uint8_t byte; /* a newer program's field that it really uses */
        if (copy_in(&byte, how + at_byte) != 0)
            return -EFAULT;
        if (byte)
            return -E2BIG;
    }
    if (asked.flags & ~(uint64_t)FLAGS_KNOWN || asked.resolve || asked.mode & ~07777UL ||
        (asked.mode && !(asked.flags & (O_CREAT | O_TMPFILE))))
        return -EINVAL;
    return open_at(at, path, (int)asked.flags, (uint32_t)asked.mode);
}

long sys_close(int fd)
{
    return fd_close(fd);
}

long sys_close_range(uint32_t first, uint32_t last, uint32_t flags)
{
    if (first > last || (flags & ~(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE)))
        return -EINVAL;
    struct process *process = process_current();
    int error = flags & CLOSE_RANGE_UNSHARE ? process_files_own(process) : 0;
    if (error)
        return error;
    for (uint32_t fd = first; fd <= last && fd < process->files->size; fd++) {
        struct file_slot *slot = &process->files->slots[fd];
        if (!slot->file)
            continue;
        if (flags & CLOSE_RANGE_CLOEXEC)
            slot->close_on_exec = true;
        else
            fd_close((int)fd);
    }
    return 0;
}

long sys_dup(int fd)
{
    struct file *file = file_at(fd);
    return file ? fd_install(file, 0, false) : -EBADF;
}

static long replace(int from, int to, bool close_on_exec)
{
    struct file *file = file_at(from);
    if (!file)
        return -EBADF;
    long result = fd_replace(to, file, close_on_exec);
    if (result < 0)
        file_put(file);
    return result;
}

long sys_dup2(int from, int to)
{
    if (from == to) {
        struct file *file = file_at(from);
        if (!file)
            return -EBADF;
        file_put(file);
        return to;
    }
    return replace(from, to, false);
}

long sys_dup3(int from, int to, int flags)
{
    if ((flags & ~O_CLOEXEC) || from == to)
        return -EINVAL;
    return replace(from, to, flags & O_CLOEXEC);
}

long sys_memfd_create(user_addr name, uint32_t flags)
{
    char text[NAME_MAX + 1];
    long size = copy_in_string(text, name, sizeof(text));
    if (size < 0)
        return size == -ENAMETOOLONG ? -EINVAL : size;
    struct file *file;
    long error = memfd_create(text, flags, &file);
    return error ? error : fd_install(file, 0, flags & MFD_CLOEXEC);
}
