/* SPDX-License-Identifier: Apache-2.0 */
/* What is mapped in an address space, range by range: the page tables and the frames' counts
 * together. For kernel/memory alone. Borders of ranges must not cut a 2 MiB page: pages_border
 * first. */
#pragma once
#include "memory/region.h"

/* A frame for a program's page may need this many table frames, which come from the reserve; so a
 * page is refused when programs could not get as many. Otherwise pages that cost no frame (boot
 * store) would eat the reserve. */
#define PAGE_TABLES_MAX 4

/* Page flags for a page of this region; may_write: the frame may be written to as it is. */
static inline unsigned pages_flags(const struct region *region, bool may_write)
{
    if (!(region->flags & REGION_RWX))
        return 0; /* PROT_NONE: the page keeps its frame and its place, no program can touch it */
    return PAGE_USER | (region->flags & REGION_EXEC ? PAGE_EXEC : 0) |
           (may_write && region->flags & REGION_WRITE ? PAGE_WRITE : 0);
}

/* In loops over pages, with a count of them: a gigabyte takes long enough that keys, timers and
 * doorbells must be answered meanwhile. What runs then touches no address space. */
static inline void pages_breathe(uint64_t count)
{
    if (count % 1024 == 0)
        arch_poll_interrupts();
}

int pages_border(struct address_space *space, uintptr_t address) MUST_CHECK; /* -ENOMEM */
void pages_drop(struct address_space *space, uintptr_t start, uintptr_t end);
/* Gives the mapped pages of the region within the range the rights that the region has now. */
void pages_protect(struct address_space *space, const struct region *region, uintptr_t start,
                   uintptr_t end);
/* Shares the private pages of the region with a child, copy on write. -ENOMEM: some are done. */
int pages_share(struct address_space *parent, struct address_space *child,
                const struct region *region) MUST_CHECK;
/* Moves the pages of [old, old + size) to the free range at to. -ENOMEM: nothing changed. */
int pages_move(struct address_space *space, const struct region *region, uintptr_t old,
               uintptr_t to, uint64_t size) MUST_CHECK;
