/* SPDX-License-Identifier: Apache-2.0 */
/* Files mapped into memory: one object for each mapped inode, shared by all its mappings. */
#pragma once
#include "file/inode.h"

/* file_ops.map of regular files: object with one count. -EPERM: sealed. */
int inode_map(struct file *file, bool shared, bool writable, struct memory_object **object);
bool inode_is_mapped_writable(const struct inode *inode); /* or may become so by mprotect */
