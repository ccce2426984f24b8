/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a fresh kernel into a partition: [start page][kernel copy][page tables], from the base of
 * the first extent. Reads only the boot store, writes only the partition (and the published status
 * page if the caller may), and keeps nothing between calls: done twice, it gives the same result.
 * The tables map nothing of another node's partition (rule 3) and everything shared as abi/layout.h
 * says (rule 2).
 */
#include "start/load.h"

#include "lib/checksum.h"
#include "lib/string.h"
#include "start/elf.h"
#include "start/start.h"
#include "start/tables.h"

#define READ_ONLY  TABLE_NO_EXECUTE
#define READ_WRITE (TABLE_WRITE | TABLE_NO_EXECUTE)
#define DEVICE     (TABLE_WRITE | TABLE_NO_EXECUTE | TABLE_UNCACHED)

/* The first copy of the kernel in the boot store that is still as it was. */
static int kernel_find(const struct machine *machine, const struct start_host *host,
                       const void **bytes, struct kernel_elf *elf)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct store_part *part = &machine->kernel[i];

        *bytes = host->store(part->base, part->size);
        if (*bytes != NULL && checksum_bytes(*bytes, part->size) == part->checksum)
            return kernel_elf_read(*bytes, part->size, elf) ? START_OK : START_KERNEL_BAD_ELF;
    }
    return START_KERNEL_ALTERED;
}

/* Pages that are already right are left alone: an emulator that has translated their instructions
 * keeps that, which makes a restart several times faster. To wait for no time lets a guardian show
 * that it is alive: on a busy host this takes longer than a hang. */
static void pages_copy(const struct start_host *host, char *to, const char *from, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
        uint64_t part = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;

        if (memcmp(to + done, from + done, part) != 0)
            memcpy(to + done, from + done, part);
        host->wait_us(0);
    }
}

static void kernel_copy(const struct start_host *host, char *to, const char *file,
                        const struct kernel_elf *elf)
{
    uint64_t done = 0;

    for (unsigned i = 0; i < elf->count; i++) {
        const struct kernel_segment *segment = &elf->segments[i];

        memset(to + done, 0, segment->copy_start - done);
        pages_copy(host, to + segment->copy_start, file + segment->offset, segment->file_size);
        done = segment->copy_start + segment->file_size;
    }
    memset(to + done, 0, elf->size - done);
}

/* The kernel's own image, and the direct map of the partition. Constants and text are read-only in
 * the direct map, too: mapped first, they keep that when the extents are mapped over them. */
static void map_own_memory(struct tables *tables, const struct machine_node *node,
                           const struct kernel_elf *elf, uint64_t kernel_base)
{
    for (unsigned i = 0; i < elf->count; i++) {
        const struct kernel_segment *segment = &elf->segments[i];
        uint64_t size = segment->end - segment->start;
        uint64_t flags = segment->executable ? 0 : segment->writable ? READ_WRITE : READ_ONLY;

        tables_map(tables, KERNEL_BASE + segment->start, kernel_base + segment->start, size, flags);
        if (!segment->writable)
            tables_map(tables, DIRECT_BASE + kernel_base + segment->start,
                       kernel_base + segment->start, size, READ_ONLY);
    }
    for (unsigned i = 0; i < node->extent_count; i++)
        tables_map(tables, DIRECT_BASE + node->extents[i].base, node->extents[i].base,
                   node->extents[i].size, READ_WRITE);
}

static void map_shared_memory(struct tables *tables, const struct machine *machine, uint32_t node)
{
    uint64_t row = machine->node_count * machine->ring_size;

    tables_map(tables, STORE_BASE, machine->store_base, machine->store_size, READ_ONLY);
    tables_map(tables, IMAGE_BASE, machine->root.base, machine->root.size, READ_ONLY);
    for (uint32_t i = 0; i < machine->node_count; i++)
        tables_map(tables, PUBLISHED_BASE + i * PUBLISHED_SIZE,
                   machine->published_base + i * PUBLISHED_SIZE, PUBLISHED_SIZE,
                   i == node ? READ_WRITE : READ_ONLY);
    for (uint32_t i = 0; i < machine->node_count; i++)
        tables_map(tables, CHANNEL_BASE + i * row, machine->channels_base + i * row, row,
                   i == node ? READ_WRITE : READ_ONLY);
    tables_map(tables, DEVICE_LAPIC, machine->lapic_base, PAGE_SIZE, DEVICE);
    if (machine->ioapic_base != 0)
        tables_map(tables, DEVICE_IOAPIC, machine->ioapic_base, PAGE_SIZE, DEVICE);
    /* Executable and not writable, until the kernel has left it behind. */
    tables_map(tables, TRAMPOLINE_PHYS, TRAMPOLINE_PHYS, PAGE_SIZE, 0);
    tables_reserve(tables, STACK_AREA_BASE);
    tables_reserve(tables, REPAIR_BASE);
}

