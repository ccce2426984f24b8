/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/<pid>/fd and fdinfo. Following a link gives the open file's own entry, also when its name
 * is gone. A file without an inode is stood for by an alias; opening the alias of a pipe gives its
 * other user a way to the same pipe (/dev/stdout), other kinds cannot be opened, as on Linux.
 */
#include "lib/format.h"
#include "lib/string.h"
#include "linux/proc.h"
#include "memory/heap.h"

#define NUMBER_OF(pid, fd) (1UL << 33 | (uint64_t)(pid) << 17 | (uint64_t)(fd))

/* With a count; NULL: closed meanwhile. */
static struct file *file_of(const struct proc_source *source)
{
    struct process *process = process_find(source->pid);
    struct file_table *table = process ? process->files : NULL;
    if (!table || source->fd < 0 || (unsigned)source->fd >= table->size ||
        !table->slots[source->fd].file)
        return NULL;
    struct file *file = table->slots[source->fd].file;
    file_get(file);
    return file;
}

/* ---- an alias's open file passes everything on ---- */

static long alias_read(struct file *file, struct io *io, int64_t *position)
{
    struct file *real = file->data;
    return real->ops->read ? file_read(real, io, position) : -EINVAL;
}

static long alias_write(struct file *file, struct io *io, int64_t *position)
{
    return file_write(file->data, io, position);
}

static unsigned alias_poll(struct file *file, struct waiter *waiter)
{
    return file_poll(file->data, waiter);
}

static int alias_file_stat(struct file *file, struct linux_stat *stat)
{
    struct file *real = file->data;
    return real->ops->stat ? real->ops->stat(real, stat) : -EBADF;
}

static void alias_close(struct file *file)
{
    file_put(file->data);
}

static const struct file_ops alias_file_ops = {
    .kind = "pipe",
    .read = alias_read,
    .write = alias_write,
    .poll = alias_poll,
    .stat = alias_file_stat,
    .close = alias_close,
};

static int alias_open(struct inode *inode, struct file *file)
{
    struct file *real = inode->data;
    if (strcmp(real->ops->kind, "pipe") != 0)
        return -ENXIO;
    if ((file_can_read(file) && !file_can_read(real)) ||
        (file_can_write(file) && !file_can_write(real)))
        return -EACCES;
    file->ops = &alias_file_ops;
    file->data = real;
    file_get(real);
    return 0;
}

static int alias_stat(struct inode *inode, struct linux_stat *stat)
{
    struct file *real = inode->data;
    return real->ops->stat ? real->ops->stat(real, stat) : -EBADF;
}

static void alias_free(struct inode *inode)
{
    file_put(inode->data);
}

static const struct inode_ops alias_ops = {
    .open = alias_open, .stat = alias_stat, .free = alias_free};

static int alias_entry(struct file *file, struct entry **target)
{
    struct linux_stat stat = {.mode = S_IFIFO | 0600};
    if (file->ops->stat)
        (void)file->ops->stat(file, &stat);
    struct inode *inode = inode_create(stat.mode, &alias_ops);
    if (!inode)
        return -ENOMEM;
    file_get(file);
    inode->data = file;
    inode->file_system = FS_PROC;
    *target = entry_detached(NULL, file->ops->kind, inode);
    inode_put(inode);
    return *target ? 0 : -ENOMEM;
}

/* ---- links ---- */

static int fd_follow(const struct proc_source *source, struct entry **target)
{
    struct file *file = file_of(source);
    int error = 0;
    if (!file)
        return -ENOENT;
    if (file->entry) {
        entry_get(file->entry);
        *target = file->entry;
    } else {
        error = alias_entry(file, target);
    }
    file_put(file);
    return error;
}

static long fd_text(struct file *file, char *buffer, size_t size)
{
    struct entry *entry = file->entry;
    if (entry) {
        long length = entry_path(entry, buffer, size - sizeof(" (deleted)"));
        bool gone = entry->removed || (entry->transient && entry->inode->file_system != FS_PROC);
        if (length >= 0 && gone) {
            string_copy(buffer + length, " (deleted)", sizeof(" (deleted)"));
            length += (long)strlen(" (deleted)");
        }
        return length;
    }
    struct linux_stat stat = {.inode = 0};
    if (file->ops->stat)
        (void)file->ops->stat(file, &stat);
    unsigned type = stat.mode & S_IFMT;
    if (type == S_IFIFO || type == S_IFSOCK)
        return format(buffer, size, "%s:[%lu]", file->ops->kind, stat.inode);
    return format(buffer, size, "anon_inode:[%s]", file->ops->kind);
}

static long fd_readlink(const struct proc_source *source, char *buffer, size_t size)
{
    struct file *file = file_of(source);
    if (!file)
        return -ENOENT;
    long length = fd_text(file, buffer, size);
    file_put(file);
    return length;
}

static void text_fdinfo(struct proc_text *text, const struct proc_source *source)
{
    struct file *file = file_of(source);
    if (!file)
        return;
    struct process *process = process_find(source->pid);
    unsigned flags = file->flags;
    if (process && process->files && process->files->slots[source->fd].close_on_exec)
        flags |= O_CLOEXEC;
    proc_print(text, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t1\nino:\t%lu\n",
               file->position > 0 ? file->position : 0, flags,
               file->inode ? file->inode->number : 0);
    file_put(file);
}

static const struct proc_node link_node = {
    .name = "", .mode = S_IFLNK | 0700, .readlink = fd_readlink, .follow = fd_follow};
static const struct proc_node info_node = {.name = "", .mode = S_IFREG | 0444, .text = text_fdinfo};

static int lookup(const struct proc_source *source, const char *name, struct inode **child,
                  const struct proc_node *node)
{
    long fd = proc_number(name);
    struct proc_source made = {.node = node, .pid = source->pid, .fd = (int)fd};
    struct file *file = fd >= 0 ? file_of(&made) : NULL;
    if (!file)
        return -ENOENT;
    file_put(file);
    *child = proc_inode(&made, NUMBER_OF(source->pid, fd));
    return *child ? 0 : -ENOMEM;
}

static int fd_lookup(const struct proc_source *source, const char *name, struct inode **child)
{
    return lookup(source, name, child, &link_node);
}

static int fdinfo_lookup(const struct proc_source *source, const char *name, struct inode **child)
{
    return lookup(source, name, child, &info_node);
}

static int fd_list(const struct proc_source *source, struct directory_sink *sink)
{
    struct process *process = process_find(source->pid);
    struct file_table *table = process ? process->files : NULL;
    unsigned type = source->node == &proc_fd_node ? 10 : 8;
    for (unsigned fd = 0; table && fd < table->size; fd++) {
        char name[16];
        if (!table->slots[fd].file)
            continue;
        int size = format(name, sizeof(name), "%u", fd);
        if (!sink->add(sink, name, (size_t)size, NUMBER_OF(source->pid, fd), type))
            break;
    }
    return 0;
}

const struct proc_node proc_fd_node = {
    .name = "fd", .mode = S_IFDIR | 0500, .lookup = fd_lookup, .list = fd_list};
const struct proc_node proc_fdinfo_node = {
    .name = "fdinfo", .mode = S_IFDIR | 0500, .lookup = fdinfo_lookup, .list = fd_list};
