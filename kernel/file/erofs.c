/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EROFS on disk. Little endian, 4 KiB blocks only (so that a block is a page and can be mapped in
 * place). Every offset is checked against the image before it is followed; sums are checked for
 * overflow by keeping block numbers 32 bits wide inside 64-bit arithmetic.
 */
#include "file/erofs.h"

#include <asm/errno.h>

#include "lib/string.h"

#define SUPER_OFFSET  1024
#define SUPER_MAGIC   0xe0f5e1e2U
#define INODE_SLOT    32
#define BLOCK_NONE    0xffffffffU /* chunk that is a hole */
#define NAME_SIZE_MAX 255
#define SIZE_LIMIT    (1UL << 40) /* no file is larger: keeps all sums far from overflow */
/* Incompatible features that change nothing for uncompressed files: padding of compressed data (1),
 * chunk-based files (4). */
#define FEATURES_KNOWN 0x5U
#define CHUNK_BITS     0x1fU
#define CHUNK_INDEXES  0x20U

enum {
    TYPE_MASK = 0170000,
    TYPE_DIRECTORY = 0040000,
    TYPE_CHARACTER = 0020000,
    TYPE_BLOCK = 0060000
};
enum layout { LAYOUT_PLAIN = 0, LAYOUT_INLINE = 2, LAYOUT_CHUNKS = 4 };

struct super_block {
    uint32_t magic, checksum, compatible;
    uint8_t block_bits, extension_slots;
    uint16_t root;
    uint64_t inode_count, build_time;
    uint32_t build_nanoseconds, blocks, meta_block, xattr_block;
    uint8_t uuid[16], volume[16];
    uint32_t incompatible;
    uint16_t compression, extra_devices, device_slots;
    uint8_t directory_block_bits, reserved[37];
};
struct compact_inode {
    uint16_t format, xattr_count, mode, links;
    uint32_t size, reserved, start, number;
    uint16_t uid, gid;
    uint32_t reserved2;
};
struct extended_inode {
    uint16_t format, xattr_count, mode, reserved;
    uint64_t size;
    uint32_t start, number, uid, gid;
    uint64_t modify_time;
    uint32_t modify_nanoseconds, links;
    uint8_t reserved2[16];
};
struct directory_name {
    uint32_t id_low, id_high; /* apart: names stand at 12-byte steps */
    uint16_t name_offset;
    uint8_t type, reserved;
};
_Static_assert(sizeof(struct super_block) == 128, "EROFS format");
_Static_assert(sizeof(struct compact_inode) == 32, "EROFS format");
_Static_assert(sizeof(struct extended_inode) == 64, "EROFS format");
_Static_assert(sizeof(struct directory_name) == 12, "EROFS format");

/* Bytes [offset, offset + size) of the image, NULL when they are not all inside. */
static const void *image_at(const struct erofs *fs, uint64_t offset, uint64_t size)
{
    if (offset > fs->size || size > fs->size - offset)
        return NULL;
    return fs->image + offset;
}

/* A time as the image has it; `otherwise` when it is none that we can have. */
static int64_t time_of(uint64_t seconds, uint32_t rest_ns, int64_t otherwise)
{
    if (seconds > INT64_MAX / 1000000000 - 1 || rest_ns >= 1000000000)
        return otherwise;
    return (int64_t)(seconds * 1000000000 + rest_ns);
}

int erofs_open(struct erofs *fs, const void *image, uint64_t size)
{
    fs->image = image;
    fs->size = size;
    struct super_block super;
    const void *at = image_at(fs, SUPER_OFFSET, sizeof(super));
    if (!at)
        return -EINVAL;
    memcpy(&super, at, sizeof(super));
    if (super.magic != SUPER_MAGIC || super.block_bits != 12 || super.directory_block_bits != 0 ||
        (super.incompatible & ~FEATURES_KNOWN) || (uint64_t)super.blocks * EROFS_BLOCK > size)
        return -EINVAL;
    fs->inodes_offset = (uint64_t)super.meta_block * EROFS_BLOCK;
    fs->root = super.root;
    fs->build_ns = time_of(super.build_time, super.build_nanoseconds, 0);
    struct erofs_inode root;
    int error = erofs_inode_read(fs, fs->root, &root);
    if (error)
        return error;
    return (root.mode & TYPE_MASK) == TYPE_DIRECTORY ? 0 : -EINVAL;
}

