/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that make pipes, eventfd, timerfd and signalfd descriptors. */
#include <linux/timerfd.h>

#include "file/event_files.h"
#include "linux/abi.h"
#include "linux/process.h"
#include "linux/syscalls.h"

#define SECOND        1000000000UL
#define SECONDS_MAX   (INT64_MAX / (int64_t)SECOND - 1)
#define EFD_SEMAPHORE 1

struct linux_itimerspec {
    struct linux_timespec interval, value;
};

long sys_pipe2(user_addr fds, int flags)
{
    struct file *ends[2];
    /* O_DIRECT (packet mode) is not offered. */
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    int error = pipe_create((unsigned)flags & O_NONBLOCK, ends);
    return error ? error : fd_install_pair(ends, flags & O_CLOEXEC, fds);
}

long sys_pipe(user_addr fds)
{
    return sys_pipe2(fds, 0);
}

long sys_eventfd2(uint32_t value, int flags)
{
    struct file *file = NULL;
    if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    int error = eventfd_create(value, flags & EFD_SEMAPHORE,
                               O_RDWR | ((unsigned)flags & O_NONBLOCK), &file);
    return error ? error : fd_install(file, 0, flags & O_CLOEXEC);
}

long sys_eventfd(uint32_t value)
{
    return sys_eventfd2(value, 0);
}

long sys_timerfd_create(int clock, int flags)
{
    struct file *file = NULL;
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    int error = timerfd_create(clock, O_RDWR | ((unsigned)flags & O_NONBLOCK), &file);
    return error ? error : fd_install(file, 0, flags & O_CLOEXEC);
}

/* -EINVAL, or ns; what is too far away becomes the farthest. */
static int time_in(const struct linux_timespec *time, uint64_t *ns)
{
    if (time->seconds < 0 || time->nanoseconds < 0 || time->nanoseconds >= (int64_t)SECOND)
        return -EINVAL;
    *ns = time->seconds > SECONDS_MAX
              ? (uint64_t)INT64_MAX
              : (uint64_t)time->seconds * SECOND + (uint64_t)time->nanoseconds;
    return 0;
}

static struct linux_timespec time_out(uint64_t ns)
{
    return (struct linux_timespec){(int64_t)(ns / SECOND), (int64_t)(ns % SECOND)};
}

static struct linux_itimerspec setting_out(const struct timerfd_setting *setting)
{
    return (struct linux_itimerspec){time_out(setting->interval), time_out(setting->value)};
}

long sys_timerfd_settime(int fd, int flags, user_addr value, user_addr old)
{
    struct linux_itimerspec time;
    struct timerfd_setting setting, before;
    if (copy_in(&time, value) != 0)
        return -EFAULT;
    if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
        time_in(&time.interval, &setting.interval) != 0 ||
        time_in(&time.value, &setting.value) != 0)
        return -EINVAL;
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    int error = timerfd_set(file, flags & TFD_TIMER_ABSTIME, &setting, old ? &before : NULL);
    file_put(file);
    if (error || !old)
        return error;
    time = setting_out(&before);
    return copy_out(old, &time);
}

long sys_timerfd_gettime(int fd, user_addr value)
{
    struct timerfd_setting setting;
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    int error = timerfd_get(file, &setting);
    file_put(file);
    if (error)
        return error;
    struct linux_itimerspec time = setting_out(&setting);
    return copy_out(value, &time);
}

long sys_signalfd4(int fd, user_addr set, size_t set_size, int flags)
{
    uint64_t wanted;
    struct file *file = NULL;
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    if (set_size != sizeof(wanted))
        return -EINVAL;
    if (copy_in(&wanted, set) != 0)
        return -EFAULT;
    wanted &= ~((1UL << (SIGKILL - 1)) | (1UL << (SIGSTOP - 1)));
    if (fd == -1) {
        int error = signalfd_create(wanted, O_RDWR | ((unsigned)flags & O_NONBLOCK), &file);
        return error ? error : fd_install(file, 0, flags & O_CLOEXEC);
    }
    file = file_at(fd);
    if (!file)
        return -EBADF;
    int error = signalfd_change(file, wanted);
    file_put(file);
    return error ? error : fd;
}

long sys_signalfd(int fd, user_addr set, size_t set_size)
{
    return sys_signalfd4(fd, set, set_size, 0);
}
