/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: any bytes as a file system image. Every inode that a directory names is read whole;
 * the parser must not look outside of the image, which ASan sees since the image is an own
 * allocation of exact size.
 */
/* TEST-SOURCES: kernel/file/erofs.c */
#include <stdlib.h>
#include <string.h>

#include "file/erofs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
                sum += ((const uint8_t *)extent.data)[i] +
                       ((const uint8_t *)extent.data)[extent.size - 1];
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

/* A good super block in the first page; the bytes follow, and the root is the inode at their start.
 * So the fuzzer need not find the magic first. Bytes that have it in its place are taken as a whole
 * image. */
static uint8_t *image_around(const uint8_t *data, size_t size, size_t *image_size)
{
    static const uint8_t magic[4] = {0xe2, 0xe1, 0xf5, 0xe0};
    bool whole = size > 1152 && memcmp(data + 1024, magic, sizeof(magic)) == 0;
    size_t before = whole ? 0 : EROFS_BLOCK;
    uint8_t *image = calloc(1, before + size + 1);
    memcpy(image + before, data, size);
    if (!whole) {
        memcpy(image + 1024, magic, sizeof(magic));
        image[1024 + 12] = 12; /* block bits */
        image[1024 + 40] = 1;  /* metadata begins in block 1 */
        image[1024 + 80] = 4;  /* chunk-based files */
    }
    *image_size = before + size;
    /* Exactly as large as it is, so that one byte too far is seen. */
    return realloc(image, *image_size ? *image_size : 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t image_size;
    uint8_t *image = image_around(data, size, &image_size);
    budget = 2000;
    struct erofs_inode root;
    unsigned depth = 0;
    if (erofs_open(&fs, image, image_size) == 0 && erofs_inode_read(&fs, fs.root, &root) == 0)
        (void)!erofs_directory_read(&fs, &root, each, &depth);
    free(image);
    return 0;
}
