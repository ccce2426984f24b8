/* SPDX-License-Identifier: Apache-2.0 */
/* See fake_events.h. */
#include "file/test/fake_events.h"

#include <asm/errno.h>
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/doors.h"
#include "file/inode.h"
#include "memory/frames.h"
#include "memory/heap.h"

unsigned fake_frames, fake_broken_pipes, fake_sleeps, fake_files_max = 1024;
bool fake_frames_are_out, fake_process_ends;
struct caller_credentials fake_who = {7, 0, 0};
nanoseconds fake_now;
size_t fake_frames_total = 100000;
static struct file_table *table;
struct thread *current;
int (*fifo_open)(struct inode *inode, struct file *file);

void panic(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    abort();
}

phys_addr frame_alloc(enum frame_use use)
{
    void *page;
    if (fake_frames_are_out || posix_memalign(&page, PAGE_SIZE, PAGE_SIZE) != 0)
        return 0;
    memset(page, 0xa5, PAGE_SIZE);
    fake_frames++;
    return (phys_addr)(uintptr_t)page - DIRECT_BASE;
}

void frame_put(phys_addr frame)
{
    fake_frames--;
    free(direct_pointer(frame));
}

size_t frames_free(void)
{
    return 100000;
}

size_t frames_total(void)
{
    return fake_frames_total;
}

void *heap_alloc(size_t size)
{
    return calloc(1, size ? size : 1);
}

void *heap_resize(void *object, size_t old_size, size_t new_size)
{
    char *larger = realloc(object, new_size);
    if (larger && new_size > old_size)
        memset(larger + old_size, 0, new_size - old_size);
    return larger;
}

void heap_free(void *object)
{
    free(object);
}

int arch_copy_in(void *to, uintptr_t from, size_t size)
{
    memcpy(to, (const void *)from, size);
    return 0;
}

int arch_copy_out(uintptr_t to, const void *from, size_t size)
{
    memcpy((void *)to, from, size);
    return 0;
}

int arch_zero_out(uintptr_t to, size_t size)
{
    memset((void *)to, 0, size);
    return 0;
}

long arch_string_length(uintptr_t text, size_t max)
{
    return (long)strnlen((const char *)text, max);
}

nanoseconds arch_clock(void)
{
    return fake_now += 1000;
}

nanoseconds arch_wall_offset(void)
{
    return 0;
}

void random_bytes(void *buffer, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)buffer)[i] = (uint8_t)rand();
}

/* ---- wait queues without sleepers ---- */

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waiters);
}

void wait_add(struct wait_queue *queue, struct waiter *waiter)
{
    list_insert(&queue->waiters, &waiter->link);
}

void wait_remove(struct waiter *waiter)
{
    if (waiter->link.next)
        list_remove(&waiter->link);
}

int wait_on(struct wait_queue *queue, nanoseconds deadline)
{
    fake_sleeps++;
    return -EINTR;
}

void wake_all(struct wait_queue *queue, unsigned events)
{
    struct waiter *waiter;
    LIST_FOR_EACH (waiter, &queue->waiters, struct waiter, link)
        waiter->wake(waiter, events);
}

/* ---- the process ---- */

struct file_table *caller_files(void)
{
    return fake_process_ends ? NULL : table;
}

unsigned caller_files_max(void)
{
    return fake_files_max;
}

uint32_t caller_umask(void)
{
    return 022;
}

void caller_broken_pipe(void)
{
    fake_broken_pipes++;
}

void caller_credentials(struct caller_credentials *credentials)
{
    *credentials = fake_who;
}

/* ---- names: there are none ---- */

int path_find(int at, const char *path, unsigned flags, struct path_result *result)
{
    return -ENOENT;
}

void path_release(struct path_result *result)
{
}

int inode_access(struct inode *inode, int want)
{
    return 0;
}

int inode_stat(struct inode *inode, struct linux_stat *stat)
{
    return 0;
}

struct inode *inode_create(uint32_t mode, const struct inode_ops *ops)
{
    return NULL;
}

int entry_create(struct entry *directory, const char *name, struct inode *inode,
                 struct entry **made)
{
    return -ENOENT;
}

void inode_put(struct inode *inode)
{
}

void entry_put(struct entry *entry)
{
}

void lock_drop_owner(struct inode *inode, const void *owner)
{
}

int format(char *buffer, size_t size, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    int length = vsnprintf(buffer, size, text, args);
    va_end(args);
    return length;
}

/* ---- for the tests ---- */

void fake_start(void)
{
    epoll_init();
    fake_sleeps = fake_broken_pipes = 0;
    fake_frames_are_out = false;
    table = file_table_create();
}

void fake_end(void)
{
    file_table_put(table);
    table = NULL;
    socket_collect();
    assert(fake_frames == 0);
}

unsigned fake_files(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < table->size; i++)
        count += table->slots[i].file != NULL;
    return count;
}

int fake_install(struct file *file)
{
    return fd_install(file, 0, false);
}

long fake_read(int fd, void *to, size_t size)
{
    struct io io;
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    io_single(&io, (uintptr_t)to, size);
    long result = file_read(file, &io, &file->position);
    file_put(file);
    return result;
}

long fake_write(int fd, const void *from, size_t size)
{
    struct io io;
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    io_single(&io, (uintptr_t)from, size);
    long result = file_write(file, &io, &file->position);
    file_put(file);
    return result;
}

unsigned fake_poll(int fd)
{
    struct file *file = file_at(fd);
    if (!file)
        return EVENT_NVAL;
    unsigned events = file_poll(file, NULL);
    file_put(file);
    return events;
}
