/* SPDX-License-Identifier: Apache-2.0 */
/* epoll's system calls; file/epoll.c does the work. */
#include <linux/eventpoll.h>

#include "linux/call_time.h"
#include "linux/syscalls.h"

#define EVENTS_MAX (INT32_MAX / (int)sizeof(struct linux_epoll_event))

long sys_epoll_create1(int flags)
{
    struct file *file;
    if (flags & ~O_CLOEXEC)
        return -EINVAL;
    int error = epoll_create(&file);
    return error ? error : fd_install(file, 0, flags & O_CLOEXEC);
}

long sys_epoll_create(int size)
{
    return size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

long sys_epoll_ctl(int epoll_fd, int operation, int fd, user_addr event)
{
    struct linux_epoll_event wanted = {0};
    if (operation != EPOLL_CTL_DEL && copy_in(&wanted, event) != 0)
        return -EFAULT;
    struct file *epoll = file_at(epoll_fd);
    if (!epoll)
        return -EBADF;
    struct file *target = file_at(fd);
    long result = target ? epoll_change(epoll, operation, fd, target, &wanted) : -EBADF;
    if (target)
        file_put(target);
    file_put(epoll);
    return result;
}

static long epoll_wait_call(int fd, user_addr events, int max, nanoseconds deadline)
{
    if (max <= 0 || max > EVENTS_MAX)
        return -EINVAL;
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result = epoll_wait(file, events, max, deadline);
    file_put(file);
    return result;
}

long sys_epoll_wait(int fd, user_addr events, int max, int timeout_ms)
{
    return epoll_wait_call(fd, events, max, call_deadline_ms(timeout_ms));
}

long sys_epoll_pwait(int fd, user_addr events, int max, int timeout_ms, user_addr mask,
                     size_t mask_size)
{
    int error = call_mask(mask, mask_size);
    if (error)
        return error;
    long result = epoll_wait_call(fd, events, max, call_deadline_ms(timeout_ms));
    call_mask_end(result);
    return result;
}

long sys_epoll_pwait2(int fd, user_addr events, int max, user_addr timeout, user_addr mask,
                      size_t mask_size)
{
    nanoseconds deadline;
    int error = call_deadline(timeout, &deadline);
    if (!error)
        error = call_mask(mask, mask_size);
    if (error)
        return error;
    long result = epoll_wait_call(fd, events, max, deadline);
    call_mask_end(result);
    return result;
}
