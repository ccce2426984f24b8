/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the page tables of a node in its partition, for start/load.c. The frames come one after
 * another from one piece of memory; when it is used up, `full` is set and nothing more is written.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define TABLE_WRITE      0x2UL
#define TABLE_UNCACHED   0x18UL /* PCD | PWT */
#define TABLE_NO_EXECUTE (1UL << 63)

struct tables {
    char *memory;  /* where the caller sees the partition's first bytes */
    uint64_t base; /* their physical address */
    uint64_t next; /* offset of the next free frame */
    uint64_t end;  /* offset of the first byte that is not ours */
    uint64_t root; /* physical address of the PML4 */
    bool full;
};

void tables_begin(struct tables *tables, char *memory, uint64_t base, uint64_t next, uint64_t end);
/* Maps size bytes (rounded up to pages), with 2 MiB pages where both addresses and the size allow.
 * A page that is already mapped keeps its first mapping. */
void tables_map(struct tables *tables, uint64_t address, uint64_t phys, uint64_t size,
                uint64_t flags);
/* Makes the PML4 entry of address present, so that all spaces share what comes there later. */
void tables_reserve(struct tables *tables, uint64_t address);
/* Frames that mapping size bytes anywhere can need at most. */
uint64_t tables_frames_max(uint64_t size, bool large);
