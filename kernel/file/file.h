/* SPDX-License-Identifier: Apache-2.0 */
/* Open files, descriptor tables, and what every kind of file can do. */
#pragma once
#include "memory/memory_object.h"
#include "memory/user_copy.h"
#include "thread/wait.h"

struct file;
struct inode;
struct linux_stat;
struct directory_sink; /* file/inode.h */

/* NULL entries answer what Linux answers for a file that cannot do it (EINVAL, ESPIPE, ENOTTY,
 * ...). Files of inodes (regular, directories) use inode_file_ops. Offsets: `position` is in/out;
 * -1 for streams. */
struct file_ops {
    const char *kind; /* for traces and /proc/self/fd: "pipe", "eventfd", ... */
    long (*read)(struct file *file, struct io *io, int64_t *position) MAY_SLEEP;
    long (*write)(struct file *file, struct io *io, int64_t *position) MAY_SLEEP;
    /* Ready events now; with waiter: also adds it to the file's queue (one queue per file; wake
     * passes the events). */
    unsigned (*poll)(struct file *file, struct waiter *waiter);
    long (*ioctl)(struct file *file, unsigned command, uintptr_t argument) MAY_SLEEP;
    int64_t (*seek)(struct file *file, int64_t offset, int whence);
    /* For mmap: object with one count taken. */
    int (*map)(struct file *file, bool shared, bool writable, struct memory_object **object);
    int (*stat)(struct file *file, struct linux_stat *stat);
    int (*truncate)(struct file *file, uint64_t size);
    int (*sync)(struct file *file);
    void (*close)(struct file *file); /* last reference went */
};
struct file {
    const struct file_ops *ops;
    unsigned count; /* descriptors and users */
    unsigned flags; /* O_ACCMODE, O_APPEND, O_NONBLOCK, O_DIRECT, O_PATH ... as fcntl F_GETFL */
    int64_t position;
    struct inode *inode; /* NULL: pipe ends, sockets, eventfd, ... */
    struct entry *entry; /* name it was opened by (getcwd, /proc/self/fd), may be NULL */
    void *data;          /* of ops */
    struct list watches; /* epoll items on this file; epoll removes them at the last put */
    int owner;           /* F_SETOWN */
};
struct file *file_create(const struct file_ops *ops, unsigned flags,
                         void *data) MUST_CHECK; /* count 1, NULL */
void file_get(struct file *file);
void file_put(struct file *file) MAY_SLEEP;
static inline bool file_can_read(const struct file *file)
{
    return (file->flags & 3) != 1;
}
static inline bool file_can_write(const struct file *file)
{
    return (file->flags & 3) != 0;
}
static inline bool file_nonblocking(const struct file *file)
{
    return (file->flags & 04000) != 0;
}
extern void (*file_watches_drop)(struct file *file); /* set by epoll */

struct file_slot {
    struct file *file;
    bool close_on_exec;
};
/* Descriptor table of a process (shared with CLONE_FILES). */
struct file_table {
    unsigned count;
    struct file_slot *slots;
    unsigned size;
    unsigned lowest_free;
};
struct file_table *file_table_create(void) MUST_CHECK;
struct file_table *file_table_copy(struct file_table *from) MUST_CHECK;
void file_table_put(struct file_table *table) MAY_SLEEP;
void file_table_exec(struct file_table *table) MAY_SLEEP; /* closes the close-on-exec ones */
/* All on current->process's table. file_at: borrowed... takes a count: file_put afterwards. NULL:
 * EBADF. */
struct file *file_at(int fd) MUST_CHECK;
/* Takes over the count, also when it fails: -EMFILE (RLIMIT_NOFILE), -ENOMEM. */
int fd_install(struct file *file, int lowest, bool close_on_exec) MUST_CHECK MAY_SLEEP;
/* Both or neither, as fd_install; their numbers go to the program. 0, or -EFAULT too. */
int fd_install_pair(struct file *files[2], bool close_on_exec,
                    user_addr numbers) MUST_CHECK MAY_SLEEP;
/* Takes over the count on success. */
int fd_replace(int fd, struct file *file, bool close_on_exec) MUST_CHECK MAY_SLEEP; /* dup2 */
int fd_close(int fd) MAY_SLEEP;                                                     /* -EBADF */

/* Generic calls for sys_*: check access mode, then ops. */
long file_read(struct file *file, struct io *io, int64_t *position) MAY_SLEEP;
long file_write(struct file *file, struct io *io, int64_t *position) MAY_SLEEP;
unsigned file_poll(struct file *file, struct waiter *waiter);
/* Reads from the start into kernel memory (exec, ELF). Bytes or -errno. */
long file_read_kernel(struct file *file, void *to, size_t size, uint64_t offset) MAY_SLEEP;