static void read_extended(const struct extended_inode *from, struct erofs_inode *inode)
{
    inode->mode = from->mode;
    inode->uid = from->uid;
    inode->gid = from->gid;
    inode->links = from->links;
    inode->size = from->size;
    inode->start = from->start;
    inode->modify_ns = time_of(from->modify_time, from->modify_nanoseconds, inode->modify_ns);
}

static void read_compact(const struct compact_inode *from, struct erofs_inode *inode)
{
    inode->mode = from->mode;
    inode->uid = from->uid;
    inode->gid = from->gid;
    inode->links = from->links;
    inode->size = from->size;
    inode->start = from->start;
}

int erofs_inode_read(const struct erofs *fs, uint64_t id, struct erofs_inode *inode)
{
    if (id > fs->size / INODE_SLOT)
        return -EUCLEAN;
    uint64_t offset = fs->inodes_offset + id * INODE_SLOT;
    union {
        struct compact_inode compact;
        struct extended_inode extended;
    } raw;
    const void *at = image_at(fs, offset, sizeof(raw.compact));
    if (!at)
        return -EUCLEAN;
    memcpy(&raw.compact, at, sizeof(raw.compact));
    memset(inode, 0, sizeof(*inode));
    inode->modify_ns = fs->build_ns;
    bool is_extended = raw.compact.format & 1;
    unsigned xattr_count = raw.compact.xattr_count;
    inode->layout = raw.compact.format >> 1 & 7;
    uint64_t head = is_extended ? sizeof(raw.extended) : sizeof(raw.compact);
    if (is_extended) {
        at = image_at(fs, offset, sizeof(raw.extended));
        if (!at)
            return -EUCLEAN;
        memcpy(&raw.extended, at, sizeof(raw.extended));
        read_extended(&raw.extended, inode);
    } else {
        read_compact(&raw.compact, inode);
    }
    if (inode->layout != LAYOUT_PLAIN && inode->layout != LAYOUT_INLINE &&
        inode->layout != LAYOUT_CHUNKS)
        return -EOPNOTSUPP;
    if (inode->size > SIZE_LIMIT)
        return -EUCLEAN;
    inode->tail = offset + head + (xattr_count ? 12 + 4 * (xattr_count - 1) : 0);
    unsigned type = inode->mode & TYPE_MASK;
    if (type == TYPE_CHARACTER || type == TYPE_BLOCK)
        inode->device = inode->start;
    return 0;
}

/* Chunk-based files: a table of block numbers (4 bytes) or indexes (8 bytes, block number last)
 * after the inode. */
static int chunk_find(const struct erofs *fs, const struct erofs_inode *inode, uint64_t offset,
                      struct erofs_extent *extent)
{
    unsigned format = inode->start & 0xffff;
    if (format & ~(CHUNK_BITS | CHUNK_INDEXES))
        return -EOPNOTSUPP;
    unsigned bits = (format & CHUNK_BITS) + 12;
    uint64_t unit = format & CHUNK_INDEXES ? 8 : 4;
    uint64_t table = (inode->tail + unit - 1) / unit * unit;
    const uint8_t *slot = image_at(fs, table + (offset >> bits) * unit, unit);
    if (!slot)
        return -EUCLEAN;
    if (unit == 8 && (slot[2] || slot[3]))
        return -EOPNOTSUPP; /* data on another device */
    uint32_t block;
    memcpy(&block, slot + unit - 4, 4);
    uint64_t within = offset & ((1UL << bits) - 1);
    uint64_t size = (1UL << bits) - within;
    if (size > inode->size - offset)
        size = inode->size - offset;
    extent->size = size;
    extent->data = NULL;
    if (block == BLOCK_NONE)
        return 0;
    extent->data = image_at(fs, block * EROFS_BLOCK + within, size);
    return extent->data ? 0 : -EUCLEAN;
}

