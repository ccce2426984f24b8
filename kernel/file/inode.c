/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inodes: their life, their status, their books. An inode lives as long as an entry or an open file
 * counts it. Frames of written files are charged against a limit for the whole tree, half of the
 * partition.
 */
#include "file/inode.h"

#include "lib/string.h"
#include "linux/abi.h"
#include "memory/frames.h"
#include "memory/heap.h"

#define BLOCK_SIZE 4096

static uint64_t next_number = 1;
static uint64_t pages_used;
static uint64_t inodes_used; /* long link targets count as several */

int64_t wall_clock_ns(void)
{
    return (int64_t)(arch_clock() + arch_wall_offset());
}

struct inode *inode_create(uint32_t mode, const struct inode_ops *ops)
{
    struct inode *inode = HEAP_NEW(struct inode);
    if (!inode)
        return NULL;
    inodes_used++;
    inode->ops = ops;
    inode->count = 1;
    inode->mode = mode;
    inode->links = (mode & S_IFMT) == S_IFDIR ? 2 : 1;
    inode->number = next_number++;
    inode->file_system = FS_TREE;
    inode->seals = SEALS_NONE;
    inode->access_ns = inode->modify_ns = inode->change_ns = wall_clock_ns();
    list_init(&inode->children);
    return inode;
}

static uint64_t target_weight(const char *target)
{
    return strlen(target) / 512;
}

struct inode *inode_create_link(const char *target)
{
    struct inode *inode = inode_create(S_IFLNK | 0777, NULL);
    if (!inode)
        return NULL;
    inode->target = heap_string(target);
    if (!inode->target) {
        inode_put(inode);
        return NULL;
    }
    inodes_used += target_weight(target);
    return inode;
}

void inode_get(struct inode *inode)
{
    inode->count++;
}

void inode_put(struct inode *inode)
{
    ASSERT(inode->count > 0);
    if (--inode->count)
        return;
    if (inode->ops && inode->ops->free)
        inode->ops->free(inode);
    if (inode->pages) {
        pages_used -= inode->charged;
        memory_object_put(&inode->pages->object);
    }
    while (inode->locks)
        lock_drop_owner(inode, lock_first_owner(inode));
    inodes_used -= 1 + (inode->target && !inode->origin ? target_weight(inode->target) : 0);
    heap_free(inode->target);
    heap_free(inode->hash);
    heap_free(inode);
}

uint64_t inode_size(const struct inode *inode)
{
    if (inode->pages)
        return inode->pages->size;
    if ((inode->mode & S_IFMT) == S_IFREG)
        return inode->image_size;
    if (inode->target)
        return strlen(inode->target);
    if ((inode->mode & S_IFMT) == S_IFDIR && inode->file_system == FS_TREE)
        return BLOCK_SIZE;
    return 0;
}

static struct linux_timespec time_of(int64_t nanosecond_count)
{
    struct linux_timespec time = {nanosecond_count / 1000000000, nanosecond_count % 1000000000};
    if (time.nanoseconds < 0) {
        time.seconds--;
        time.nanoseconds += 1000000000;
    }
    return time;
}

int inode_stat(struct inode *inode, struct linux_stat *stat)
{
    if (inode->ops && inode->ops->stat)
        return inode->ops->stat(inode, stat);
    uint64_t size = inode_size(inode);
    memset(stat, 0, sizeof(*stat));
    stat->device = inode->file_system;
    stat->inode = inode->number;
    stat->links = inode->links;
    stat->mode = inode->mode;
    stat->uid = inode->uid;
    stat->gid = inode->gid;
    stat->rdevice = inode->device;
    stat->size = (int64_t)size;
    stat->block_size = BLOCK_SIZE;
    if (inode->pages)
        stat->blocks = (int64_t)(inode->pages->frames * (PAGE_SIZE / 512));
    else if ((inode->mode & S_IFMT) == S_IFREG)
        stat->blocks = (int64_t)((size + 511) / 512);
    stat->access = time_of(inode->access_ns);
    stat->modify = time_of(inode->modify_ns);
    stat->change = time_of(inode->change_ns);
    return 0;
}

int inode_access(struct inode *inode, int want)
{
    if ((want & 1) && (inode->mode & S_IFMT) != S_IFDIR && !(inode->mode & 0111))
        return -EACCES;
    return 0;
}

void inode_changed(struct inode *inode, bool content)
{
    inode->change_ns = wall_clock_ns();
    if (content)
        inode->modify_ns = inode->change_ns;
}

uint64_t tree_pages_used(void)
{
    return pages_used;
}

uint64_t tree_pages_limit(void)
{
    return frames_total() / 2;
}

bool inode_has_room(const struct inode *inode, uint64_t pages)
{
    uint64_t limit = tree_pages_limit();
    return inode->file_system == FS_MEMFD || (pages <= limit && pages_used <= limit - pages);
}

bool tree_has_inode(void)
{
    return inodes_used < frames_total() / 2;
}

void inode_charge(struct inode *inode)
{
    if (inode->file_system == FS_MEMFD)
        return;
    uint64_t frames = inode->pages ? inode->pages->frames : 0;
    pages_used = pages_used - inode->charged + frames;
    inode->charged = frames;
}
