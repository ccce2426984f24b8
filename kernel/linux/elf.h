/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the headers of an ELF program that someone wants to run. Pure: bytes in, checked numbers
 * out; it never trusts a length. What it accepts can be mapped without another look at the
 * arithmetic.
 */
#pragma once
#include "lib/check.h"

#define ELF_HEADER_SIZE  64
#define ELF_ENTRY_SIZE   56 /* of one program header */
#define ELF_ENTRIES_MAX  64
#define ELF_SEGMENTS_MAX 16 /* to be loaded; linkers make 2 to 6 */

enum elf_segment_flags { ELF_EXEC = 1, ELF_WRITE = 2, ELF_READ = 4 };
struct elf_segment {
    uint64_t address, offset; /* the same within a page */
    uint64_t file_size, memory_size;
    unsigned flags;
};
struct elf_program {
    bool anywhere; /* ET_DYN: addresses count from a base of our choice */
    uint64_t entry;
    uint64_t headers_offset; /* of the program headers in the file */
    unsigned headers_count;
    uint64_t headers_address; /* where the program finds them in memory; 0: not loaded */
    uint64_t interpreter_offset;
    uint32_t interpreter_size; /* with its 0; 0: none */
    bool stack_executable;
    uint64_t low, high; /* of all segments, page-aligned */
    uint64_t alignment; /* of the base: power of two, at least a page */
    unsigned segment_count;
    struct elf_segment segments[ELF_SEGMENTS_MAX]; /* by rising address, apart */
};
/* First step: the header. -ENOEXEC: not a program for this machine. */
int elf_read_header(const void *bytes, size_t size, struct elf_program *program) MUST_CHECK;
/* Second step: headers_count * ELF_ENTRY_SIZE bytes from headers_offset. */
int elf_read_entries(const void *bytes, size_t size, struct elf_program *program) MUST_CHECK;
