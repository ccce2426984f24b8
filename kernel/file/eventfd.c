/* SPDX-License-Identifier: Apache-2.0 */
/* eventfd: a 64-bit count. A read takes all of it (or one, as a semaphore) and waits while it is 0;
 * a write adds and waits while the sum would pass the largest value, UINT64_MAX - 1. */
#include <asm/errno.h>

#include "file/event_files.h"
#include "linux/abi.h"
#include "memory/heap.h"

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
    uint64_t count;
    bool semaphore;
    struct wait_queue waits;
};

static long eventfd_read(struct file *file, struct io *io, int64_t *position)
{
    struct eventfd *event = file->data;
    if (io->remaining < sizeof(uint64_t))
        return -EINVAL;
    while (event->count == 0) {
        if (file_nonblocking(file))
            return -EAGAIN;
        int error = wait_restartable(&event->waits, NO_DEADLINE);
        if (error)
            return error;
    }
    uint64_t value = event->semaphore ? 1 : event->count;
    event->count -= value;
    wake_watchers(&event->waits, EVENT_OUT | EVENT_WRNORM);
    return io_put(io, &value, sizeof(value)) == sizeof(value) ? (long)sizeof(value) : -EFAULT;
}

static long eventfd_write(struct file *file, struct io *io, int64_t *position)
{
    struct eventfd *event = file->data;
    uint64_t value;
    if (io->remaining < sizeof(value))
        return -EINVAL;
    if (io_get(io, &value, sizeof(value)) != sizeof(value))
        return -EFAULT;
    if (value == UINT64_MAX)
        return -EINVAL;
    while (value > COUNT_MAX - event->count) {
        if (file_nonblocking(file))
            return -EAGAIN;
        int error = wait_restartable(&event->waits, NO_DEADLINE);
        if (error)
            return error;
    }
    event->count += value;
    wake_watchers(&event->waits, EVENT_IN | EVENT_RDNORM);
    return sizeof(value);
}

static unsigned eventfd_poll(struct file *file, struct waiter *waiter)
{
    struct eventfd *event = file->data;
    if (waiter)
        wait_add(&event->waits, waiter);
    return (event->count > 0 ? EVENT_IN : 0) | (event->count < COUNT_MAX ? EVENT_OUT : 0);
}

static int eventfd_stat(struct file *file, struct linux_stat *stat)
{
    anonymous_stat(stat, 0600, 1);
    return 0;
}

static void eventfd_close(struct file *file)
{
    heap_free(file->data);
}

static const struct file_ops eventfd_ops = {
    .kind = "eventfd",
    .read = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .seek = seek_nowhere,
    .stat = eventfd_stat,
    .close = eventfd_close,
};

int eventfd_create(uint32_t value, bool semaphore, unsigned flags, struct file **file)
{
    struct eventfd *event = HEAP_NEW(struct eventfd);
    if (!event)
        return -ENOMEM;
    event->count = value;
    event->semaphore = semaphore;
    wait_queue_init(&event->waits);
    *file = file_create(&eventfd_ops, flags, event);
    if (*file)
        return 0;
    heap_free(event);
    return -ENOMEM;
}
