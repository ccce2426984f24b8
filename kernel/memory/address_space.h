/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regions of one program: map, unmap, protect, split, merge. Population is lazy (fault.c).
 *
 * What memory a program may ask for. Addresses cost nothing; frames are taken at the first touch.
 * One private writable mapping larger than the whole partition is refused with ENOMEM unless it
 * says MAP_NORESERVE (as Linux's heuristic overcommit does). A touch that finds no frame ends the
 * program (fault_resolve: -ENOMEM, and fault_enter sends SIGKILL). The kernel's own objects and
 * page tables come from a reserve that programs' pages cannot take; when that is gone too, calls
 * answer ENOMEM.
 */
#pragma once
#include "arch/arch.h"
#include "memory/memory_object.h"

enum region_flags {
    REGION_READ = 1,
    REGION_WRITE = 2,
    REGION_EXEC = 4,
    REGION_SHARED = 8,   /* writes go to the object */
    REGION_STACK = 16,   /* grows down to the limit on a fault below it (main stack) */
    REGION_HUGE = 32,    /* MADV_HUGEPAGE */
    REGION_NO_FORK = 64, /* MADV_DONTFORK */
    REGION_WIPE_FORK = 128,
    REGION_KERNEL_PAGES = 256, /* vDSO: frames are the kernel's, never written */
    REGION_NO_RESERVE = 512,   /* MAP_NORESERVE: may be larger than the partition */
    REGION_NO_HUGE = 1024,     /* MADV_NOHUGEPAGE */
    REGION_MAY_NOT_WRITE =
        2048, /* shared, of a file open for reading only or sealed: mprotect gives -EACCES */
};
struct region {
    uintptr_t start, end; /* page-aligned */
    unsigned flags;
    struct memory_object *object; /* NULL: anonymous */
    uint64_t offset;              /* bytes into object at start; page-aligned */
    uintptr_t fault_next;         /* sequential touch: where the last batch ended */
    unsigned fault_batch;         /* pages populated then */
};
struct address_space {
    struct arch_space arch;
    unsigned count;          /* processes and borrowers (vfork) that use it */
    struct region **regions; /* sorted by start */
    size_t region_count, region_capacity;
    size_t region_last; /* where the last lookup succeeded */
    uintptr_t brk_start, brk_end;
    uintptr_t
        map_hint;   /* mmap searches downward from here; exec may lower it below a large stack */
    uintptr_t vdso; /* address, for signal return and auxv */
    uint64_t mapped_bytes;  /* sum of regions (RLIMIT_AS) */
    uint64_t resident;      /* pages mapped, 4 KiB units, boot store and shared ones too (RSS) */
    uint64_t address_limit; /* RLIMIT_AS, bytes */
    uint64_t stack_limit;   /* RLIMIT_STACK, bytes */
    /* exe layout for /proc and prctl */
    uintptr_t arguments_start, arguments_end, environment_start, environment_end;
};

struct address_space *address_space_create(void) MUST_CHECK; /* count 1; NULL: no memory */
struct address_space *
address_space_fork(struct address_space *parent) MUST_CHECK; /* copy on write; NULL */
void address_space_get(struct address_space *space);
void address_space_put(struct address_space *space); /* frees at 0; must not be current then */

/* Finds room and maps. fixed: exactly there, replacing what was there (MAP_FIXED); no_replace:
 * -EEXIST instead. object: one count is taken over by the region on success. Returns address or
 * -ENOMEM, -EINVAL. */
struct map_request {
    uintptr_t address;
    uint64_t size;
    unsigned flags; /* enum region_flags */
    bool fixed, no_replace, below_4g, populate;
    struct memory_object *object;
    uint64_t offset;
};
long address_space_map(struct address_space *space, const struct map_request *request) MUST_CHECK;
int address_space_unmap(struct address_space *space, uintptr_t address, uint64_t size);
int address_space_protect(struct address_space *space, uintptr_t address, uint64_t size,
                          unsigned rwx); /* -ENOMEM on a hole */
long address_space_remap(struct address_space *space, uintptr_t old, uint64_t old_size,
                         uint64_t new_size, int linux_flags, uintptr_t new_address);
int address_space_discard(struct address_space *space, uintptr_t address,
                          uint64_t size); /* MADV_DONTNEED */
/* MADV_HUGEPAGE and the like: sets and clears flags of the regions in the range. -ENOMEM on a hole,
 * after the rest. */
int address_space_advise(struct address_space *space, uintptr_t address, uint64_t size,
                         unsigned set, unsigned clear);
/* Touches every page of the range (MAP_POPULATE, mlock). First refusal of fault_resolve, -ENOMEM on
 * a hole. */
int address_space_populate(struct address_space *space, uintptr_t address, uint64_t size);
/* End of what regions cover without a hole from address on, at most end. */
uintptr_t address_space_covered(struct address_space *space, uintptr_t address, uintptr_t end);
#define MAP_HINT_DEFAULT    0x7fff00000000UL /* leaves 4 GiB below USER_END for stack and vDSO */
#define STACK_LIMIT_DEFAULT 0x800000UL       /* RLIMIT_STACK of a new program, 8 MiB */
#define STACK_GUARD_GAP     0x100000UL       /* kept free below a growing stack, as Linux does */
struct region *region_find(struct address_space *space,
                           uintptr_t address); /* holds address, or NULL */
struct region *region_at_or_after(struct address_space *space, uintptr_t address);

/* kernel/memory/fault.c: populates the page at address, or refuses: -EFAULT (SIGSEGV: no region:
 * code MAPERR), -EACCES (SIGSEGV ACCERR), -ENXIO (SIGBUS: beyond the object), -ENOMEM (partition is
 * full). */
#include "arch/doors.h"
int fault_resolve(struct address_space *space, uintptr_t address, enum fault_access access);
