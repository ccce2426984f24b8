/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipes and named pipes: one ring, one wait queue for both ends. A write of at most PIPE_BUF bytes
 * goes in whole or not at all. Writers are woken when a whole PIPE_BUF has become free, which is
 * also what poll calls writable; readers at every write, so that edge-triggered watchers see each
 * one.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <linux/limits.h>

#include "file/event_files.h"
#include "file/inode.h"
#include "file/ring.h"
#include "linux/abi.h"
#include "memory/heap.h"

#define PIPE_CAPACITY     65536UL
#define PIPE_CAPACITY_MAX (1UL << 20) /* /proc/sys/fs/pipe-max-size */

struct pipe {
    struct ring ring;
    struct wait_queue waits;
    unsigned readers, writers;        /* open ends */
    unsigned files;                   /* struct file that use it; a file may be both ends */
    unsigned read_opens, write_opens; /* how often ever: fifo opens wait for a change */
    struct inode *fifo;               /* inode->data points back here */
    uint64_t number;
};

static struct pipe *pipe_new(void)
{
    struct pipe *pipe = HEAP_NEW(struct pipe);
    if (!pipe)
        return NULL;
    if (ring_init(&pipe->ring, PIPE_CAPACITY) != 0) {
        heap_free(pipe);
        return NULL;
    }
    wait_queue_init(&pipe->waits);
    pipe->number = anonymous_number();
    return pipe;
}

static void pipe_put(struct pipe *pipe)
{
    if (--pipe->files)
        return;
    if (pipe->fifo)
        pipe->fifo->data = NULL;
    ring_free(&pipe->ring);
    heap_free(pipe);
}

static long pipe_read(struct file *file, struct io *io, int64_t *position)
{
    struct pipe *pipe = file->data;
    if (io->remaining == 0)
        return 0;
    while (pipe->ring.used == 0) {
        if (pipe->writers == 0)
            return 0;
        if (file_nonblocking(file))
            return -EAGAIN;
        int error = wait_restartable(&pipe->waits, NO_DEADLINE);
        if (error)
            return error;
    }
    bool was_full = ring_room(&pipe->ring) < PIPE_BUF;
    long moved = ring_get(&pipe->ring, io, io->remaining);
    if (was_full && moved > 0)
        wake_watchers(&pipe->waits, EVENT_OUT | EVENT_WRNORM);
    return moved;
}

static long pipe_write(struct file *file, struct io *io, int64_t *position)
{
    struct pipe *pipe = file->data;
    size_t needed = io->remaining <= PIPE_BUF ? io->remaining : 1;
    long total = 0;
    while (io->remaining) {
        if (pipe->readers == 0) {
            caller_broken_pipe();
            return total ? total : -EPIPE;
        }
        if (ring_room(&pipe->ring) >= needed) {
            long moved = ring_put(&pipe->ring, io, io->remaining);
            if (moved < 0)
                return total ? total : moved;
            total += moved;
            wake_watchers(&pipe->waits, EVENT_IN | EVENT_RDNORM);
            continue;
        }
        if (file_nonblocking(file))
            return total ? total : -EAGAIN;
        int error = wait_restartable(&pipe->waits, NO_DEADLINE);
        if (error)
            return total ? total : error;
    }
    return total;
}

static unsigned pipe_poll(struct file *file, struct waiter *waiter)
{
    struct pipe *pipe = file->data;
    unsigned events = 0;
    if (waiter)
        wait_add(&pipe->waits, waiter);
    if (file_can_read(file)) {
        if (pipe->ring.used)
            events |= EVENT_IN | EVENT_RDNORM;
        /* A fifo that was opened before any writer came has not lost one. */
        if (pipe->writers == 0 && (unsigned)file->position != pipe->write_opens)
            events |= EVENT_HUP;
    }
    if (file_can_write(file)) {
        if (ring_room(&pipe->ring) >= PIPE_BUF)
            events |= EVENT_OUT | EVENT_WRNORM;
        if (pipe->readers == 0)
            events |= EVENT_ERR;
    }
    return events;
}

static long pipe_ioctl(struct file *file, unsigned command, uintptr_t argument)
{
    struct pipe *pipe = file->data;
    if (command != FIONREAD)
        return -ENOTTY;
    int bytes = (int)pipe->ring.used;
    return copy_out(argument, &bytes);
}

