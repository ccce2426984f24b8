/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hydros image: puts the kernel and the root file system into one file behind a checksummed header
 * (abi/image.h). Written to a new name and renamed, so there is never half an image.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/image.h"
#include "lib/checksum.h"
#include "tool/tool.h"

#define ALIGNMENT 4096UL

struct input {
    const char *path;
    const void *bytes;
    size_t size;
};

static int input_open(struct input *input)
{
    struct stat status;
    int fd = open(input->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        return tool_fail("%s: %s", input->path, strerror(errno));
    input->size = (size_t)status.st_size;
    if (input->size == 0)
        return tool_fail("%s: is empty", input->path);
    input->bytes = mmap(NULL, input->size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (input->bytes == MAP_FAILED)
        return tool_fail("%s: %s", input->path, strerror(errno));
    return 0;
}

static uint64_t part_fill(struct image_part *part, const struct input *input, uint64_t offset)
{
    part->offset = offset;
    part->size = input->size;
    part->checksum = checksum_bytes(input->bytes, input->size);
    return (offset + input->size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

static int write_at(int fd, const void *bytes, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t done = pwrite(fd, bytes, size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        bytes = (const char *)bytes + done;
        size -= (size_t)done;
        offset += (uint64_t)done;
    }
    return 0;
}

static int image_write(const char *output, const struct image_header *header,
                       const struct input *kernel, const struct input *root)
{
    char name[4096];
    if (snprintf(name, sizeof name, "%s.new", output) >= (int)sizeof name)
        return tool_fail("%s: name is too long", output);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return tool_fail("%s: %s", name, strerror(errno));
    bool failed = ftruncate(fd, (off_t)header->image_size) != 0 ||
                  write_at(fd, header, sizeof *header, 0) != 0 ||
                  write_at(fd, kernel->bytes, kernel->size, header->kernel.offset) != 0 ||
                  write_at(fd, root->bytes, root->size, header->root.offset) != 0;
    if (close(fd) != 0 || failed || rename(name, output) != 0) {
        int error = errno;
        unlink(name);
        return tool_fail("%s: %s", output, strerror(error));
    }
    return 0;
}

int image_command(int argc, char **argv)
{
    struct input kernel = {0}, root = {0};
    const char *output = NULL, *value;
    for (int i = 1; i < argc; i++) {
        if ((value = argument_value(argv[i], "kernel")) != NULL)
            kernel.path = value;
        else if ((value = argument_value(argv[i], "root")) != NULL)
            root.path = value;
        else if ((value = argument_value(argv[i], "output")) != NULL)
            output = value;
        else
            return tool_fail("image: unknown argument %s", argv[i]);
    }
    if (kernel.path == NULL || root.path == NULL || output == NULL)
        return tool_fail("image: needs --kernel=FILE --root=FILE --output=FILE");
    if (input_open(&kernel) != 0 || input_open(&root) != 0)
        return 1;
    if (kernel.size < 4 || memcmp(kernel.bytes, "\177ELF", 4) != 0)
        return tool_fail("%s: is no ELF file", kernel.path);
    if (root.size < 1028 || memcmp((const char *)root.bytes + 1024, "\342\341\365\340", 4) != 0)
        return tool_fail("%s: is no EROFS image", root.path);

    struct image_header header = {
        .magic = IMAGE_MAGIC, .version = IMAGE_VERSION, .header_size = sizeof header};
    uint64_t offset = part_fill(&header.kernel, &kernel, ALIGNMENT);
    header.image_size = part_fill(&header.root, &root, offset);
    header.checksum = checksum_bytes(&header, sizeof header);
    return image_write(output, &header, &kernel, &root);
}
