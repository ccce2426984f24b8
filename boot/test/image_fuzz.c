/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: boot/image.c kernel/lib/checksum.c start/elf.c */
/* System images of any bytes, with a right header checksum; and the same bytes as a kernel. */
#include <stdlib.h>
#include <string.h>

#include "boot/image.h"
#include "lib/checksum.h"
#include "start/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image_header header;
    struct kernel_elf elf;
    unsigned char *bytes = malloc(size + 1);

    memcpy(bytes, data, size);
    if (size >= sizeof(header)) {
        memcpy(&header, bytes, sizeof(header));
        header.magic = IMAGE_MAGIC;
        header.version = IMAGE_VERSION;
        header.header_size = sizeof(header);
        header.checksum = 0;
        header.checksum = checksum_bytes(&header, sizeof(header));
        memcpy(bytes, &header, sizeof(header));
    }
    unsigned char *exact = realloc(bytes, size > 0 ? size : 1);

    (void)image_check(exact, size, &header);
    memcpy(exact, data, size);
    if (kernel_elf_read(exact, size, &elf))
        for (unsigned i = 0; i < elf.count; i++) {
            const struct kernel_segment *segment = &elf.segments[i];

            if (segment->offset + segment->file_size > size || segment->end > elf.size ||
                segment->copy_start + segment->file_size > segment->end ||
                elf.size > 2 * KERNEL_SIZE_MAX || segment->start >= segment->end)
                abort();
        }
    free(exact);
    return 0;
}
