/* SPDX-License-Identifier: Apache-2.0 */
/* Window: the partition in large pages at REPAIR_BASE, single pages one GiB behind it. */
#include "node/repair.h"

#include "arch/arch.h"
#include "lib/checksum.h"
#include "lib/log.h"
#include "lib/string.h"
#include "node/self.h"
#include "panic.h"

#define WINDOW_PAGES     (REPAIR_BASE + 0x40000000UL)
#define WINDOW_PARTITION 0x8000000UL /* 128 MiB: a kernel copy and its page tables take less */
#define US               1000UL

enum window_page { WINDOW_TRAMPOLINE, WINDOW_LOW, WINDOW_STORE, WINDOW_PAGE_COUNT };

static uintptr_t mapped_end = REPAIR_BASE; /* of the partition's large pages */
static bool page_mapped[WINDOW_PAGE_COUNT];
static void (*host_rest)(nanoseconds time);

static void partition_unmap(void)
{
    for (; mapped_end > REPAIR_BASE; mapped_end -= LARGE_PAGE_SIZE)
        arch_unmap(&kernel_space, mapped_end - LARGE_PAGE_SIZE);
}

static void *partition_map(phys_addr phys, uint64_t size)
{
    partition_unmap();
    if (phys % LARGE_PAGE_SIZE != 0 || size > WINDOW_PARTITION)
        return NULL;
    for (; mapped_end - REPAIR_BASE < size; mapped_end += LARGE_PAGE_SIZE) {
        if (arch_map_large(&kernel_space, mapped_end, phys + (mapped_end - REPAIR_BASE),
                           PAGE_WRITE) != 0)
            return NULL;
    }
    return (void *)REPAIR_BASE;
}

static void page_unmap(enum window_page page)
{
    if (page_mapped[page])
        arch_unmap(&kernel_space, WINDOW_PAGES + page * PAGE_SIZE);
    page_mapped[page] = false;
}

static void *page_map(enum window_page page, phys_addr phys)
{
    uintptr_t address = WINDOW_PAGES + page * PAGE_SIZE;

    page_unmap(page);
    if (arch_map(&kernel_space, address, phys, PAGE_WRITE) != 0)
        return NULL;
    page_mapped[page] = true;
    return (void *)address;
}

static void *host_map(uint64_t phys, uint64_t size)
{
    if (phys == TRAMPOLINE_PHYS)
        return page_map(WINDOW_TRAMPOLINE, phys);
    if (phys == 0)
        return page_map(WINDOW_LOW, phys);
    for (uint32_t node = 0; node < machine->node_count; node++) {
        if (node != self_node() && phys == machine->nodes[node].extents[0].base)
            return partition_map(phys, size);
    }
    return NULL; /* a published page: its new owner fills it */
}

static const void *host_store(uint64_t phys, uint64_t size)
{
    uint64_t published_size = machine->node_count * PUBLISHED_SIZE;

    if (phys - machine->store_base < machine->store_size)
        return (const char *)STORE_BASE + (phys - machine->store_base);
    if (phys - machine->published_base < published_size)
        return (const char *)PUBLISHED_BASE + (phys - machine->published_base);
    return NULL;
}

static void host_wait(unsigned microseconds)
{
    host_rest(microseconds * US);
}

void repair_init(void)
{
    if (arch_map_large(&kernel_space, REPAIR_BASE, 0, 0) != 0 ||
        arch_map(&kernel_space, WINDOW_PAGES, 0, 0) != 0)
        node_fail("this node has too little memory for its page tables; use fewer nodes or more "
                  "memory");
    arch_unmap(&kernel_space, REPAIR_BASE);
    arch_unmap(&kernel_space, WINDOW_PAGES);
}

const struct start_host *repair_open(void (*rest)(nanoseconds time))
{
    static struct start_host host = {.map = host_map, .store = host_store, .wait_us = host_wait};

    host.lapic = arch_apic_registers();
    host_rest = rest;
    return &host;
}

/* Our own partition is mapped anyway. */
static void *self_map(uint64_t phys, uint64_t size)
{
    const struct extent *extent = &machine->nodes[self_node()].extents[0];

    return phys - extent->base < extent->size ? direct_pointer(phys) : NULL;
}

const struct start_host *repair_open_self(void (*rest)(nanoseconds time))
{
    static struct start_host host = {.map = self_map, .store = host_store, .wait_us = host_wait};

    host_rest = rest;
    return &host;
}

void repair_close(void)
{
    partition_unmap();
    for (unsigned page = 0; page < WINDOW_PAGE_COUNT; page++)
        page_unmap(page);
}

static bool copy_is_good(const struct store_part *part)
{
    return checksum_bytes(host_store(part->base, part->size), part->size) == part->checksum;
}

static bool copy_repair(const struct store_part *bad, const struct store_part *good)
{
    const char *from = host_store(good->base, good->size);

    for (uint64_t done = 0; done < good->size; done += PAGE_SIZE) {
        uint64_t size = good->size - done < PAGE_SIZE ? good->size - done : PAGE_SIZE;
        char *to = page_map(WINDOW_STORE, bad->base + done);

        if (!to)
            return false;
        memcpy(to, from + done, size);
    }
    page_unmap(WINDOW_STORE);
    return copy_is_good(bad);
}

static bool description_is_good(void)
{
    static struct machine copy; /* too large for a stack */

    copy = *machine;
    copy.checksum = 0;
    return checksum_bytes(&copy, sizeof(copy)) == machine->checksum;
}

bool repair_store(void)
{
    const struct store_part *copies = machine->kernel;
    bool first = copy_is_good(&copies[0]), second = copy_is_good(&copies[1]);

    if (!description_is_good()) {
        log_line("the machine description in the boot store is altered; reset the machine");
        return false;
    }
    if (!first && !second) {
        log_line("%s", start_error_text(START_KERNEL_ALTERED));
        return false;
    }
    if (first != second)
        log_line("kernel copy %u in the boot store was altered: %s", first ? 2 : 1,
                 copy_repair(&copies[first], &copies[!first]) ? "mended with the other one"
                                                              : "it cannot be mended");
    return true;
}
