/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the program headers of the pristine kernel. Every offset and size is checked against the
 * file and against KERNEL_SIZE_MAX before it is used, and no sum can overflow after those checks.
 */
#include "start/elf.h"

#include <stddef.h>

#include "abi/elf.h"
#include "abi/layout.h"
#include "lib/string.h"

#define ELF_FLAG_EXECUTE 1
#define ELF_FLAG_WRITE   2
#define ELF_PROGRAMS_MAX 32

static bool header_is_kernel(const struct elf_header *header, uint64_t size)
{
    static const uint8_t ident[7] = ELF_IDENT;

    if (memcmp(header->ident, ident, sizeof(ident)) != 0 || header->type != ELF_EXECUTABLE ||
        header->machine != ELF_X86_64)
        return false;
    if (header->entry_size != sizeof(struct elf_entry) || header->entry_count == 0 ||
        header->entry_count > ELF_PROGRAMS_MAX || header->entries_offset > size)
        return false;
    return header->entry_count * sizeof(struct elf_entry) <= size - header->entries_offset;
}

static bool segment_read(const struct elf_entry *program, uint64_t size,
                         struct kernel_segment *segment)
{
    uint64_t start = program->address - KERNEL_BASE;

    if (program->offset > size || program->file_size > size - program->offset ||
        program->file_size > program->memory_size)
        return false;
    if (program->address < KERNEL_BASE || start > KERNEL_SIZE_MAX ||
        program->memory_size > KERNEL_SIZE_MAX - start)
        return false;
    segment->offset = program->offset;
    segment->file_size = program->file_size;
    segment->copy_start = start;
    segment->start = start & ~(PAGE_SIZE - 1);
    segment->end = (start + program->memory_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    segment->writable = (program->flags & ELF_FLAG_WRITE) != 0;
    segment->executable = (program->flags & ELF_FLAG_EXECUTE) != 0;
    return !(segment->writable && segment->executable);
}

static bool entry_is_executable(const struct kernel_elf *elf)
{
    for (unsigned i = 0; i < elf->count; i++) {
        const struct kernel_segment *segment = &elf->segments[i];
        uint64_t offset = elf->entry - KERNEL_BASE;

        if (segment->executable && elf->entry >= KERNEL_BASE && offset >= segment->copy_start &&
            offset < segment->copy_start + segment->file_size)
            return true;
    }
    return false;
}

bool kernel_elf_read(const void *bytes, uint64_t size, struct kernel_elf *elf)
{
    struct elf_header header;

    if (size < sizeof(header))
        return false;
    memcpy(&header, bytes, sizeof(header));
    if (!header_is_kernel(&header, size))
        return false;
    elf->entry = header.entry;
    elf->size = 0;
    elf->count = 0;
    for (unsigned i = 0; i < header.entry_count; i++) {
        struct elf_entry program;
        struct kernel_segment *segment = &elf->segments[elf->count];

        memcpy(&program, (const char *)bytes + header.entries_offset + i * sizeof(program),
               sizeof(program));
        if (program.type != ELF_LOAD || program.memory_size == 0)
            continue;
        /* Ascending and page-disjoint: one page cannot have two kinds of access. */
        if (elf->count == KERNEL_SEGMENTS_MAX || !segment_read(&program, size, segment) ||
            segment->start < elf->size)
            return false;
        elf->size = segment->end;
        elf->count++;
    }
    return elf->count > 0 && entry_is_executable(elf);
}
