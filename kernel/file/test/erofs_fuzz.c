/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: any bytes as a file system image. Every inode that a directory names is read whole; the parser must
 * not look outside of the image, which ASan sees since the image is an own allocation of exact size.
 */
/* TEST-SOURCES: kernel/file/erofs.c */
#include <stdlib.h>
#include <string.h>

#include "file/erofs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

static struct erofs fs;
static unsigned budget;
static volatile uint64_t sum;

static void read_whole(const struct erofs_inode *inode)
{
    uint64_t offset = 0;
    while (offset < inode->size && budget) {
        struct erofs_extent extent;
        budget--;
        if (erofs_extent_find(&fs, inode, offset, &extent) != 0)
            return;
        if (extent.size == 0 || extent.size > inode->size - offset)
            abort();
        if (extent.data)
            for (uint64_t i = 0; i < extent.size; i += 512)
                sum += ((const uint8_t *)extent.data)[i] + ((const uint8_t *)extent.data)[extent.size - 1];
        offset += extent.size;
    }
}

static int each(void *context, const char *name, size_t size, uint64_t id, unsigned type)
{
    unsigned depth = *(unsigned *)context;
    if (size == 0 || size > 255 || memchr(name, '/', size) || memchr(name, 0, size))
        abort();
    if (!budget)
        return 1;
    budget--;
    struct erofs_inode inode;
    if (erofs_inode_read(&fs, id, &inode) != 0)
        return 0;
    read_whole(&inode);
    depth++;
    if (depth < 6 && (inode.mode & 0170000) == 0040000)
        (void)!erofs_directory_read(&fs, &inode, each, &depth);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *image = malloc(size ? size : 1);
    memcpy(image, data, size);
    budget = 2000;
    struct erofs_inode root;
    unsigned depth = 0;
    if (erofs_open(&fs, image, size) == 0 && erofs_inode_read(&fs, fs.root, &root) == 0)
        (void)!erofs_directory_read(&fs, &root, each, &depth);
    free(image);
    return 0;
}

/* Keeps the super block's magic and block size, without which nothing behind it is reached, and points the metadata
 * inside of a small image. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, max);
    if (size < 1152)
        return size;
    static const uint8_t magic[4] = {0xe2, 0xe1, 0xf5, 0xe0};
    memcpy(data + 1024, magic, sizeof(magic));
    data[1024 + 12] = 12;
    data[1024 + 90] = 0;
    memset(data + 1024 + 80, 0, 4);
    data[1024 + 80] = seed & 4;
    if (seed % 4) {
        memset(data + 1024 + 40, 0, 4);
        data[1024 + 14] = (uint8_t)(36 + seed % 3);
        data[1024 + 15] = 0;
    }
    return size;
}
