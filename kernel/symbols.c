/* SPDX-License-Identifier: Apache-2.0 */
/* Used when the node dies, so nothing here allocates, and every number of the file is checked: the
 * store may be what broke. */
#include "symbols.h"

#include <elf.h>

#include "arch/arch.h"
#include "lib/format.h"
#include "lib/string.h"
#include "node/self.h"

struct symbol_table {
    const Elf64_Sym *symbols;
    size_t count;
    const char *names;
    size_t names_size;
};

static bool section_fits(const Elf64_Shdr *section, uint64_t file_size)
{
    return section->sh_offset <= file_size && section->sh_size <= file_size - section->sh_offset &&
           section->sh_offset % 8 == 0;
}

static bool table_find(struct symbol_table *table)
{
    const struct store_part *part = &machine->kernel[0];
    const char *file;
    const Elf64_Ehdr *header;
    const Elf64_Shdr *sections, *names;

    if (part->base < machine->store_base || part->size < sizeof(*header) ||
        part->base - machine->store_base > machine->store_size ||
        part->size > machine->store_size - (part->base - machine->store_base))
        return false;
    file = (const char *)STORE_BASE + (part->base - machine->store_base);
    header = (const Elf64_Ehdr *)(const void *)file;
    if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shoff % 8 != 0 ||
        header->e_shoff > part->size ||
        header->e_shnum > (part->size - header->e_shoff) / sizeof(Elf64_Shdr))
        return false;
    sections = (const Elf64_Shdr *)(const void *)(file + header->e_shoff);
    for (unsigned i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *section = &sections[i];

        if (section->sh_type != SHT_SYMTAB || section->sh_link >= header->e_shnum ||
            !section_fits(section, part->size))
            continue;
        names = &sections[section->sh_link];
        if (names->sh_offset > part->size || names->sh_size > part->size - names->sh_offset ||
            names->sh_size == 0 || file[names->sh_offset + names->sh_size - 1] != 0)
            continue;
        table->symbols = (const Elf64_Sym *)(const void *)(file + section->sh_offset);
        table->count = section->sh_size / sizeof(Elf64_Sym);
        table->names = file + names->sh_offset;
        table->names_size = names->sh_size;
        return true;
    }
    return false;
}

const char *symbol_find(uintptr_t address, uintptr_t *offset)
{
    struct symbol_table table;
    const Elf64_Sym *best = NULL;

    if (!machine || !table_find(&table))
        return NULL;
    for (size_t i = 0; i < table.count; i++) {
        const Elf64_Sym *symbol = &table.symbols[i];

        if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_name < table.names_size &&
            symbol->st_value <= address && (!best || symbol->st_value > best->st_value))
            best = symbol;
    }
    if (!best || (best->st_size > 0 && address - best->st_value >= best->st_size))
        return NULL;
    *offset = address - best->st_value;
    return table.names + best->st_name;
}

static bool extent_holds(const struct machine_node *node, phys_addr address)
{
    for (uint32_t i = 0; i < node->extent_count && i < EXTENTS_MAX; i++) {
        if (address - node->extents[i].base < node->extents[i].size)
            return true;
    }
    return false;
}

/* In the direct map, where only the own partition is mapped. */
static void direct_describe(phys_addr address, char *text, size_t size)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        if (extent_holds(&machine->nodes[node], address)) {
            format(text, size, "direct map, %s partition of node %u",
                   node == self_node() ? "own" : "the", node);
            return;
        }
    }
    string_copy(text, "direct map, no partition", size);
}

void address_describe(uintptr_t address, char *text, size_t size)
{
    static const struct {
        uintptr_t base, size;
        const char *name;
    } areas[] = {
        {0, USER_BASE, "a null pointer's page"},
        {USER_BASE, USER_END - USER_BASE, "a program's memory"},
        {STORE_BASE, IMAGE_BASE - STORE_BASE, "boot store"},
        {IMAGE_BASE, PUBLISHED_BASE - IMAGE_BASE, "boot store, root file system"},
        {CHANNEL_BASE, STACK_AREA_BASE - CHANNEL_BASE, "channels"},
        {STACK_AREA_BASE, STACK_AREA_SIZE, "kernel stacks"},
        {DEVICE_BASE, REPAIR_BASE - DEVICE_BASE, "device registers"},
        {KERNEL_BASE, -KERNEL_BASE, "own kernel"},
    };
    uintptr_t offset = address - PUBLISHED_BASE;
    const char *symbol;

    string_copy(text, "no area of the kernel's", size);
    for (size_t i = 0; i < COUNT_OF(areas); i++) {
        if (address - areas[i].base < areas[i].size)
            string_copy(text, areas[i].name, size);
    }
    if (address - DIRECT_BASE < DIRECT_SIZE)
        direct_describe(address - DIRECT_BASE, text, size);
    else if (offset / PUBLISHED_SIZE < machine->node_count)
        format(text, size, "published pages of node %lu", offset / PUBLISHED_SIZE);
    else if ((symbol = symbol_find(address, &offset)) != NULL)
        format(text, size, "own text, %s+0x%lx", symbol, offset);
}