/* Upper bound for the page-table frames of a node, so that one mapping covers all we write. */
static uint64_t frames_needed(const struct machine *machine, const struct machine_node *node,
                              uint64_t kernel_size)
{
    uint64_t frames = 1 + 16; /* root; trampoline, devices, reserved areas: 3 + 2 * 3 + 2 + 2 */

    frames += 2 * tables_frames_max(kernel_size, false);
    for (unsigned i = 0; i < node->extent_count; i++)
        frames += tables_frames_max(node->extents[i].size, true);
    frames += tables_frames_max(machine->store_size, false);
    frames += tables_frames_max(machine->root.size, false);
    frames += tables_frames_max(machine->node_count * PUBLISHED_SIZE, false);
    frames += tables_frames_max(
        (uint64_t)machine->node_count * machine->node_count * machine->ring_size, false);
    return frames;
}

static void published_begin(const struct machine *machine, uint32_t node, uint32_t incarnation,
                            const struct start_host *host)
{
    struct published *published =
        host->map(machine->published_base + node * PUBLISHED_SIZE, PAGE_SIZE);

    if (published == NULL)
        return;
    atomic_store(&published->magic_version, 1);
    atomic_store(&published->incarnation, incarnation);
    atomic_store(&published->state, NODE_STARTING);
}

/* The partition holds [start page][kernel][tables] from `offset` on, at most `room` bytes. */
static int load_at(const struct machine *machine, uint32_t node, uint32_t incarnation,
                   const struct start_host *host, uint64_t offset, uint64_t room)
{
    const struct machine_node *self = &machine->nodes[node];
    uint64_t base = self->extents[0].base + offset;
    uint64_t kernel_base = base + PAGE_SIZE;
    struct kernel_elf elf;
    struct tables tables;
    const void *file;
    int error = kernel_find(machine, host, &file, &elf);

    if (error != START_OK)
        return error;
    uint64_t tables_offset = PAGE_SIZE + elf.size;
    uint64_t size = tables_offset + frames_needed(machine, self, elf.size) * PAGE_SIZE;

    if (size > room)
        return START_NO_ROOM;
    char *memory = host->map(base, size);

    if (memory == NULL)
        return START_NO_ROOM;
    kernel_copy(host, memory + PAGE_SIZE, file, &elf);
    tables_begin(&tables, memory, base, tables_offset, size);
    map_own_memory(&tables, self, &elf, kernel_base);
    map_shared_memory(&tables, machine, node);
    if (tables.full)
        return START_NO_ROOM;

    struct start_page *page = (struct start_page *)(void *)memory;

    memset(page, 0, PAGE_SIZE);
    page->info = (struct start_info){
        .magic = START_MAGIC,
        .node = node,
        .incarnation = incarnation,
        .free_base = base + tables.next,
        .kernel_base = kernel_base,
        .page_table = tables.root,
        .started_tsc = __builtin_ia32_rdtsc(),
    };
    page->entry = elf.entry;
    published_begin(machine, node, incarnation, host);
    return START_OK;
}

int start_load(const struct machine *machine, uint32_t node, uint32_t incarnation,
               const struct start_host *host)
{
    return load_at(machine, node, incarnation, host, 0, machine->nodes[node].extents[0].size);
}

int start_load_beside(const struct machine *machine, const struct start_info *running,
                      uint32_t incarnation, const struct start_host *host,
                      const struct start_page **page)
{
    uint64_t base = machine->nodes[running->node].extents[0].base;
    uint64_t offset = running->kernel_base - base < START_HALF ? START_HALF : 0;
    int error = load_at(machine, running->node, incarnation, host, offset, START_HALF);

    *page = error == START_OK ? host->map(base + offset, PAGE_SIZE) : NULL;
    return *page == NULL && error == START_OK ? START_NO_ROOM : error;
}

const char *start_error_text(int error)
{
    switch (error) {
    case START_OK:
        return "started";
    case START_KERNEL_ALTERED:
        return "both kernel copies in the boot store are altered; reset the machine";
    case START_KERNEL_BAD_ELF:
        return "the kernel in the system image is no valid ELF file; make the image again";
    case START_NO_ROOM:
        return "the kernel does not fit into the node's memory; use fewer nodes or more memory";
    case START_NO_ANSWER:
        return "its core does not answer; the machine goes on without it";
    case START_BOOT_CORE:
        return "this firmware cannot restart the boot core; reset the machine to have it back";
    default:
        return "unknown error";
    }
}
