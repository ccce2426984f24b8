/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How files of /proc work. The text is made when a read starts at 0 and kept with the open file, so
 * a program that reads in pieces sees one state. Inodes of processes are made at each lookup and
 * hold numbers, never pointers to processes: those may end at any time.
 */
#include "linux/proc.h"

#include "lib/format.h"
#include "lib/string.h"
#include "memory/heap.h"

#define TEXT_FIRST 1024U
#define TEXT_MAX   0x100000UL
#define WRITE_MAX  64

static bool text_room(struct proc_text *text, size_t more)
{
    size_t capacity = text->capacity ? text->capacity : TEXT_FIRST;
    while (capacity < text->used + more)
        capacity *= 2;
    if (capacity == text->capacity)
        return true;
    char *bytes = capacity > TEXT_MAX ? NULL : heap_resize(text->bytes, text->capacity, capacity);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void proc_bytes(struct proc_text *text, const void *bytes, size_t size)
{
    if (size > TEXT_MAX || !text_room(text, size))
        return;
    memcpy(text->bytes + text->used, bytes, size);
    text->used += size;
}

void proc_print(struct proc_text *text, const char *pattern, ...)
{
    va_list args, again;
    va_start(args, pattern);
    va_copy(again, args);
    int size = format_args(NULL, 0, pattern, args);
    if (size > 0 && text_room(text, (size_t)size + 1)) {
        format_args(text->bytes + text->used, (size_t)size + 1, pattern, again);
        text->used += (size_t)size;
    }
    va_end(again);
    va_end(args);
}

static const struct proc_source *source_of(const struct inode *inode)
{
    return inode->data;
}

/* ---- open text files ---- */

static int text_make(struct file *file)
{
    struct proc_text *text = file->data;
    const struct proc_source *source = source_of(file->inode);
    text->used = 0;
    text->failed = false;
    if (source->node->text)
        source->node->text(text, source);
    return text->failed ? -ENOMEM : 0;
}

static long text_read(struct file *file, struct io *io, int64_t *position)
{
    struct proc_text *text = file->data;
    if (*position < 0)
        return -EINVAL;
    int error = *position == 0 ? text_make(file) : 0;
    if (error)
        return error;
    if ((uint64_t)*position >= text->used)
        return 0;
    size_t left = text->used - (size_t)*position;
    long done = io_put(io, text->bytes + *position, left < io->remaining ? left : io->remaining);
    if (done > 0)
        *position += done;
    return done;
}

static long text_write(struct file *file, struct io *io, int64_t *position)
{
    const struct proc_source *source = source_of(file->inode);
    char bytes[WRITE_MAX + 1];
    size_t size = io->remaining;
    if (!(file->inode->mode & 0222))
        return -EIO; /* root may open it so; as Linux */
    if (!source->node->write)
        return (long)size; /* settings that change nothing here */
    if (size > WRITE_MAX)
        return -EINVAL;
    long got = io_get(io, bytes, size);
    if (got < 0)
        return got;
    bytes[got] = 0;
    return source->node->write(source, bytes, (size_t)got);
}

static int64_t text_seek(struct file *file, int64_t offset, int whence)
{
    int64_t to;
    if ((whence != 0 && whence != 1) ||
        __builtin_add_overflow(whence ? file->position : 0, offset, &to) || to < 0)
        return -EINVAL;
    file->position = to;
    return to;
}

static int text_stat(struct file *file, struct linux_stat *stat)
{
    return inode_stat(file->inode, stat);
}

static void text_close(struct file *file)
{
    struct proc_text *text = file->data;
    heap_free(text->bytes);
    heap_free(text);
}

static const struct file_ops text_file_ops = {
    .kind = "proc",
    .read = text_read,
    .write = text_write,
    .seek = text_seek,
    .stat = text_stat,
    .close = text_close,
};

static int text_open(struct inode *inode, struct file *file)
{
    if (!(inode->mode & 0044) && process_current()->euid != 0)
        return -EACCES; /* a secret */
    struct proc_text *text = HEAP_NEW(struct proc_text);
    if (!text)
        return -ENOMEM;
    file->ops = &text_file_ops;
    file->data = text;
    return 0;
}

/* ---- inodes ---- */

static int source_lookup(struct inode *inode, const char *name, struct inode **child)
{
    return source_of(inode)->node->lookup(source_of(inode), name, child);
}

static int source_list(struct inode *inode, struct directory_sink *sink)
{
    return source_of(inode)->node->list(source_of(inode), sink);
}

static long source_readlink(struct inode *inode, char *buffer, size_t size)
{
    return source_of(inode)->node->readlink(source_of(inode), buffer, size);
}

static int source_follow(struct inode *inode, struct entry **target)
{
    return source_of(inode)->node->follow(source_of(inode), target);
}

static void source_free(struct inode *inode)
{
    struct proc_source *source = inode->data;
    heap_free(source);
}

static int directory_open(struct inode *inode, struct file *file)
{
    file->ops = &directory_file_ops;
    return 0;
}

static const struct inode_ops text_ops = {.open = text_open, .free = source_free};
static const struct inode_ops directory_ops = {
    .lookup = source_lookup, .list = source_list, .open = directory_open, .free = source_free};
static const struct inode_ops link_ops = {.readlink = source_readlink, .free = source_free};
static const struct inode_ops thing_ops = {
    .readlink = source_readlink, .follow = source_follow, .free = source_free};

static const struct inode_ops *ops_of(const struct proc_node *node)
{
    if (node->lookup)
        return &directory_ops;
    if (node->follow)
        return &thing_ops;
    return node->readlink ? &link_ops : &text_ops;
}

struct inode *proc_inode(const struct proc_source *source, uint64_t number)
{
    struct proc_source *own = HEAP_NEW(struct proc_source);
    if (!own)
        return NULL;
    *own = *source;
    struct inode *inode = inode_create(source->node->mode, ops_of(source->node));
    if (!inode) {
        heap_free(own);
        return NULL;
    }
    inode->data = own;
    inode->file_system = FS_PROC;
    if (number)
        inode->number = number;
    return inode;
}

void proc_inode_become(struct inode *directory, const struct proc_node *node)
{
    static struct proc_source source;
    source.node = node;
    directory->ops = &directory_ops;
    directory->data = &source;
    directory->file_system = FS_PROC;
}

const struct proc_node *proc_node_find(const struct proc_node *nodes, size_t count,
                                       const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(nodes[i].name, name) == 0)
            return &nodes[i];
    }
    return NULL;
}

long proc_number(const char *text)
{
    long value = 0;
    if (!*text || (text[0] == '0' && text[1]))
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || value > 100000000)
            return -1;
        value = value * 10 + (*text - '0');
    }
    return value;
}
