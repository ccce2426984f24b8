/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of an uncompressed EROFS image (Linux: Documentation/filesystems/erofs.rst, made by
 * mkfs.erofs). Pure: knows only the bytes of the image, allocates nothing, trusts nothing it reads.
 * Every answer is derived from the image anew, so nothing has to be kept or freed.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "lib/check.h"

#define EROFS_BLOCK 4096UL

struct erofs {
    const uint8_t *image;
    uint64_t size;
    uint64_t inodes_offset; /* inode `id` stands at inodes_offset + id * 32 */
    uint64_t root;          /* id */
    int64_t build_ns;       /* time of all compact inodes */
};
struct erofs_inode {
    uint64_t size;
    uint32_t mode, uid, gid, links;
    uint32_t device; /* st_rdev of device nodes */
    int64_t modify_ns;
    unsigned layout; /* private from here */
    uint32_t start;  /* first block, or chunk format */
    uint64_t tail;   /* offset of what follows the inode: inline tail or chunk table */
};
struct erofs_extent {
    const void *data; /* NULL: a hole, reads as zeros */
    uint64_t size; /* contiguous bytes from the offset asked for, not beyond the end of the file */
};

/* -EINVAL: no EROFS image, or one with features that we cannot read (compression). */
int erofs_open(struct erofs *fs, const void *image, uint64_t size) MUST_CHECK;
/* -EUCLEAN: damaged. -EOPNOTSUPP: compressed. */
int erofs_inode_read(const struct erofs *fs, uint64_t id, struct erofs_inode *inode) MUST_CHECK;
/* What holds the file's bytes from `offset` (< size). -EUCLEAN. */
int erofs_extent_find(const struct erofs *fs, const struct erofs_inode *inode, uint64_t offset,
                      struct erofs_extent *extent) MUST_CHECK;
/* Calls each() for every name but . and .. until one returns nonzero, which is then the result.
 * Names are not terminated, 1..255 bytes, without '/' and 0. type: as DT_* of getdents, 0 unknown.
 * -EUCLEAN. */
typedef int erofs_name_each(void *context, const char *name, size_t size, uint64_t id,
                            unsigned type);
int erofs_directory_read(const struct erofs *fs, const struct erofs_inode *inode,
                         erofs_name_each *each, void *context) MUST_CHECK;
