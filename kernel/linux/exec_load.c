/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Program files: finding, reading headers, mapping segments. Pages come from the file's memory
 * object, so from the image on the boot store without a copy; only the end of the data before
 * zeroed memory is written.
 */
#include "file/inode.h"
#include "linux/exec_image.h"
#include "memory/heap.h"

#define TYPE_MASK      0170000
#define TYPE_REGULAR   0100000
#define TYPE_DIRECTORY 0040000

int exec_open(int at, const char *path, unsigned path_flags, struct file **file)
{
    struct path_result found;
    int error = path_find(at, path, path_flags, &found);
    if (error < 0)
        return error;
    struct inode *inode = found.entry->inode;
    if ((inode->mode & TYPE_MASK) != TYPE_REGULAR || found.trailing_slash)
        error = -EACCES;
    else if (inode_access(inode, 1) < 0)
        error = -EACCES;
    else
        error = inode_open(inode, found.entry, O_RDONLY, file);
    path_release(&found);
    return error;
}

int exec_image_read(struct exec_image *image, struct file *file)
{
    uint8_t header[ELF_HEADER_SIZE];
    image->file = file;
    long size = file_read_kernel(file, header, sizeof(header), 0);
    if (size < 0)
        return (int)size;
    int error = elf_read_header(header, (size_t)size, &image->elf);
    if (error < 0)
        return error;
    size_t wanted = image->elf.headers_count * ELF_ENTRY_SIZE;
    void *entries = heap_alloc(wanted);
    if (!entries)
        return -ENOMEM;
    size = file_read_kernel(file, entries, wanted, image->elf.headers_offset);
    error = size < 0 ? (int)size : elf_read_entries(entries, (size_t)size, &image->elf);
    heap_free(entries);
    return error;
}

static unsigned region_rights(unsigned elf_flags)
{
    return (elf_flags & ELF_READ ? REGION_READ : 0) | (elf_flags & ELF_WRITE ? REGION_WRITE : 0) |
           (elf_flags & ELF_EXEC ? REGION_EXEC : 0);
}

static uintptr_t page_down(uintptr_t address)
{
    return address & ~(PAGE_SIZE - 1);
}

static uintptr_t page_up(uintptr_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

static int map_file_part(struct address_space *space, struct file *file,
                         const struct elf_segment *segment, uintptr_t start)
{
    struct memory_object *object;
    if (!file->ops->map)
        return -ENODEV;
    int error = file->ops->map(file, false, (segment->flags & ELF_WRITE) != 0, &object);
    if (error < 0)
        return error;
    struct map_request request = {
        .address = page_down(start),
        .size = page_up(start + segment->file_size) - page_down(start),
        .flags = region_rights(segment->flags),
        .fixed = true,
        .object = object,
        .offset = page_down(segment->offset),
    };
    long mapped = address_space_map(space, &request);
    if (mapped < 0)
        memory_object_put(object);
    return mapped < 0 ? (int)mapped : 0;
}

/* Memory beyond what the file gives is zero, also within the last page of the file's part. */
static int map_zero_part(struct address_space *space, const struct elf_segment *segment,
                         uintptr_t start)
{
    uintptr_t zero = start + segment->file_size, end = start + segment->memory_size;
    uintptr_t whole = segment->file_size ? page_up(zero) : page_down(zero);
    if (segment->file_size && zero < whole && (segment->flags & ELF_WRITE)) {
        uintptr_t stop = end < whole ? end : whole;
        int error = arch_zero_out(zero, page_up(stop) - zero);
        if (error < 0)
            return error;
    }
    if (end <= whole)
        return 0;
    struct map_request request = {
        .address = whole,
        .size = page_up(end) - whole,
        .flags = region_rights(segment->flags),
        .fixed = true,
    };
    long mapped = address_space_map(space, &request);
    return mapped < 0 ? (int)mapped : 0;
}

/* A place for all segments together; what they leave free of it stays without access. */
static int reserve(struct address_space *space, const struct elf_program *elf, uintptr_t low,
                   uintptr_t *base)
{
    uint64_t size = elf->high - page_down(elf->low), slack = elf->alignment - PAGE_SIZE;
    struct map_request request = {.size = size + slack, .flags = REGION_NO_RESERVE};
    if (low) {
        request.address = (low + slack) & ~(elf->alignment - 1);
        request.size = size;
        request.fixed = request.no_replace = true;
        if (request.address + size > MAP_HINT_DEFAULT)
            return -ENOMEM;
    }
    long mapped = address_space_map(space, &request);
    if (mapped < 0)
        return (int)mapped;
    uintptr_t start = ((uintptr_t)mapped + slack) & ~(elf->alignment - 1);
    *base = start - elf->low;
    if (!low && slack) {
        uintptr_t end = (uintptr_t)mapped + request.size;
        int error = start > (uintptr_t)mapped
                        ? address_space_unmap(space, (uintptr_t)mapped, start - (uintptr_t)mapped)
                        : 0;
        if (!error && end > start + size)
            error = address_space_unmap(space, start + size, end - start - size);
        return error;
    }
    return 0;
}

int exec_image_map(struct address_space *space, const struct exec_image *image, uintptr_t low,
                   uintptr_t *base)
{
    const struct elf_program *elf = &image->elf;
    *base = 0;
    if (elf->anywhere) {
        int error = reserve(space, elf, low, base);
        if (error < 0)
            return error;
    }
    for (unsigned i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        uintptr_t start = *base + segment->address;
        int error = segment->file_size ? map_file_part(space, image->file, segment, start) : 0;
        if (!error && segment->memory_size > segment->file_size)
            error = map_zero_part(space, segment, start);
        if (error < 0)
            return error;
    }
    return 0;
}
