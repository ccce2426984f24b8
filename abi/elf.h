/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files for x86-64 as they lie in bytes (System V ABI, chapters 4 and 5): the kernel's own,
 * those of programs, and those that hold the memory of a dead node. */
#pragma once
#include <stdint.h>

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, entries_offset, sections_offset;
    uint32_t flags;
    uint16_t header_size, entry_size, entry_count, section_size, section_count, names_section;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct elf_entry { /* a program header */
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};
_Static_assert(sizeof(struct elf_entry) == 56, "Elf64_Phdr");

/* What an x86-64 file's ident begins with: magic, 64 bit, little endian, version. */
#define ELF_IDENT                                                                                  \
    {                                                                                              \
        0x7f, 'E', 'L', 'F', 2, 1, 1                                                               \
    }
enum { ELF_EXECUTABLE = 2, ELF_DYNAMIC = 3, ELF_CORE = 4 }; /* type */
enum { ELF_X86_64 = 62 };                                   /* machine */
enum {
    ELF_LOAD = 1,
    ELF_INTERPRETER = 3,
    ELF_NOTE = 4,
    ELF_PROGRAM_HEADERS = 6,
    ELF_STACK = 0x6474e551
}; /* an entry's type */
