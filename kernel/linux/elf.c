/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF headers of programs (System V ABI, x86-64 supplement). No memory, no files, no kernel: see
 * elf.h. Also built for the host, where it is fuzzed.
 */
#include "linux/elf.h"

#include <asm/errno.h>

#include "abi/elf.h"
#include "abi/layout.h"
#include "lib/string.h"

_Static_assert(sizeof(struct elf_header) == ELF_HEADER_SIZE, "Elf64_Ehdr");
_Static_assert(sizeof(struct elf_entry) == ELF_ENTRY_SIZE, "Elf64_Phdr");

#define INTERPRETER_MAX 4096        /* Linux's PATH_MAX */
#define OFFSET_MAX      (1UL << 62) /* far below where sums of two could wrap */
#define ALIGNMENT_MAX   (1UL << 30) /* larger ones only waste addresses */

int elf_read_header(const void *bytes, size_t size, struct elf_program *program)
{
    static const uint8_t ident[7] = ELF_IDENT;
    struct elf_header header;
    memset(program, 0, sizeof(*program));
    if (size < sizeof(header))
        return -ENOEXEC;
    memcpy(&header, bytes, sizeof(header));
    if (memcmp(header.ident, ident, sizeof(ident)) != 0 || header.machine != ELF_X86_64 ||
        (header.type != ELF_EXECUTABLE && header.type != ELF_DYNAMIC))
        return -ENOEXEC;
    if (header.entry_size != sizeof(struct elf_entry) || header.entry_count == 0 ||
        header.entry_count > ELF_ENTRIES_MAX || header.entries_offset > OFFSET_MAX)
        return -ENOEXEC;
    program->anywhere = header.type == ELF_DYNAMIC;
    program->entry = header.entry;
    program->headers_offset = header.entries_offset;
    program->headers_count = header.entry_count;
    program->alignment = PAGE_SIZE;
    return 0;
}

static int add_segment(struct elf_program *program, const struct elf_entry *entry)
{
    uint64_t end = entry->address + entry->memory_size;
    if (entry->memory_size == 0)
        return 0;
    if (program->segment_count == ELF_SEGMENTS_MAX || entry->file_size > entry->memory_size ||
        entry->offset > OFFSET_MAX || end < entry->address || end > USER_END ||
        (entry->offset - entry->address) % PAGE_SIZE != 0)
        return -ENOEXEC;
    if (!program->anywhere && entry->address < USER_BASE)
        return -ENOEXEC;
    uint64_t low = entry->address & ~(PAGE_SIZE - 1);
    if (program->segment_count == 0)
        program->low = low;
    else {
        const struct elf_segment *before = &program->segments[program->segment_count - 1];
        if (entry->address < before->address + before->memory_size)
            return -ENOEXEC;
    }
    program->high = (end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (entry->alignment > program->alignment && entry->alignment <= ALIGNMENT_MAX &&
        (entry->alignment & (entry->alignment - 1)) == 0)
        program->alignment = entry->alignment;
    program->segments[program->segment_count++] = (struct elf_segment){
        .address = entry->address,
        .offset = entry->offset,
        .file_size = entry->file_size,
        .memory_size = entry->memory_size,
        .flags = entry->flags & (ELF_READ | ELF_WRITE | ELF_EXEC),
    };
    return 0;
}

/* Without a PT_HEADERS entry: the segment that was loaded from where they stand in the file. */
static uint64_t find_headers(const struct elf_program *program)
{
    for (unsigned i = 0; i < program->segment_count; i++) {
        const struct elf_segment *segment = &program->segments[i];
        if (program->headers_offset >= segment->offset &&
            program->headers_offset - segment->offset < segment->file_size)
            return segment->address + (program->headers_offset - segment->offset);
    }
    return 0;
}

int elf_read_entries(const void *bytes, size_t size, struct elf_program *program)
{
    if (size < (size_t)program->headers_count * sizeof(struct elf_entry))
        return -ENOEXEC;
    for (unsigned i = 0; i < program->headers_count; i++) {
        struct elf_entry entry;
        memcpy(&entry, (const uint8_t *)bytes + i * sizeof(entry), sizeof(entry));
        switch (entry.type) {
        case ELF_LOAD: {
            int error = add_segment(program, &entry);
            if (error < 0)
                return error;
            break;
        }
        case ELF_INTERPRETER:
            if (entry.file_size < 2 || entry.file_size > INTERPRETER_MAX ||
                entry.offset > OFFSET_MAX || program->interpreter_size)
                return -ENOEXEC;
            program->interpreter_offset = entry.offset;
            program->interpreter_size = (uint32_t)entry.file_size;
            break;
        case ELF_PROGRAM_HEADERS:
            program->headers_address = entry.address;
            break;
        case ELF_STACK:
            program->stack_executable = (entry.flags & ELF_EXEC) != 0;
            break;
        default:
            break;
        }
    }
    if (program->segment_count == 0 || program->entry >= USER_END)
        return -ENOEXEC;
    if (!program->headers_address)
        program->headers_address = find_headers(program);
    return 0;
}
