/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pristine kernel's ELF file, read with all the distrust that bytes deserve: pure, so that host
 * tests and the fuzzer can call it. A kernel is a static ELF64 for x86-64 linked at KERNEL_BASE
 * whose loadable segments share no page and are never writable and executable at once.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define KERNEL_SEGMENTS_MAX 8
#define KERNEL_SIZE_MAX     0x2000000UL /* 32 MiB: more would not leave room in a first extent */

struct kernel_segment {
    uint64_t offset;     /* in the file */
    uint64_t file_size;  /* bytes to copy */
    uint64_t start;      /* page-aligned, from KERNEL_BASE */
    uint64_t end;        /* page-aligned, from KERNEL_BASE */
    uint64_t copy_start; /* where the file's bytes go, from KERNEL_BASE */
    bool writable, executable;
};

struct kernel_elf {
    uint64_t entry; /* virtual address, inside an executable segment */
    uint64_t size;  /* bytes from KERNEL_BASE, a page multiple */
    unsigned count;
    struct kernel_segment segments[KERNEL_SEGMENTS_MAX];
};

/* false: these bytes are no kernel. `elf` is then undefined. */
bool kernel_elf_read(const void *bytes, uint64_t size, struct kernel_elf *elf);
