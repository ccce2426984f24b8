/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as system calls get them. */
#pragma once
#include <linux/fcntl.h>

#include "file/inode.h"
#include "memory/user_copy.h"

/* Path of the program in a buffer of the stock: path_buffer_put. -EFAULT, -ENAMETOOLONG, -ENOMEM.
 */
int path_call_copy(user_addr from, char **path) MUST_CHECK;
/* path_find of a program's path. */
int path_call_find(int at, user_addr from, unsigned flags,
                   struct path_result *result) MUST_CHECK MAY_SLEEP;
/* The inode that (at, path, AT_* flags) names, with a count. Flags known: AT_EMPTY_PATH,
 * AT_SYMLINK_NOFOLLOW. With an empty path and a descriptor that has no inode (a pipe): 0 and *inode
 * NULL, *file set with a count. Otherwise *file NULL. */
int path_call_inode(int at, user_addr path, int flags, struct inode **inode,
                    struct file **file) MUST_CHECK MAY_SLEEP;
