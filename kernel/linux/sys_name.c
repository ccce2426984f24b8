/* SPDX-License-Identifier: Apache-2.0 */
/* Names of files: rename, link, symlink, readlink, mknod. */
#include "file/inode.h"
#include "lib/string.h"
#include "linux/path_call.h"
#include "linux/process.h"
#include "linux/syscalls.h"

#define RENAME_NOREPLACE 1U
#define RENAME_EXCHANGE  2U

static bool is_directory(const struct entry *entry)
{
    return (entry->inode->mode & S_IFMT) == S_IFDIR;
}

/* The path ended in a name, not in / . or .. */
static bool is_named(const struct path_result *found)
{
    return found->name[0] && strcmp(found->name, ".") != 0 && strcmp(found->name, "..") != 0;
}

/* ---- rename ---- */

static int rename_check(const struct path_result *from, const struct path_result *to,
                        unsigned flags)
{
    if (!is_named(from))
        return -EBUSY;
    if (!is_named(to))
        return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    if (!from->entry)
        return -ENOENT;
    if ((flags & RENAME_NOREPLACE) && to->entry)
        return -EEXIST;
    if ((flags & RENAME_EXCHANGE) && !to->entry)
        return -ENOENT;
    if (!is_directory(from->entry) &&
        (from->trailing_slash || (to->trailing_slash && !(flags & RENAME_EXCHANGE))))
        return -ENOTDIR;
    if (to->entry && (flags & RENAME_EXCHANGE) && !is_directory(to->entry) && to->trailing_slash)
        return -ENOTDIR;
    if (entry_is_below(to->parent, from->entry))
        return -EINVAL;
    if (to->entry && entry_is_below(from->parent, to->entry))
        return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
    if (from->entry->inode->file_system != FS_TREE || to->parent->inode->file_system != FS_TREE)
        return from->entry->inode->file_system == to->parent->inode->file_system ? -EPERM : -EXDEV;
    return 0;
}

static int rename_found(const struct path_result *from, const struct path_result *to,
                        unsigned flags)
{
    int error = rename_check(from, to, flags);
    if (error)
        return error;
    if (flags & RENAME_EXCHANGE)
        return from->entry == to->entry ? 0 : entry_exchange(from->entry, to->entry);
    if (to->entry) {
        if (to->entry->inode == from->entry->inode)
            return 0; /* two names of one file: POSIX says that nothing happens */
        if (is_directory(from->entry) && !is_directory(to->entry))
            return -ENOTDIR;
        if (!is_directory(from->entry) && is_directory(to->entry))
            return -EISDIR;
        if (is_directory(to->entry) && !directory_is_empty(to->entry))
            return -ENOTEMPTY;
        error = entry_remove(to->entry);
        if (error)
            return error;
    }
    return entry_rename(from->entry, to->parent, to->name);
}

long sys_renameat2(int from_at, user_addr from, int to_at, user_addr to, uint32_t flags)
{
    struct path_result source, target;
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;
    long result = path_call_find(from_at, from, PATH_CREATE | PATH_NO_FOLLOW, &source);
    if (result)
        return result;
    result = path_call_find(to_at, to, PATH_CREATE | PATH_NO_FOLLOW, &target);
    if (result == 0) {
        result = rename_found(&source, &target, flags);
        path_release(&target);
    }
    path_release(&source);
    return result;
}

long sys_renameat(int from_at, user_addr from, int to_at, user_addr to)
{
    return sys_renameat2(from_at, from, to_at, to, 0);
}

