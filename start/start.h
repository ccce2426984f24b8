/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a node starts: the one routine for first boot (called by boot/) and for restart (called by a
 * guardian's kernel). Every step may be done twice. Compiled into both; knows nothing of either but
 * the four functions below.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/machine.h"
#include "abi/published.h"

struct start_page;
enum start_error {
    START_OK = 0,
    START_KERNEL_ALTERED = -1, /* both copies in the boot store fail their checksum */
    START_KERNEL_BAD_ELF = -2,
    START_NO_ROOM = -3,   /* kernel does not fit the first extent */
    START_NO_ANSWER = -4, /* the core did not come up in time */
    START_BOOT_CORE = -5, /* machine.warm_reset is 0: an INIT of the boot core resets the machine */
};
/* Given by the caller. */
struct start_host {
    /* Readable and writable here (identity in the loader, REPAIR_BASE window in a kernel). Asked
     * for, at most one of each at a time: the first extent of the partition from its base on (some
     * MiB), the trampoline page, page 0 (only for the boot core), and the node's published status
     * page: NULL for that one means that the new kernel shall fill it itself. */
    void *(*map)(uint64_t phys, uint64_t size);
    /* Readable: boot store and published pages. */
    const void *(*store)(uint64_t phys, uint64_t size);
    volatile uint32_t *lapic; /* own xAPIC page, or NULL: use x2APIC MSRs */
    void (*wait_us)(unsigned microseconds);
};
/* Loads the pristine kernel into the partition of `node`, builds its page tables and start_info,
 * marks its published page STARTING with this incarnation (the loader may write it; a guardian
 * leaves that to the new kernel). */
int start_load(const struct machine *machine, uint32_t node, uint32_t incarnation,
               const struct start_host *host);
/* For a core that nobody can INIT: loads the kernel into that half of the first START_HALF * 2
 * bytes of the partition where the running one does not stand. The running kernel, its own: then it
 * switches to page->info.page_table and jumps to page->entry. */
#define START_HALF 0x1000000UL
int start_load_beside(const struct machine *machine, const struct start_info *running,
                      uint32_t incarnation, const struct start_host *host,
                      const struct start_page **page);
/* Makes sure that the core of `node` runs nothing any more: INIT; a boot core is parked in the
 * trampoline page, since INIT alone would send it to the firmware. START_BOOT_CORE: that cannot be
 * done. START_NO_ANSWER: it did not come there yet; whenever it does, it stops there. */
int start_fence(const struct machine *machine, uint32_t node, const struct start_host *host);
/* INIT, SIPI to its core and waits until its kernel says NODE_KERNEL (at most timeout_us). A core
 * that comes later stops in the trampoline page, until it is started once more. */
int start_core(const struct machine *machine, uint32_t node, const struct start_host *host,
               unsigned timeout_us);
/* The boot core's own node: jumps through the same trampoline. Does not return. */
void start_self(const struct machine *machine, uint32_t node, const struct start_host *host)
    __attribute__((noreturn));
const char *start_error_text(int error); /* what is wrong and what to do, one line */
