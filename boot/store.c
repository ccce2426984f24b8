/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot store: [machine description][start table][options][kernel][kernel again], then nobody
 * writes it any more. The root file system stays in the module, moved down by less than a page if
 * the module did not begin at one.
 */
#include "boot/store.h"

#include "boot/memory.h"
#include "boot/options.h"
#include "lib/checksum.h"
#include "lib/string.h"

#define ENTRY_PRESENT_WRITE_ACCESSED 0x23UL

/* One page that is all four levels of table at once: its entry 0 points to itself, so the walk for
 * TRAMPOLINE_PHYS stays in it until the last level, where entry 8 is the trampoline. Accessed and
 * dirty bits are set beforehand: no processor has a reason to write it. */
static void start_table_fill(uint64_t phys)
{
    uint64_t *table = memory_map(phys, PAGE_SIZE);

    memset(table, 0, PAGE_SIZE);
    table[0] = phys | ENTRY_PRESENT_WRITE_ACCESSED;
    table[TRAMPOLINE_PHYS / PAGE_SIZE] = TRAMPOLINE_PHYS | ENTRY_PRESENT_WRITE_ACCESSED;
}

/* For tests: option alter=N damages the first N copies of the kernel. */
static void copies_alter(const struct machine *machine, const char *options)
{
    uint64_t count;

    if (boot_option_number(options, "alter", &count) != OPTION_NUMBER)
        return;
    for (unsigned i = 0; i < 2 && i < count; i++) {
        char *copy = memory_map(machine->kernel[i].base, machine->kernel[i].size);

        copy[machine->kernel[i].size / 2] ^= 1;
    }
}

const struct machine *store_fill(struct machine *machine, const struct boot_info *info,
                                 const struct image_header *header)
{
    char *store = memory_map(machine->store_base, machine->store_size);
    const char *module = memory_map(info->module_base, info->module_size);
    char *root = memory_map(machine->root.base, machine->root.size);
    struct machine *stored = (struct machine *)(void *)store;

    memset(store, 0, machine->store_size);
    memcpy(store + machine->options_offset, info->options, info->options_size);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(memory_map(machine->kernel[i].base, machine->kernel[i].size),
               module + header->kernel.offset, header->kernel.size);
        machine->kernel[i].checksum = header->kernel.checksum;
    }
    copies_alter(machine, info->options);
    if (root != module + header->root.offset)
        memmove(root, module + header->root.offset, header->root.size);
    machine->root.checksum = header->root.checksum;
    start_table_fill(machine->start_table);
    machine->magic = MACHINE_MAGIC;
    machine->checksum = 0;
    machine->checksum = checksum_bytes(machine, sizeof(*machine));
    memcpy(stored, machine, sizeof(*machine));
    for (uint32_t i = 0; i < machine->node_count; i++)
        memset(memory_map(machine->published_base + i * PUBLISHED_SIZE, PUBLISHED_SIZE), 0,
               PUBLISHED_SIZE);
    return stored;
}