long sys_rename(user_addr from, user_addr to)
{
    return sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* ---- link ---- */

static int link_found(const struct path_result *from, const struct path_result *to)
{
    struct inode *inode = from->entry->inode;
    if (to->entry)
        return -EEXIST;
    if (to->trailing_slash)
        return -ENOENT;
    if (inode->file_system != to->parent->inode->file_system)
        return -EXDEV;
    if (is_directory(from->entry) || inode->file_system != FS_TREE)
        return -EPERM;
    /* Without a name only a file that never had one may get one (O_TMPFILE). */
    if (inode->links == 0 && from->entry->removed)
        return -ENOENT;
    int error = entry_create(to->parent, to->name, inode, NULL);
    if (!error) {
        inode->links++;
        inode_changed(inode, false);
    }
    return error;
}

long sys_linkat(int from_at, user_addr from, int to_at, user_addr to, int flags)
{
    struct path_result source, target;
    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    unsigned how = flags & AT_SYMLINK_FOLLOW ? 0 : PATH_NO_FOLLOW;
    if (flags & AT_EMPTY_PATH)
        how |= PATH_EMPTY_OK;
    long result = path_call_find(from_at, from, how, &source);
    if (result)
        return result;
    result = path_call_find(to_at, to, PATH_CREATE | PATH_NO_FOLLOW, &target);
    if (result == 0) {
        result = link_found(&source, &target);
        path_release(&target);
    }
    path_release(&source);
    return result;
}

long sys_link(user_addr from, user_addr to)
{
    return sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* ---- new names of other kinds ---- */

/* Takes over the count on inode, which may be NULL: no memory. */
static int node_create(const struct path_result *found, struct inode *inode)
{
    int error = 0;
    if (found->entry)
        error = -EEXIST;
    else if (found->trailing_slash)
        error = -ENOENT;
    else if (found->parent->inode->file_system != FS_TREE)
        error = -EPERM;
    else
        error = inode ? entry_create(found->parent, found->name, inode, NULL) : -ENOSPC;
    if (inode)
        inode_put(inode);
    return error;
}

long sys_symlinkat(user_addr target, int at, user_addr path)
{
    struct path_result found;
    char *text = NULL;
    long result = path_call_copy(target, &text);
    if (result)
        return result;
    if (!text[0]) {
        path_buffer_put(text);
        return -ENOENT;
    }
    result = path_call_find(at, path, PATH_CREATE | PATH_NO_FOLLOW, &found);
    if (result == 0) {
        result = node_create(&found, inode_create_link(text));
        path_release(&found);
    }
    path_buffer_put(text);
    return result;
}

long sys_symlink(user_addr target, user_addr path)
{
    return sys_symlinkat(target, AT_FDCWD, path);
}

long sys_mknodat(int at, user_addr path, uint32_t mode, uint64_t device)
{
    struct path_result found;
    unsigned type = mode & S_IFMT;
    if (type == 0)
        type = S_IFREG;
    if (type == S_IFDIR)
        return -EPERM;
    if (type != S_IFREG && type != S_IFIFO && type != S_IFSOCK && type != S_IFCHR &&
        type != S_IFBLK)
        return -EINVAL;
    long result = path_call_find(at, path, PATH_CREATE | PATH_NO_FOLLOW, &found);
    if (result)
        return result;
    struct inode *inode =
        inode_create(type | (mode & 07777 & ~process_current()->context->umask), NULL);
    if (inode && (type == S_IFCHR || type == S_IFBLK))
        inode->device = device;
    result = node_create(&found, inode);
    path_release(&found);
    return result;
}

long sys_mknod(user_addr path, uint32_t mode, uint64_t device)
{
    return sys_mknodat(AT_FDCWD, path, mode, device);
}

/* ---- readlink ---- */

static long link_text(struct entry *entry, user_addr buffer, size_t size)
{
    struct inode *inode = entry->inode;
    char *made = NULL;
    const char *text = inode->target;
    long length;
    if (inode->ops && inode->ops->readlink) {
        made = path_buffer_get();
        if (!made)
            return -ENOMEM;
        length = inode->ops->readlink(inode, made, PATH_BUFFER);
        text = made;
    } else {
        length = (long)strlen(text);
    }
    if (length > 0 && (size_t)length > size)
        length = (long)size;
    if (length > 0 && arch_copy_out(buffer, text, (size_t)length) != 0)
        length = -EFAULT;
    path_buffer_put(made);
    return length;
}

long sys_readlinkat(int at, user_addr path, user_addr buffer, size_t size)
{
    struct path_result found;
    char *text = NULL;
    if ((int)size <= 0)
        return -EINVAL;
    long result = path_call_copy(path, &text);
    if (result)
        return result;
    bool empty = !text[0]; /* the link that O_PATH | O_NOFOLLOW opened */
    result =
        path_find(at, text, PATH_NO_FOLLOW | (empty && at != AT_FDCWD ? PATH_EMPTY_OK : 0), &found);
    path_buffer_put(text);
    if (result)
        return result;
    if ((found.entry->inode->mode & S_IFMT) != S_IFLNK)
        result = empty ? -ENOENT : -EINVAL;
    else
        result = link_text(found.entry, buffer, size);
    path_release(&found);
    return result;
}

long sys_readlink(user_addr path, user_addr buffer, size_t size)
{
    return sys_readlinkat(AT_FDCWD, path, buffer, size);
}
