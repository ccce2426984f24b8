/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open(2): flags, creation, and which operations an open file gets. The order of the checks is
 * Linux's, since programs tell errors apart by it.
 */
#include "file/doors.h"
#include "file/inode.h"
#include "lib/string.h"
#include "linux/abi.h"

/* __O_TMPFILE: without the O_DIRECTORY that O_TMPFILE carries along. */
#define O_TMPFILE_BIT 020000000
/* What F_GETFL shows: not the flags that only matter while opening. */
#define FLAGS_OF_OPENING (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)

int (*fifo_open)(struct inode *inode, struct file *file);

static int open_by_type(struct inode *inode, struct file *file)
{
    if (inode->ops && inode->ops->open)
        return inode->ops->open(inode, file);
    switch (inode->mode & S_IFMT) {
    case S_IFREG:
        return 0;
    case S_IFDIR:
        file->ops = &directory_file_ops;
        return 0;
    case S_IFIFO:
        return fifo_open ? fifo_open(inode, file) : -ENXIO;
    case S_IFCHR:
        return device_open(inode, file);
    case S_IFLNK:
        return -ELOOP;
    default:
        return -ENXIO; /* sockets, block devices */
    }
}

int inode_open(struct inode *inode, struct entry *entry, unsigned flags, struct file **result)
{
    struct file *file = file_create(&inode_file_ops, flags & ~FLAGS_OF_OPENING, NULL);
    if (!file)
        return -ENOMEM;
    inode_get(inode);
    file->inode = inode;
    file->entry = entry;
    if (entry)
        entry_get(entry);
    if (flags & O_PATH) {
        file->ops = &path_file_ops;
        *result = file;
        return 0;
    }
    int error = open_by_type(inode, file);
    if (error) {
        file->ops = &path_file_ops; /* it never opened, so nothing of its kind is to be closed */
        file_put(file);
        return error;
    }
    *result = file;
    return 0;
}

static int open_temporary(struct entry *directory, unsigned flags, uint32_t mode,
                          struct file **file)
{
    if ((directory->inode->mode & S_IFMT) != S_IFDIR)
        return -ENOTDIR;
    if (directory->inode->file_system != FS_TREE)
        return -EOPNOTSUPP;
    struct inode *inode = inode_create(S_IFREG | (mode & 07777 & ~caller_umask()), NULL);
    if (!inode)
        return -ENOMEM;
    inode->links = 0;
    struct entry *entry = entry_detached(directory, "#tmp", inode);
    inode_put(inode);
    if (!entry)
        return -ENOMEM;
    int error = inode_open(inode, entry, flags & ~(unsigned)(O_TMPFILE_BIT | O_DIRECTORY), file);
    entry_put(entry);
    return error;
}

/* Puts the new file's entry into the result. */
static int create_regular(struct path_result *found, uint32_t mode)
{
    if (found->parent->inode->file_system != FS_TREE)
        return found->parent->inode->ops ? -ENOENT : -EACCES;
    struct inode *inode = inode_create(S_IFREG | (mode & 07777 & ~caller_umask()), NULL);
    if (!inode)
        return -ENOMEM;
    int error = entry_create(found->parent, found->name, inode, &found->entry);
    inode_put(inode);
    return error;
}

/* What open(2) refuses of something that exists. */
static int open_check(const struct path_result *found, unsigned flags)
{
    const struct inode *inode = found->entry->inode;
    unsigned type = inode->mode & S_IFMT;
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    if (type == S_IFLNK && !(flags & O_PATH))
        return flags & O_DIRECTORY ? -ENOTDIR : -ELOOP;
    if ((flags & O_DIRECTORY) && type != S_IFDIR)
        return -ENOTDIR;
    if (flags & O_PATH)
        return 0;
    if (type == S_IFDIR && ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC))))
        return -EISDIR;
    if (type != S_IFDIR && found->trailing_slash)
        return -ENOTDIR;
    return 0;
}

int path_open(int at, const char *path, unsigned flags, uint32_t mode, struct file **file)
{
    if (flags & O_PATH)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    bool temporary = flags & O_TMPFILE_BIT;
    if (temporary &&
        ((flags & O_ACCMODE) == O_RDONLY || !(flags & O_DIRECTORY) || (flags & O_CREAT)))
        return -EINVAL;
    unsigned how = 0;
    if (flags & O_CREAT)
        how |= PATH_CREATE | PATH_NO_SLASH;
    if ((flags & O_NOFOLLOW) || ((flags & O_CREAT) && (flags & O_EXCL)))
        how |= PATH_NO_FOLLOW;
    struct path_result found;
    int error = path_find(at, path, how, &found);
    if (error)
        return error;
    bool created = false;
    if (temporary) {
        error = open_temporary(found.entry, flags, mode, file);
        path_release(&found);
        return error;
    }
    if (found.entry) {
        error = open_check(&found, flags);
    } else {
        error = create_regular(&found, mode);
        created = true;
    }
    struct inode *inode = error || !found.entry ? NULL : found.entry->inode;
    if (inode && (flags & O_TRUNC) && !created && (inode->mode & S_IFMT) == S_IFREG &&
        inode->file_system == FS_TREE && (flags & O_ACCMODE) != O_RDONLY)
        error = inode_truncate(inode, 0);
    if (inode && !error)
        error = inode_open(inode, found.entry, flags, file);
    path_release(&found);
    return error;
}
