/* SPDX-License-Identifier: Apache-2.0 */
/* From a program's path argument to an entry or inode. */
#include "linux/path_call.h"

#include "linux/abi.h"

int path_call_copy(user_addr from, char **path)
{
    char *buffer = path_buffer_get();
    if (!buffer)
        return -ENOMEM;
    long size = copy_in_string(buffer, from, PATH_BUFFER);
    if (size < 0) {
        path_buffer_put(buffer);
        return (int)size;
    }
    *path = buffer;
    return 0;
}

int path_call_find(int at, user_addr from, unsigned flags, struct path_result *result)
{
    char *path = NULL;
    int error = path_call_copy(from, &path);
    if (error)
        return error;
    error = path_find(at, path, flags, result);
    path_buffer_put(path);
    return error;
}

int path_call_inode(int at, user_addr from, int flags, struct inode **inode, struct file **file)
{
    char *path = NULL;
    *inode = NULL;
    *file = NULL;
    int error = path_call_copy(from, &path);
    if (error)
        return error;
    if (!path[0] && (flags & AT_EMPTY_PATH) && at != AT_FDCWD) {
        path_buffer_put(path);
        struct file *opened = file_at(at);
        if (!opened)
            return -EBADF;
        if (!opened->inode) {
            *file = opened;
            return 0;
        }
        *inode = opened->inode;
        inode_get(*inode);
        file_put(opened);
        return 0;
    }
    unsigned how = flags & AT_SYMLINK_NOFOLLOW ? PATH_NO_FOLLOW : 0;
    if (flags & AT_EMPTY_PATH)
        how |= PATH_EMPTY_OK;
    struct path_result found;
    error = path_find(at, path, how, &found);
    path_buffer_put(path);
    if (error)
        return error;
    *inode = found.entry->inode;
    inode_get(*inode);
    path_release(&found);
    return 0;
}
