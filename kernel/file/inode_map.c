/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What regions of memory see of a file. Whole pages of an image file are the boot store's own
 * frames: no copy, shared by all nodes. The page with the end of the file, inline tails and pages
 * that a chunk table breaks up are copied once into a frame of ours, since bytes beyond the end
 * must read as zeros. After a copy-up, pages come from the written file; pages mapped before keep
 * showing the image, as with overlayfs.
 */
#include "file/inode_map.h"

#include <linux/fcntl.h>

#include "file/erofs.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "memory/frames.h"
#include "memory/heap.h"
#include "node/self.h"

extern struct erofs tree_image;

struct mapping {
    struct memory_object object;
    struct inode *inode;
    struct entry *entry;    /* for /proc/self/maps; may be NULL */
    bool may_write;         /* a mapping of a file open for writing: mprotect can make it so */
    uint64_t copied_index;  /* the one page copied from the image: files have one end */
    phys_addr copied_frame; /* 0: none yet */
};

static struct mapping *mapping_of(struct memory_object *object)
{
    return CONTAINER_OF(object, struct mapping, object);
}

/* Page `index` of an image file into a new frame. */
static phys_addr page_copied(const struct erofs_inode *from, uint64_t index)
{
    phys_addr frame = frame_alloc_zeroed(FRAME_USER);
    if (!frame)
        return 0;
    char *page = direct_pointer(frame);
    for (uint64_t done = 0; done < PAGE_SIZE && index * PAGE_SIZE + done < from->size;) {
        struct erofs_extent extent;
        if (erofs_extent_find(&tree_image, from, index * PAGE_SIZE + done, &extent))
            break;
        uint64_t piece = extent.size < PAGE_SIZE - done ? extent.size : PAGE_SIZE - done;
        if (extent.data)
            memcpy(page + done, extent.data, piece);
        done += piece;
    }
    return frame;
}

static int image_page(struct mapping *mapping, uint64_t index, phys_addr *frame)
{
    if (mapping->copied_frame && mapping->copied_index == index) {
        *frame = mapping->copied_frame;
        frame_get(*frame);
        return 0;
    }
    struct erofs_inode from;
    struct erofs_extent extent;
    if (index * PAGE_SIZE >= mapping->inode->image_size)
        return -EFAULT;
    if (erofs_inode_read(&tree_image, mapping->inode->origin - 1, &from) ||
        erofs_extent_find(&tree_image, &from, index * PAGE_SIZE, &extent))
        return -EFAULT;
    if (extent.data && extent.size >= PAGE_SIZE) {
        uint64_t offset = (uint64_t)((const uint8_t *)extent.data - tree_image.image);
        if (offset % PAGE_SIZE == 0) {
            *frame = machine->root.base + offset;
            frame_get(*frame);
            return 0;
        }
    }
    *frame = page_copied(&from, index);
    if (!*frame)
        return -ENOMEM;
    if (index == (mapping->inode->image_size - 1) / PAGE_SIZE) {
        mapping->copied_index = index;
        mapping->copied_frame = *frame;
        frame_get(*frame);
    }
    return 0;
}

static int mapping_page(struct memory_object *object, uint64_t index, bool for_write,
                        phys_addr *frame)
{
    struct mapping *mapping = mapping_of(object);
    struct inode *inode = mapping->inode;
    if (for_write && !inode->pages) {
        int error = inode_copy_up(inode);
        if (error)
            return error == -ENOSPC ? -EFAULT : error;
    }
    if (!inode->pages)
        return inode->image_size ? image_page(mapping, index, frame) : -EFAULT;
    /* Full: SIGBUS, as on Linux. */
    if (!page_store_frame(inode->pages, index, false) && !inode_has_room(inode, 1))
        return -EFAULT;
    int error = inode->pages->object.ops->page(&inode->pages->object, index, for_write, frame);
    inode_charge(inode);
    return error;
}

static void mapping_free(struct memory_object *object)
{
    struct mapping *mapping = mapping_of(object);
    mapping->inode->mapping = NULL;
    if (mapping->copied_frame)
        frame_put(mapping->copied_frame);
    if (mapping->entry)
        entry_put(mapping->entry);
    inode_put(mapping->inode);
    heap_free(mapping);
}

static const char *mapping_name(struct memory_object *object, char *buffer, size_t size)
{
    struct mapping *mapping = mapping_of(object);
    const char *deleted = " (deleted)";
    if (!mapping->entry || size < sizeof(" (deleted)"))
        return "";
    long length = entry_path(mapping->entry, buffer, size - strlen(deleted));
    if (length < 0)
        return "";
    if (mapping->entry->removed || mapping->entry->transient)
        string_copy(buffer + length, deleted, size - (size_t)length);
    return buffer;
}

static const struct memory_object_ops mapping_ops = {.page = mapping_page, .free = mapping_free};

static struct mapping *mapping_create(struct inode *inode, struct entry *entry)
{
    struct mapping *mapping = HEAP_NEW(struct mapping);
    if (!mapping)
        return NULL;
    mapping->object.ops = &mapping_ops;
    mapping->object.name = mapping_name;
    mapping->inode = inode;
    inode_get(inode);
    mapping->entry = entry;
    if (entry)
        entry_get(entry);
    inode->mapping = &mapping->object;
    return mapping;
}

bool inode_is_mapped_writable(const struct inode *inode)
{
    return inode->mapping && mapping_of(inode->mapping)->may_write;
}

int inode_map(struct file *file, bool shared, bool writable, struct memory_object **object)
{
    struct inode *inode = file->inode;
    bool sealed = inode_is_sealed(inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
    if (shared && writable && sealed)
        return -EPERM;
    /* A memory-only file that was never written has no pages yet. */
    if (!inode->pages && (!inode->origin || (shared && file_can_write(file)))) {
        int error = inode_copy_up(inode);
        if (error)
            return error;
    }
    struct mapping *mapping =
        inode->mapping ? mapping_of(inode->mapping) : mapping_create(inode, file->entry);
    if (!mapping)
        return -ENOMEM;
    memory_object_get(&mapping->object);
    mapping->may_write |= shared && file_can_write(file) && !sealed;
    *object = &mapping->object;
    return 0;
}