int erofs_extent_find(const struct erofs *fs, const struct erofs_inode *inode, uint64_t offset,
                      struct erofs_extent *extent)
{
    if (offset >= inode->size)
        return -EUCLEAN;
    if (inode->layout == LAYOUT_CHUNKS)
        return chunk_find(fs, inode, offset, extent);
    uint64_t flat = inode->size; /* bytes in blocks; the rest is inline */
    if (inode->layout == LAYOUT_INLINE)
        flat = (inode->size - 1) / EROFS_BLOCK * EROFS_BLOCK;
    if (offset < flat) {
        extent->size = flat - offset;
        extent->data = image_at(fs, inode->start * EROFS_BLOCK + offset, extent->size);
    } else {
        uint64_t at = inode->tail + (offset - flat);
        extent->size = inode->size - offset;
        /* The tail stands in the inode's block, or the image was not made by mkfs.erofs. */
        if (inode->tail % EROFS_BLOCK + (inode->size - flat) > EROFS_BLOCK)
            return -EUCLEAN;
        extent->data = image_at(fs, at, extent->size);
    }
    return extent->data ? 0 : -EUCLEAN;
}

static bool name_is_fit(const char *name, size_t size)
{
    return size > 0 && size <= NAME_SIZE_MAX && !memchr(name, '/', size);
}

/* EROFS file types 1..7: regular, directory, character, block, fifo, socket, link. */
static unsigned type_of(uint8_t type)
{
    static const uint8_t dt[] = {0, 8, 4, 2, 6, 1, 12, 10};
    return type < COUNT_OF(dt) ? dt[type] : 0;
}

static int block_names(const uint8_t *block, uint64_t size, erofs_name_each *each, void *context)
{
    struct directory_name first, item;
    if (size < sizeof(first))
        return -EUCLEAN;
    memcpy(&first, block, sizeof(first));
    if (first.name_offset < sizeof(first) || first.name_offset % sizeof(first) ||
        first.name_offset > size)
        return -EUCLEAN;
    size_t count = first.name_offset / sizeof(first);
    for (size_t i = 0; i < count; i++) {
        memcpy(&item, block + i * sizeof(item), sizeof(item));
        uint64_t end = size;
        if (i + 1 < count) {
            struct directory_name next;
            memcpy(&next, block + (i + 1) * sizeof(next), sizeof(next));
            end = next.name_offset;
        }
        if (item.name_offset < first.name_offset || end > size || item.name_offset >= end)
            return -EUCLEAN;
        const char *name = (const char *)block + item.name_offset;
        size_t name_size = strnlen(name, end - item.name_offset);
        if (!name_is_fit(name, name_size))
            return -EUCLEAN;
        if (name[0] == '.' && (name_size == 1 || (name_size == 2 && name[1] == '.')))
            continue;
        uint64_t id = (uint64_t)item.id_high << 32 | item.id_low;
        int result = each(context, name, name_size, id, type_of(item.type));
        if (result)
            return result;
    }
    return 0;
}

int erofs_directory_read(const struct erofs *fs, const struct erofs_inode *inode,
                         erofs_name_each *each, void *context)
{
    if ((inode->mode & TYPE_MASK) != TYPE_DIRECTORY)
        return -ENOTDIR;
    uint64_t offset = 0;
    while (offset < inode->size) {
        struct erofs_extent extent;
        int error = erofs_extent_find(fs, inode, offset, &extent);
        if (error)
            return error;
        if (!extent.data)
            return -EUCLEAN;
        uint64_t size = inode->size - offset < EROFS_BLOCK ? inode->size - offset : EROFS_BLOCK;
        if (extent.size < size)
            return -EUCLEAN;
        error = block_names(extent.data, size, each, context);
        if (error)
            return error;
        offset += size;
    }
    return 0;
}
