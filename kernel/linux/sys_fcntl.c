/* SPDX-License-Identifier: Apache-2.0 */
/* fcntl, flock, ioctl: what can be asked of and set on an open file. */
#include <asm/ioctls.h>

#include "file/doors.h"
#include "file/event_files.h"
#include "linux/path_call.h"
#include "linux/process.h"
#include "linux/syscalls.h"

#define FLAGS_CHANGEABLE (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

static struct file_slot *slot_of(int fd)
{
    return &process_current()->files->slots[fd]; /* file_at() said that it is open */
}

/* ---- record locks ---- */

static int request_from(struct file *file, const struct flock *from, enum lock_kind kind,
                        struct lock_request *request)
{
    int64_t base = 0;
    if (from->l_whence == 1)
        base = file->position;
    else if (from->l_whence == 2)
        base = file->inode ? (int64_t)inode_size(file->inode) : 0;
    else if (from->l_whence != 0)
        return -EINVAL;
    int64_t start, end;
    if (__builtin_add_overflow(base, from->l_start, &start))
        return -EOVERFLOW;
    if (start < 0)
        return -EINVAL;
    end = INT64_MAX;
    if (from->l_len > 0) {
        if (__builtin_add_overflow(start, from->l_len - 1, &end))
            return -EOVERFLOW;
    } else if (from->l_len < 0) {
        end = start - 1;
        start += from->l_len;
    }
    if (start < 0)
        return -EINVAL;
    *request = (struct lock_request){
        .kind = kind,
        .owner = kind == LOCK_OFD ? (void *)file : (void *)caller_files(),
        .pid = kind == LOCK_OFD ? -1 : caller_pid(),
        .exclusive = from->l_type == F_WRLCK,
        .start = (uint64_t)start,
        .end = end == INT64_MAX ? UINT64_MAX : (uint64_t)end,
    };
    return 0;
}

static long lock_get(struct file *file, user_addr argument, struct flock *lock, enum lock_kind kind)
{
    struct lock_request request, against;
    if (lock->l_type != F_RDLCK && lock->l_type != F_WRLCK)
        return -EINVAL;
    int error = request_from(file, lock, kind, &request);
    if (error)
        return error;
    if (!lock_test(file->inode, &request, &against)) {
        lock->l_type = F_UNLCK;
    } else {
        lock->l_type = against.exclusive ? F_WRLCK : F_RDLCK;
        lock->l_whence = 0;
        lock->l_start = (int64_t)against.start;
        lock->l_len = against.end == UINT64_MAX ? 0 : (int64_t)(against.end - against.start + 1);
        lock->l_pid = against.pid;
    }
    return copy_out(argument, lock);
}

static long lock_change(struct file *file, int fd, struct flock *lock, enum lock_kind kind,
                        bool wait)
{
    struct lock_request request;
    int error = request_from(file, lock, kind, &request);
    if (error)
        return error;
    if (lock->l_type == F_UNLCK)
        return lock_clear(file->inode, &request);
    if (lock->l_type != F_RDLCK && lock->l_type != F_WRLCK)
        return -EINVAL;
    if (lock->l_type == F_RDLCK ? !file_can_read(file) : !file_can_write(file))
        return -EBADF;
    error = lock_set(file->inode, &request, wait);
    /* Another thread closed the descriptor while we slept, which ends the process's locks on the
     * file: ours came after that end. */
    if (!error && kind == LOCK_POSIX && slot_of(fd)->file != file) {
        lock_drop_owner(file->inode, request.owner);
        return -EBADF;
    }
    return error == -EINTR ? -ERESTARTSYS : error;
}

static long lock_command(struct file *file, int fd, int command, user_addr argument)
{
    struct flock lock;
    if (copy_in(&lock, argument) != 0)
        return -EFAULT;
    if (!file->inode)
        return -EINVAL;
    bool ofd = command >= F_OFD_GETLK;
    if (ofd && lock.l_pid != 0)
        return -EINVAL;
    enum lock_kind kind = ofd ? LOCK_OFD : LOCK_POSIX;
    if (command == F_GETLK || command == F_OFD_GETLK)
        return lock_get(file, argument, &lock, kind);
    return lock_change(file, fd, &lock, kind, command == F_SETLKW || command == F_OFD_SETLKW);
}