static int pipe_stat(struct file *file, struct linux_stat *stat)
{
    const struct pipe *pipe = file->data;
    if (file->inode)
        return inode_stat(file->inode, stat);
    anonymous_stat(stat, S_IFIFO | 0600, pipe->number);
    return 0;
}

static void end_open(struct pipe *pipe, struct file *file)
{
    pipe->files++;
    if (file_can_read(file)) {
        pipe->readers++;
        pipe->read_opens++;
    }
    if (file_can_write(file)) {
        pipe->writers++;
        pipe->write_opens++;
    }
}

static void pipe_close(struct file *file)
{
    struct pipe *pipe = file->data;
    if (file_can_read(file))
        pipe->readers--;
    if (file_can_write(file))
        pipe->writers--;
    if (pipe->readers == 0 || pipe->writers == 0)
        wake_watchers(&pipe->waits,
                      EVENT_IN | EVENT_OUT | EVENT_RDNORM | EVENT_WRNORM | EVENT_ERR | EVENT_HUP);
    pipe_put(pipe);
}

static const struct file_ops pipe_ops = {
    .kind = "pipe",
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .stat = pipe_stat,
    .close = pipe_close,
};

int pipe_create(unsigned flags, struct file *ends[2])
{
    struct pipe *pipe = pipe_new();
    if (!pipe)
        return -ENFILE;
    ends[0] = file_create(&pipe_ops, flags | O_RDONLY, pipe);
    if (!ends[0]) {
        pipe->files = 1;
        pipe_put(pipe);
        return -ENFILE;
    }
    end_open(pipe, ends[0]);
    ends[1] = file_create(&pipe_ops, flags | O_WRONLY, pipe);
    if (!ends[1]) {
        file_put(ends[0]);
        return -ENFILE;
    }
    end_open(pipe, ends[1]);
    return 0;
}

long pipe_capacity(struct file *file)
{
    if (file->ops != &pipe_ops)
        return -EBADF;
    return (long)((struct pipe *)file->data)->ring.capacity;
}

long pipe_resize(struct file *file, uint64_t size)
{
    if (file->ops != &pipe_ops)
        return -EBADF;
    struct pipe *pipe = file->data;
    uint64_t capacity = PAGE_SIZE;
    if (size > 1UL << 31)
        return -EINVAL;
    while (capacity < size)
        capacity *= 2;
    if (capacity > PIPE_CAPACITY_MAX)
        return -EPERM;
    int error = ring_resize(&pipe->ring, capacity);
    if (error)
        return error;
    wake_watchers(&pipe->waits, EVENT_OUT | EVENT_WRNORM);
    return (long)capacity;
}

/* The first reader waits for a writer and the other way round; opening both never waits. */
static int fifo_meet(struct file *file, struct pipe *pipe)
{
    bool reads = file_can_read(file), writes = file_can_write(file);
    if (reads && writes)
        return 0;
    const unsigned *others = reads ? &pipe->writers : &pipe->readers;
    const unsigned *opens = reads ? &pipe->write_opens : &pipe->read_opens;
    unsigned before = *opens;
    if (*others)
        return 0;
    if (file_nonblocking(file)) {
        /* Reading starts with an empty past: no hang-up until a writer came and went. */
        file->position = (unsigned)pipe->write_opens;
        return reads ? 0 : -ENXIO;
    }
    /* Another end may have come and gone while we slept: that counts as met. */
    while (*others == 0 && *opens == before) {
        int error = wait_restartable(&pipe->waits, NO_DEADLINE);
        if (error)
            return error;
    }
    return 0;
}

static int fifo_open_inode(struct inode *inode, struct file *file)
{
    struct pipe *pipe = inode->data;
    if (!pipe) {
        pipe = pipe_new();
        if (!pipe)
            return -ENOMEM;
        pipe->fifo = inode;
        inode->data = pipe;
    }
    end_open(pipe, file);
    file->position = -1;
    wake_watchers(&pipe->waits, EVENT_IN | EVENT_OUT);
    int error = fifo_meet(file, pipe);
    if (error) {
        struct file closing = {.flags = file->flags, .data = pipe};
        pipe_close(&closing);
        return error;
    }
    file->ops = &pipe_ops;
    file->data = pipe;
    return 0;
}

void pipe_init(void)
{
    fifo_open = fifo_open_inode;
}
