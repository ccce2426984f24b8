/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the system image: sizes first, then checksums, so that each fault gets its own sentence.
 */
#include "boot/image.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi/layout.h"
#include "lib/checksum.h"
#include "lib/string.h"

/* Inside the image, behind the header, page-aligned. */
static bool part_is_inside(const struct image_part *part, uint64_t image_size)
{
    return part->offset >= PAGE_SIZE && part->offset % PAGE_SIZE == 0 && part->size > 0 &&
           part->offset <= image_size && part->size <= image_size - part->offset;
}

static bool parts_overlap(const struct image_part *a, const struct image_part *b)
{
    return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

const char *image_check(const void *bytes, uint64_t size, struct image_header *header)
{
    struct image_header unsummed;

    if (size < sizeof(*header))
        return "system image is truncated: not even its header is there; make or copy it again";
    memcpy(header, bytes, sizeof(*header));
    if (header->magic != IMAGE_MAGIC)
        return "the module is no HydrOS system image; give the file that `hydros image` made";
    if (header->version != IMAGE_VERSION || header->header_size != sizeof(*header))
        return "system image has another version than this loader; use both from one build";
    unsummed = *header;
    unsummed.checksum = 0;
    if (checksum_bytes(&unsummed, sizeof(unsummed)) != header->checksum)
        return "system image is altered: header checksum differs; make or copy it again";
    if (header->image_size > size)
        return "system image is truncated: its end is missing; make or copy it again";
    if (!part_is_inside(&header->kernel, header->image_size) ||
        !part_is_inside(&header->root, header->image_size) ||
        parts_overlap(&header->kernel, &header->root))
        return "system image is altered: its parts lie outside of it; make it again";
    const char *start = bytes;

    if (checksum_bytes(start + header->kernel.offset, header->kernel.size) !=
        header->kernel.checksum)
        return "system image is altered: kernel checksum differs; make or copy it again";
    if (checksum_bytes(start + header->root.offset, header->root.size) != header->root.checksum)
        return "system image is altered: root file system checksum differs; make or copy it again";
    return NULL;
}
