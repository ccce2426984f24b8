/* SPDX-License-Identifier: Apache-2.0 */
/* Directories: listing, making, removing, and the ones a process stands in. */
#include "file/inode.h"
#include "lib/string.h"
#include "linux/path_call.h"
#include "linux/process.h"
#include "linux/syscalls.h"

/* Inode, offset, size, type; the old form has the type as its last byte instead. */
#define RECORD_HEAD 19
#define RECORD_MAX  (RECORD_HEAD + NAME_MAX + 1 + 8)

/* ---- getdents ---- */

struct record_sink {
    struct directory_sink sink;
    user_addr to;
    size_t room, written;
    bool old_form;
    int error;
};

static bool record_add(struct directory_sink *sink, const char *name, size_t size, uint64_t inode,
                       unsigned type)
{
    struct record_sink *records = CONTAINER_OF(sink, struct record_sink, sink);
    uint8_t record[RECORD_MAX];
    size_t name_at = records->old_form ? RECORD_HEAD - 1 : RECORD_HEAD;
    size_t total = (name_at + size + (records->old_form ? 2 : 1) + 7) & ~7UL;
    if (total > records->room - records->written) {
        if (records->written == 0)
            records->error = -EINVAL;
        return false;
    }
    memset(record, 0, total);
    uint16_t total16 = (uint16_t)total;
    memcpy(record, &inode, 8);
    memcpy(record + 8, &sink->position, 8);
    memcpy(record + 16, &total16, 2);
    record[records->old_form ? total - 1 : 18] = (uint8_t)type;
    memcpy(record + name_at, name, size);
    if (arch_copy_out(records->to + records->written, record, total) != 0) {
        records->error = -EFAULT;
        return false;
    }
    records->written += total;
    return true;
}

static long list(int fd, user_addr to, uint32_t size, bool old_form)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    struct record_sink records = {
        .sink = {.add = record_add}, .to = to, .room = size, .old_form = old_form};
    long result = file->flags & O_PATH ? -EBADF : -ENOTDIR;
    if (file->ops == &directory_file_ops && file->entry) {
        result = directory_list(file->entry, &file->position, &records.sink);
        if (result == 0)
            result = records.written ? (long)records.written : records.error;
    }
    file_put(file);
    return result;
}

long sys_getdents(int fd, user_addr entries, uint32_t size)
{
    return list(fd, entries, size, true);
}

long sys_getdents64(int fd, user_addr entries, uint32_t size)
{
    return list(fd, entries, size, false);
}

/* ---- where a process stands ---- */

long sys_getcwd(user_addr buffer, size_t size)
{
    struct entry *directory = process_current()->context->directory;
    if (directory->removed)
        return -ENOENT;
    char *path = path_buffer_get();
    if (!path)
        return -ENOMEM;
    long result = entry_path(directory, path, PATH_BUFFER);
    if (result >= 0) {
        size_t length = (size_t)result + 1;
        if (length > size)
            result = -ERANGE;
        else
            result = arch_copy_out(buffer, path, length) ? -EFAULT : (long)length;
    }
    path_buffer_put(path);
    return result;
}

static void stand_in(struct entry **place, struct entry *entry)
{
    struct entry *old = *place;
    entry_get(entry);
    *place = entry;
    if (old)
        entry_put(old);
}

static long stand_at(user_addr path, struct entry **place)
{
    struct path_result found;
    long result = path_call_find(AT_FDCWD, path, 0, &found);
    if (result)
        return result;
    if ((found.entry->inode->mode & S_IFMT) == S_IFDIR)
        stand_in(place, found.entry);
    else
        result = -ENOTDIR;
    path_release(&found);
    return result;
}

long sys_chdir(user_addr path)
{
    return stand_at(path, &process_current()->context->directory);
}

long sys_chroot(user_addr path)
{
    if (process_current()->euid != 0)
        return -EPERM;
    return stand_at(path, &process_current()->context->root);
}

long sys_fchdir(int fd)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    long result = -ENOTDIR;
    if (file->entry && file->inode && (file->inode->mode & S_IFMT) == S_IFDIR) {
        stand_in(&process_current()->context->directory, file->entry);
        result = 0;
    }
    file_put(file);
    return result;
}

long sys_umask(uint32_t mask)
{
    struct file_context *context = process_current()->context;
    uint32_t old = context->umask;
    context->umask = mask & 0777;
    return old;
}

/* ---- mkdir, rmdir ---- */

long sys_mkdirat(int at, user_addr path, uint32_t mode)
{
    struct path_result found;
    long result = path_call_find(at, path, PATH_CREATE | PATH_NO_FOLLOW, &found);
    if (result)
        return result;
    struct inode *inode = NULL;
    if (found.entry)
        result = -EEXIST;
    else if (found.parent->inode->file_system != FS_TREE)
        result = -EPERM;
    else if (!(inode = inode_create(S_IFDIR | (mode & 01777 & ~process_current()->context->umask),
                                    NULL)))
        result = -ENOSPC;
    if (inode) {
        result = entry_create(found.parent, found.name, inode, NULL);
        inode_put(inode);
    }
    path_release(&found);
    return result;
}

long sys_mkdir(user_addr path, uint32_t mode)
{
    return sys_mkdirat(AT_FDCWD, path, mode);
}

static long directory_remove(const struct path_result *found)
{
    const char *name = found->name;
    struct entry *entry = found->entry;
    if (!entry)
        return -ENOENT;
    if (strcmp(name, ".") == 0)
        return -EINVAL;
    if (strcmp(name, "..") == 0)
        return -ENOTEMPTY;
    if ((entry->inode->mode & S_IFMT) != S_IFDIR)
        return -ENOTDIR;
    if (!name[0] || entry == process_current()->context->root)
        return -EBUSY;
    if (entry->inode->file_system != FS_TREE || entry->transient)
        return -EPERM;
    if (!directory_is_empty(entry))
        return -ENOTEMPTY;
    return entry_remove(entry);
}

static long file_remove(const struct path_result *found)
{
    struct entry *entry = found->entry;
    if (!found->name[0] || strcmp(found->name, ".") == 0 || strcmp(found->name, "..") == 0)
        return -EISDIR;
    if (!entry)
        return -ENOENT;
    if ((entry->inode->mode & S_IFMT) == S_IFDIR)
        return -EISDIR;
    if (found->trailing_slash)
        return -ENOTDIR;
    if (entry->inode->file_system != FS_TREE || entry->transient)
        return -EPERM;
    return entry_remove(entry);
}

long sys_unlinkat(int at, user_addr path, int flags)
{
    struct path_result found;
    if (flags & ~AT_REMOVEDIR)
        return -EINVAL;
    long result = path_call_find(at, path, PATH_CREATE | PATH_NO_FOLLOW, &found);
    if (result)
        return result;
    result = flags & AT_REMOVEDIR ? directory_remove(&found) : file_remove(&found);
    path_release(&found);
    return result;
}

long sys_unlink(user_addr path)
{
    return sys_unlinkat(AT_FDCWD, path, 0);
}

long sys_rmdir(user_addr path)
{
    return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}
