/* SPDX-License-Identifier: Apache-2.0 */
/* signalfd: reads the caller's pending signals of a set. Nothing is stored here; whoever reads gets
 * his own process's signals, and watchers stand in the queue of the process that polled. */
#include <asm/errno.h>
#include <linux/signalfd.h>

#include "file/event_files.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "memory/heap.h"

struct signal_set {
    uint64_t set;
};

static void record_fill(struct signalfd_siginfo *record, const struct linux_siginfo *info)
{
    *record = (struct signalfd_siginfo){
        .ssi_signo = (uint32_t)info->signal, .ssi_errno = info->error, .ssi_code = info->code};
    switch (info->code) {
    case SI_TIMER:
        record->ssi_tid = (uint32_t)info->is.timer.timer;
        record->ssi_overrun = (uint32_t)info->is.timer.overrun;
        record->ssi_ptr = info->is.timer.value;
        record->ssi_int = (int32_t)info->is.timer.value;
        return;
    case SI_USER:
    case SI_TKILL:
        record->ssi_pid = (uint32_t)info->is.sent.pid;
        record->ssi_uid = info->is.sent.uid;
        return;
    default:
        break;
    }
    if (info->code < 0) { /* SI_QUEUE and the like */
        record->ssi_pid = (uint32_t)info->is.sent.pid;
        record->ssi_uid = info->is.sent.uid;
        record->ssi_ptr = info->is.sent.value;
        record->ssi_int = (int32_t)info->is.sent.value;
    } else if (info->signal == SIGCHLD) {
        record->ssi_pid = (uint32_t)info->is.child.pid;
        record->ssi_uid = info->is.child.uid;
        record->ssi_status = info->is.child.status;
        record->ssi_utime = (uint64_t)info->is.child.user_time;
        record->ssi_stime = (uint64_t)info->is.child.system_time;
    } else if (info->signal == SIGSEGV || info->signal == SIGBUS || info->signal == SIGILL ||
               info->signal == SIGFPE || info->signal == SIGTRAP) {
        record->ssi_addr = info->is.fault.address;
    } else if (info->signal == SIGIO) {
        record->ssi_band = (uint32_t)info->is.poll.band;
        record->ssi_fd = info->is.poll.fd;
    }
}

static long signalfd_read(struct file *file, struct io *io, int64_t *position)
{
    const struct signal_set *wanted = file->data;
    struct linux_siginfo info;
    struct signalfd_siginfo record;
    long total = 0;
    if (io->remaining < sizeof(record))
        return -EINVAL;
    while (io->remaining >= sizeof(record)) {
        if (caller_signal_take(wanted->set, &info) == 0) {
            if (total)
                break;
            if (file_nonblocking(file))
                return -EAGAIN;
            int error = wait_restartable(caller_signal_queue(), NO_DEADLINE);
            /* The wanted signal itself, when it is not blocked, ends the sleep too: take it, do not
             * report it. */
            if (error && (caller_signals_pending() & wanted->set) == 0)
                return error;
            continue;
        }
        record_fill(&record, &info);
        if (io_put(io, &record, sizeof(record)) != sizeof(record))
            return total ? total : -EFAULT;
        total += (long)sizeof(record);
    }
    return total;
}

static unsigned signalfd_poll(struct file *file, struct waiter *waiter)
{
    const struct signal_set *wanted = file->data;
    if (waiter)
        wait_add(caller_signal_queue(), waiter);
    return (caller_signals_pending() & wanted->set) ? EVENT_IN : 0;
}

static int signalfd_stat(struct file *file, struct linux_stat *stat)
{
    anonymous_stat(stat, 0600, 1);
    return 0;
}

static void signalfd_close(struct file *file)
{
    heap_free(file->data);
}

static const struct file_ops signalfd_ops = {
    .kind = "signalfd",
    .read = signalfd_read,
    .poll = signalfd_poll,
    .seek = seek_nowhere,
    .stat = signalfd_stat,
    .close = signalfd_close,
};

int signalfd_create(uint64_t set, unsigned flags, struct file **file)
{
    struct signal_set *wanted = HEAP_NEW(struct signal_set);
    if (!wanted)
        return -ENOMEM;
    wanted->set = set;
    *file = file_create(&signalfd_ops, flags, wanted);
    if (*file)
        return 0;
    heap_free(wanted);
    return -ENOMEM;
}

int signalfd_change(struct file *file, uint64_t set)
{
    if (file->ops != &signalfd_ops)
        return -EINVAL;
    ((struct signal_set *)file->data)->set = set;
    wake_watchers(caller_signal_queue(), EVENT_IN);
    return 0;
}
