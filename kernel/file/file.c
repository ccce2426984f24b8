/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open files and descriptor tables. A file is freed when its last descriptor and user are gone; a
 * table grows by doubling up to the caller's RLIMIT_NOFILE. `lowest_free` is never above the lowest
 * free slot.
 */
#include "file/file.h"

#include <asm/errno.h>
#include <asm/fcntl.h>

#include "file/doors.h"
#include "file/inode.h"
#include "memory/heap.h"

#define TABLE_FIRST 64U
#define TABLE_MAX   65536U /* slots take 16 bytes each: 1 MiB, what the heap gives in one piece */

void (*file_watches_drop)(struct file *file);

struct file *file_create(const struct file_ops *ops, unsigned flags, void *data)
{
    struct file *file = HEAP_NEW(struct file);
    if (!file)
        return NULL;
    file->ops = ops;
    file->count = 1;
    file->flags = flags;
    file->data = data;
    list_init(&file->watches);
    return file;
}

void file_get(struct file *file)
{
    file->count++;
}

void file_put(struct file *file)
{
    ASSERT(file->count > 0);
    if (--file->count)
        return;
    if (file_watches_drop && !list_is_empty(&file->watches))
        file_watches_drop(file);
    if (file->inode && file->inode->locks)
        lock_drop_owner(file->inode, file);
    if (file->ops->close)
        file->ops->close(file);
    if (file->inode)
        inode_put(file->inode);
    if (file->entry)
        entry_put(file->entry);
    heap_free(file);
}

struct file_table *file_table_create(void)
{
    struct file_table *table = HEAP_NEW(struct file_table);
    if (!table)
        return NULL;
    table->slots = heap_alloc(TABLE_FIRST * sizeof(*table->slots));
    if (!table->slots) {
        heap_free(table);
        return NULL;
    }
    table->count = 1;
    table->size = TABLE_FIRST;
    return table;
}

struct file_table *file_table_copy(struct file_table *from)
{
    struct file_table *table = HEAP_NEW(struct file_table);
    if (!table)
        return NULL;
    table->slots = heap_alloc(from->size * sizeof(*table->slots));
    if (!table->slots) {
        heap_free(table);
        return NULL;
    }
    table->count = 1;
    table->size = from->size;
    table->lowest_free = from->lowest_free;
    for (unsigned i = 0; i < from->size; i++) {
        if (!from->slots[i].file)
            continue;
        table->slots[i] = from->slots[i];
        file_get(table->slots[i].file);
    }
    return table;
}

/* Takes the file out of its slot and gives back its count; closing a file ends the process's record
 * locks on it. */
static void slot_close(struct file_table *table, unsigned fd)
{
    struct file *file = table->slots[fd].file;
    table->slots[fd].file = NULL;
    table->slots[fd].close_on_exec = false;
    if (fd < table->lowest_free)
        table->lowest_free = fd;
    if (file->inode && file->inode->locks)
        lock_drop_owner(file->inode, table);
    file_put(file);
}

void file_table_put(struct file_table *table)
{
    if (--table->count)
        return;
    for (unsigned i = 0; i < table->size; i++) {
        if (table->slots[i].file)
            slot_close(table, i);
    }
    heap_free(table->slots);
    heap_free(table);
}

void file_table_exec(struct file_table *table)
{
    for (unsigned i = 0; i < table->size; i++) {
        if (table->slots[i].file && table->slots[i].close_on_exec)
            slot_close(table, i);
    }
}

struct file *file_at(int fd)
{
    struct file_table *table = caller_files();
    if (!table || (unsigned)fd >= table->size)
        return NULL;
    struct file *file = table->slots[fd].file;
    if (file)
        file->count++;
    return file;
}

static int table_grow(struct file_table *table, unsigned at_least)
{
    unsigned size = table->size;
    while (size < at_least)
        size *= 2;
    struct file_slot *slots =
        heap_resize(table->slots, table->size * sizeof(*slots), size * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    table->slots = slots;
    table->size = size;
    return 0;
}

static unsigned table_limit(void)
{
    unsigned limit = caller_files_max();
    return limit < TABLE_MAX ? limit : TABLE_MAX;
}

int fd_install(struct file *file, int lowest, bool close_on_exec)
{
    struct file_table *table = caller_files();
    unsigned fd = (unsigned)lowest;
    int error = 0;
    if (fd <= table->lowest_free)
        fd = table->lowest_free;
    while (fd < table->size && table->slots[fd].file)
        fd++;
    if (fd >= table_limit())
        error = -EMFILE;
    else if (fd >= table->size)
        error = table_grow(table, fd + 1);
    if (error) {
        file_put(file);
        return error;
    }
    table->slots[fd].file = file;
    table->slots[fd].close_on_exec = close_on_exec;
    if ((unsigned)lowest <= table->lowest_free)
        table->lowest_free = fd + 1;
    return (int)fd;
}

int fd_install_pair(struct file *files[2], bool close_on_exec, user_addr numbers)
{
    int fds[2];
    fds[0] = fd_install(files[0], 0, close_on_exec);
    if (fds[0] < 0) {
        file_put(files[1]);
        return fds[0];
    }
    fds[1] = fd_install(files[1], 0, close_on_exec);
    if (fds[1] < 0) {
        fd_close(fds[0]);
        return fds[1];
    }
    if (copy_out(numbers, &fds) == 0)
        return 0;
    fd_close(fds[0]);
    fd_close(fds[1]);
    return -EFAULT;
}

int fd_replace(int fd, struct file *file, bool close_on_exec)
{
    struct file_table *table = caller_files();
    if (fd < 0 || (unsigned)fd >= table_limit())
        return -EBADF;
    if ((unsigned)fd >= table->size) {
        int error = table_grow(table, (unsigned)fd + 1);
        if (error)
            return error;
    }
    if (table->slots[fd].file)
        slot_close(table, (unsigned)fd);
    table->slots[fd].file = file;
    table->slots[fd].close_on_exec = close_on_exec;
    return fd;
}

int fd_close(int fd)
{
    struct file_table *table = caller_files();
    if ((unsigned)fd >= table->size || !table->slots[fd].file)
        return -EBADF;
    slot_close(table, (unsigned)fd);
    return 0;
}

long file_read(struct file *file, struct io *io, int64_t *position)
{
    if (!file_can_read(file) || (file->flags & O_PATH))
        return -EBADF;
    if (!file->ops->read)
        return -EINVAL;
    return file->ops->read(file, io, position);
}

long file_write(struct file *file, struct io *io, int64_t *position)
{
    if (!file_can_write(file) || (file->flags & O_PATH))
        return -EBADF;
    if (!file->ops->write)
        return -EINVAL;
    return file->ops->write(file, io, position);
}

unsigned file_poll(struct file *file, struct waiter *waiter)
{
    if (file->ops->poll)
        return file->ops->poll(file, waiter);
    return EVENT_IN | EVENT_OUT | EVENT_RDNORM | EVENT_WRNORM;
}

long file_read_kernel(struct file *file, void *to, size_t size, uint64_t offset)
{
    struct io io;
    io_kernel(&io, to, size);
    int64_t position = (int64_t)offset;
    return file_read(file, &io, &position);
}
