/* SPDX-License-Identifier: Apache-2.0 */
/* Used when the node dies, so nothing here allocates, and every number of the file is checked: the
 * store may be what broke. */
#include "symbols.h"

#include <elf.h>

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
    if (!best)
        return NULL;
    *offset = address - best->st_value;
    return table.names + best->st_name;
}
