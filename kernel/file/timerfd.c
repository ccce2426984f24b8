/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timerfd: a deadline to read. A periodic one fires once and then waits to be read or asked: the
 * periods that went by meanwhile are counted then, so the shortest interval costs no interrupts
 * while nobody looks.
 */
#include <asm/errno.h>
#include <linux/time.h>
#include <linux/timerfd.h>

#include "arch/arch.h"
#include "file/event_files.h"
#include "memory/heap.h"
#include "thread/timer.h"

struct timerfd {
    struct timer timer;
    bool wall;            /* CLOCK_REALTIME: absolute times count from 1970 */
    bool fired;           /* since the last settime or, periodic, since it was set again */
    nanoseconds deadline; /* monotonic; NO_DEADLINE: disarmed */
    uint64_t interval;
    uint64_t ticks; /* unread */
    struct wait_queue waits;
};

static void timerfd_fire(struct timer *timer)
{
    struct timerfd *event = CONTAINER_OF(timer, struct timerfd, timer);
    event->fired = true;
    event->ticks++;
    wake_watchers(&event->waits, EVENT_IN | EVENT_RDNORM);
}

/* Counts the periods since the one that fired and starts the next. */
static void timerfd_forward(struct timerfd *event)
{
    if (!event->fired || event->interval == 0)
        return;
    uint64_t periods = (arch_clock() - event->deadline) / event->interval + 1;
    event->ticks += periods - 1;
    event->deadline += periods * event->interval;
    event->fired = false;
    timer_set(&event->timer, event->deadline);
}

static long timerfd_read(struct file *file, struct io *io, int64_t *position)
{
    struct timerfd *event = file->data;
    if (io->remaining < sizeof(uint64_t))
        return -EINVAL;
    while (event->ticks == 0) {
        if (file_nonblocking(file))
            return -EAGAIN;
        int error = wait_restartable(&event->waits, NO_DEADLINE);
        if (error)
            return error;
    }
    timerfd_forward(event);
    uint64_t ticks = event->ticks;
    event->ticks = 0;
    return io_put(io, &ticks, sizeof(ticks)) == sizeof(ticks) ? (long)sizeof(ticks) : -EFAULT;
}

static unsigned timerfd_poll(struct file *file, struct waiter *waiter)
{
    struct timerfd *event = file->data;
    if (waiter)
        wait_add(&event->waits, waiter);
    return event->ticks ? EVENT_IN : 0;
}

static int timerfd_stat(struct file *file, struct linux_stat *stat)
{
    anonymous_stat(stat, 0600, 1);
    return 0;
}

static long timerfd_ioctl(struct file *file, unsigned command, uintptr_t argument)
{
    struct timerfd *event = file->data;
    uint64_t ticks;
    if (command != TFD_IOC_SET_TICKS)
        return -ENOTTY;
    if (copy_in(&ticks, argument) != 0)
        return -EFAULT;
    if (ticks == 0)
        return -EINVAL;
    event->ticks = ticks;
    wake_watchers(&event->waits, EVENT_IN | EVENT_RDNORM);
    return 0;
}

static void timerfd_close(struct file *file)
{
    struct timerfd *event = file->data;
    timer_release(&event->timer);
    heap_free(event);
}

static const struct file_ops timerfd_ops = {
    .kind = "timerfd",
    .read = timerfd_read,
    .poll = timerfd_poll,
    .ioctl = timerfd_ioctl,
    .seek = seek_nowhere,
    .stat = timerfd_stat,
    .close = timerfd_close,
};

int timerfd_create(int clock, unsigned flags, struct file **file)
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
        clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM)
        return -EINVAL;
    struct timerfd *event = HEAP_NEW(struct timerfd);
    if (!event)
        return -ENOMEM;
    event->wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
    event->deadline = NO_DEADLINE;
    wait_queue_init(&event->waits);
    if (timer_init(&event->timer, timerfd_fire) != 0) {
        heap_free(event);
        return -ENOMEM;
    }
    *file = file_create(&timerfd_ops, flags, event);
    if (*file)
        return 0;
    timer_release(&event->timer);
    heap_free(event);
    return -ENOMEM;
}

int timerfd_get(struct file *file, struct timerfd_setting *setting)
{
    if (file->ops != &timerfd_ops)
        return -EINVAL;
    struct timerfd *event = file->data;
    timerfd_forward(event);
    nanoseconds now = arch_clock();
    setting->interval = event->interval;
    setting->value = 0;
    if (event->deadline != NO_DEADLINE && !event->fired)
        setting->value = event->deadline > now ? event->deadline - now : 1; /* due, not yet fired */
    return 0;
}

static nanoseconds deadline_of(const struct timerfd *event, bool absolute, uint64_t value)
{
    nanoseconds zero = absolute ? 0 : arch_clock();
    if (absolute && event->wall) {
        nanoseconds wall = arch_wall_offset();
        return value > wall ? value - wall : 0;
    }
    return value < NO_DEADLINE - 1 - zero ? zero + value : NO_DEADLINE - 1;
}

int timerfd_set(struct file *file, bool absolute, const struct timerfd_setting *setting,
                struct timerfd_setting *old)
{
    if (file->ops != &timerfd_ops)
        return -EINVAL;
    struct timerfd *event = file->data;
    if (old) {
        int error = timerfd_get(file, old);
        if (error)
            return error;
    }
    event->ticks = 0;
    event->fired = false;
    event->interval = setting->interval;
    if (setting->value == 0) {
        timer_cancel(&event->timer);
        event->deadline = NO_DEADLINE;
        return 0;
    }
    event->deadline = deadline_of(event, absolute, setting->value);
    timer_set(&event->timer, event->deadline);
    return 0;
}
