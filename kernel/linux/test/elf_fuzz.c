/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/linux/elf.c */
/* Whatever the bytes are: refused, or such that exec's sums cannot go wrong. The first 64 bytes are
 * the header, the rest the program headers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "linux/elf.h"

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static void check(const struct elf_program *program)
{
    uint64_t before = 0;
    MUST(program->segment_count > 0 && program->segment_count <= ELF_SEGMENTS_MAX);
    MUST(program->low % PAGE_SIZE == 0 && program->high % PAGE_SIZE == 0);
    MUST(program->low < program->high && program->high <= USER_END);
    MUST(program->interpreter_size == 0 || program->interpreter_size <= 4096);
    MUST(program->alignment >= PAGE_SIZE && (program->alignment & (program->alignment - 1)) == 0);
    for (unsigned i = 0; i < program->segment_count; i++) {
        const struct elf_segment *segment = &program->segments[i];
        MUST(segment->file_size <= segment->memory_size && segment->memory_size > 0);
        MUST(segment->address >= before && segment->address >= program->low);
        MUST(segment->memory_size <= program->high - segment->address);
        MUST((segment->offset - segment->address) % PAGE_SIZE == 0);
        before = segment->address + segment->memory_size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t start[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    uint8_t header[ELF_HEADER_SIZE] = {0};
    struct elf_program program;
    size_t part = size < sizeof(header) ? size : sizeof(header);
    memcpy(header, data, part);
    if (size > 0 &&
        (data[0] & 1)) { /* half of them with a plausible beginning, to get further in */
        memcpy(header, start, sizeof(start));
        header[16] = 2 + (header[16] & 1);
        header[17] = 0;
        memcpy(header + 18, (uint8_t[]){62, 0}, 2);
        memcpy(header + 54, (uint8_t[]){ELF_ENTRY_SIZE, 0}, 2);
        header[56] %= ELF_ENTRIES_MAX;
        header[57] = 0;
    }
    if (elf_read_header(header, sizeof(header), &program) == 0 &&
        elf_read_entries(data + part, size - part, &program) == 0)
        check(&program);
    return 0;
}