long sys_flock(int fd, int operation)
{
    enum { SHARED = 1, EXCLUSIVE = 2, NO_WAIT = 4, UNLOCK = 8 };
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    int what = operation & ~NO_WAIT;
    struct lock_request request = {
        .kind = LOCK_FLOCK, .owner = file, .exclusive = what == EXCLUSIVE, .end = UINT64_MAX};
    long result;
    if (file->flags & O_PATH)
        result = -EBADF;
    else if (what != SHARED && what != EXCLUSIVE && what != UNLOCK)
        result = -EINVAL;
    else if (!file->inode)
        result = 0; /* nobody else can name it */
    else if (what == UNLOCK)
        result = lock_clear(file->inode, &request);
    else
        result = lock_set(file->inode, &request, !(operation & NO_WAIT));
    file_put(file);
    return result == -EINTR ? -ERESTARTSYS : result;
}

/* ---- fcntl ---- */

static long duplicate(struct file *file, uint64_t lowest, bool close_on_exec)
{
    if (lowest >= caller_files_max())
        return -EINVAL;
    file_get(file);
    return fd_install(file, (int)lowest, close_on_exec);
}

static long seals(struct file *file, bool add, uint64_t more)
{
    if (!file->inode || file->inode->seals == SEALS_NONE)
        return -EINVAL;
    if (!add)
        return file->inode->seals;
    return file_can_write(file) ? memfd_seal(file->inode, (unsigned)more) : -EPERM;
}

static long flags_set(struct file *file, uint64_t flags)
{
    file->flags =
        (file->flags & ~(unsigned)FLAGS_CHANGEABLE) | ((unsigned)flags & FLAGS_CHANGEABLE);
    return 0;
}

static long command_run(struct file *file, int fd, int command, uint64_t argument)
{
    switch (command) {
    case F_DUPFD:
        return duplicate(file, argument, false);
    case F_DUPFD_CLOEXEC:
        return duplicate(file, argument, true);
    case F_GETFD:
        return slot_of(fd)->close_on_exec ? FD_CLOEXEC : 0;
    case F_SETFD:
        slot_of(fd)->close_on_exec = argument & FD_CLOEXEC;
        return 0;
    case F_GETFL:
        return file->flags;
    }
    if (file->flags & O_PATH)
        return -EBADF;
    switch (command) {
    case F_SETFL:
        return flags_set(file, argument);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return lock_command(file, fd, command, argument);
    case F_SETOWN:
        file->owner = (int)argument;
        return 0;
    case F_GETOWN:
        return file->owner;
    case F_SETSIG:
        return argument > SIGNAL_COUNT ? -EINVAL : 0;
    case F_GETSIG:
        return 0;
    case F_SETPIPE_SZ:
        return pipe_resize(file, argument);
    case F_GETPIPE_SZ:
        return pipe_capacity(file);
    case F_ADD_SEALS:
        return seals(file, true, argument);
    case F_GET_SEALS:
        return seals(file, false, 0);
    default:
        return -EINVAL;
    }
}

long sys_fcntl(int fd, int command, uint64_t argument)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result = command_run(file, fd, command, argument);
    file_put(file);
    return result;
}

/* ---- ioctl ---- */

static long nonblocking_set(struct file *file, user_addr argument)
{
    int32_t on;
    if (copy_in(&on, argument) != 0)
        return -EFAULT;
    file->flags = on ? file->flags | O_NONBLOCK : file->flags & ~(unsigned)O_NONBLOCK;
    return 0;
}

static long bytes_left(struct file *file, user_addr argument)
{
    int32_t left = (int32_t)((int64_t)inode_size(file->inode) - file->position);
    return copy_out(argument, &left);
}

long sys_ioctl(int fd, uint32_t command, user_addr argument)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result = -ENOTTY;
    if (file->flags & O_PATH) {
        result = -EBADF;
    } else if (command == FIOCLEX || command == FIONCLEX) {
        slot_of(fd)->close_on_exec = command == FIOCLEX;
        result = 0;
    } else if (command == FIONBIO) {
        result = nonblocking_set(file, argument);
    } else if (file->ops->ioctl) {
        result = file->ops->ioctl(file, command, argument);
    } else if (command == FIONREAD && file->ops == &inode_file_ops) {
        result = bytes_left(file, argument);
    }
    file_put(file);
    return result;
}
