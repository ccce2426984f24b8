/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing a directory. A position stays good while names come and go: 0 is ".", 1 is "..", then
 * each name's own cookie + 2, and from MADE on the names that the directory makes itself (/proc's
 * processes), by their count.
 */
#include "file/inode.h"
#include "lib/string.h"
#include "linux/abi.h"

#define MADE (1L << 40)

struct made_sink {
    struct directory_sink sink;
    struct directory_sink *outer;
    int64_t *position;
    uint64_t seen;
    bool full;
};

static bool emit(struct directory_sink *sink, int64_t *position, int64_t next, const char *name,
                 size_t size, const struct inode *inode)
{
    sink->position = (uint64_t)next;
    if (!sink->add(sink, name, size, inode->number, (inode->mode & S_IFMT) >> 12))
        return false;
    *position = next;
    return true;
}

static bool made_add(struct directory_sink *sink, const char *name, size_t size, uint64_t inode,
                     unsigned type)
{
    struct made_sink *made = CONTAINER_OF(sink, struct made_sink, sink);
    if (made->full)
        return false;
    if (made->seen++ < made->sink.position)
        return true;
    made->outer->position = (uint64_t)MADE + made->seen;
    if (!made->outer->add(made->outer, name, size, inode, type)) {
        made->full = true;
        return false;
    }
    *made->position = MADE + (int64_t)made->seen;
    return true;
}

int directory_list(struct entry *directory, int64_t *position, struct directory_sink *sink)
{
    struct inode *inode = directory->inode;
    int error = directory_fill(directory);
    if (error)
        return error;
    if (directory->removed)
        return -ENOENT;
    if (*position == 0 && !emit(sink, position, 1, ".", 1, inode))
        return 0;
    const struct inode *above = directory->parent ? directory->parent->inode : inode;
    if (*position == 1 && !emit(sink, position, 2, "..", 2, above))
        return 0;
    if (*position < MADE) {
        struct entry *entry;
        LIST_FOR_EACH (entry, &inode->children, struct entry, link) {
            if ((int64_t)entry->cookie + 2 <= *position)
                continue;
            if (!emit(sink, position, (int64_t)entry->cookie + 2, entry->name, entry->name_size,
                      entry->inode))
                return 0;
        }
    }
    if (!inode->ops || !inode->ops->list)
        return 0;
    if (*position < MADE)
        *position = MADE;
    struct made_sink made = {.sink = {.add = made_add, .position = (uint64_t)(*position - MADE)},
                             .outer = sink,
                             .position = position};
    return inode->ops->list(inode, &made.sink);
}
