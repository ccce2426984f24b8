/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/hydros/core.N: the partition of a dead node as an ELF core file, which gdb opens with
 * kernel.elf. First the headers, then its memory as it lies there; the segments say at which
 * addresses its kernel had it: all of it in the direct map, its own copy, and the kernel stacks,
 * which its page tables tell. Everything there is read with distrust, through a window.
 */
#include "abi/elf.h"
#include "arch/arch.h"
#include "lib/string.h"
#include "linux/proc.h"
#include "memory/heap.h"
#include "node/self.h"
#include "start/elf.h"

#define WINDOW        (REPAIR_BASE + 0x80000000UL) /* behind those of node/repair.c */
#define SEGMENTS_MAX  1024                         /* stacks of some 250 threads */
#define HEADERS_SIZE  0x10000UL
#define REGISTERS     27 /* of struct user_regs_struct */
#define TABLE_ENTRIES 512

struct core_note { /* NT_PRSTATUS */
    uint32_t name_size, content_size, type;
    char name[8];
    uint8_t before[112];
    uint64_t registers[REGISTERS];
    uint64_t float_valid;
} __attribute__((packed));
_Static_assert(sizeof(struct core_note) == 20 + 336, "struct elf_prstatus");

struct core {
    uint32_t node, incarnation;
    unsigned count;
    struct elf_entry entries[SEGMENTS_MAX];
    struct core_note note;
};
_Static_assert(sizeof(struct elf_header) + sizeof(struct core) <= HEADERS_SIZE, "room");

/* Its core has been stopped, and nobody has begun with its next life. */
static bool is_readable(uint32_t node, uint32_t incarnation)
{
    bool fenced = false;
    for (uint32_t other = 0; other < machine->node_count; other++) {
        const struct published *page = published_of(other);
        fenced |= node_is_fenced_by(other, node, incarnation);
        if (page->guardian_step >= GUARDIAN_LOAD && page->guardian_target == node)
            return false;
    }
    return fenced && published_of(node)->incarnation == incarnation;
}

/* Where in the file a piece of its memory stands; 0: that is not its memory. */
static uint64_t offset_of(uint32_t node, phys_addr phys)
{
    const struct machine_node *partition = &machine->nodes[node];
    uint64_t offset = HEADERS_SIZE;
    for (uint32_t i = 0; i < partition->extent_count; i++) {
        if (phys - partition->extents[i].base < partition->extents[i].size)
            return offset + (phys - partition->extents[i].base);
        offset += partition->extents[i].size;
    }
    return 0;
}

/* The other way round; *left: bytes from there on in the same piece. */
static phys_addr phys_of(uint32_t node, uint64_t offset, uint64_t *left)
{
    const struct machine_node *partition = &machine->nodes[node];
    offset -= HEADERS_SIZE;
    for (uint32_t i = 0; i < partition->extent_count; i++) {
        const struct extent *extent = &partition->extents[i];
        if (offset < extent->size) {
            *left = extent->size - offset;
            return extent->base + offset;
        }
        offset -= extent->size;
    }
    return 0;
}

static phys_addr mapped;

static void window_close(void)
{
    if (mapped)
        arch_unmap(&kernel_space, WINDOW);
    mapped = 0;
}

/* One large page of it is mapped at a time. NULL: no memory for tables. */
static const void *window(phys_addr phys)
{
    phys_addr large = phys & ~(LARGE_PAGE_SIZE - 1);
    if (large != mapped) {
        window_close();
        if (arch_map_large(&kernel_space, WINDOW, large, 0) != 0)
            return NULL;
        mapped = large;
    }
    return (const char *)WINDOW + (phys - large);
}

static void segment_add(struct core *core, uintptr_t address, phys_addr phys, uint64_t size,
                        unsigned flags)
{
    uint64_t offset = offset_of(core->node, phys);
    struct elf_entry *last = &core->entries[core->count - 1];
    if (!offset || !offset_of(core->node, phys + size - 1))
        return;
    if (last->type == 1 && last->address + last->file_size == address &&
        last->offset + last->file_size == offset) {
        last->file_size = last->memory_size += size;
        return;
    }
    if (core->count < SEGMENTS_MAX)
        core->entries[core->count++] = (struct elf_entry){.type = ELF_LOAD,
                                                          .flags = flags,
                                                          .offset = offset,
                                                          .address = address,
                                                          .physical = phys,
                                                          .file_size = size,
                                                          .memory_size = size,
                                                          .alignment = PAGE_SIZE};
}

/* The pages below one table of its stack area, in the order of their addresses. */
static void table_walk(struct core *core, phys_addr table, uintptr_t base, int level)
{
    const uint64_t *entries = NULL;
    phys_addr frame;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
        if (offset_of(core->node, table))
            entries = window(table); /* again each time: deeper levels move it */
        if (!entries || !arch_table_entry(((const volatile uint64_t *)entries)[i], &frame))
            continue;
        uintptr_t address = base + ((uintptr_t)i << (12 + 9 * level));
        if (level == 0)
            segment_add(core, address, frame, PAGE_SIZE, 6);
        else if (core->count < SEGMENTS_MAX)
            table_walk(core, frame, address, level - 1);
    }
}

static uint64_t hex_read(const char *text)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 16; i++, text++) {
        unsigned digit = (unsigned char)(*text | 0x20);
        if (digit - '0' < 10)
            number = number << 4 | (digit - '0');
        else if (digit - 'a' < 6)
            number = number << 4 | (digit - 'a' + 10);
        else
            break;
    }
    return number;
}

/* The registers stand in the text of its last words. */
static void note_fill(struct core_note *note, const struct epitaph *epitaph)
{
    static const char names[REGISTERS][8] = {
        "r15 ", "r14 ", "r13 ", "r12 ", "rbp ", "rbx ", "r11 ", "r10 ",   "r9 ",  "r8 ", "rax ",
        "rcx ", "rdx ", "rsi ", "rdi ", "",     "rip ", "cs ",  "flags ", "rsp ", "ss "};
    char text[EPITAPH_TEXT + 1];
    memcpy(text, epitaph->text, EPITAPH_TEXT);
    text[EPITAPH_TEXT] = 0;
    *note = (struct core_note){
        .name_size = 5, .content_size = 336, .type = 1, .name = "CORE", .before = {6}};
    for (unsigned i = 0; i < REGISTERS; i++) {
        const size_t size = strlen(names[i]);
        for (const char *at = text; size && (at = strchr(at, names[i][0])) != NULL; at++) {
            if (strncmp(at, names[i], size) != 0 || (at > text && at[-1] != ' ' && at[-1] != '\n'))
                continue;
            while (at[size] == ' ')
                at++;
            note->registers[i] = hex_read(at + size);
            break;
        }
    }
}

static void segments_fill(struct core *core)
{
    const struct machine_node *partition = &machine->nodes[core->node];
    const struct store_part *kernel = &machine->kernel[0];
    const void *bytes = (const char *)STORE_BASE + (kernel->base - machine->store_base);
    struct kernel_elf elf;
    struct start_info start;
    core->entries[core->count++] =
        (struct elf_entry){.type = ELF_NOTE,
                           .offset = sizeof(struct elf_header) + offsetof(struct core, note),
                           .file_size = sizeof(core->note)};
    for (uint32_t i = 0; i < partition->extent_count; i++) {
        const struct extent *extent = &partition->extents[i];
        segment_add(core, DIRECT_BASE + extent->base, extent->base, extent->size, 6);
    }
    const void *first = window(partition->extents[0].base);
    if (!first)
        return;
    memcpy(&start, first, sizeof(start));
    if (start.magic != START_MAGIC)
        return;
    phys_addr top;
    unsigned index = STACK_AREA_BASE >> 39 & (TABLE_ENTRIES - 1);
    const uint64_t *root =
        offset_of(core->node, start.page_table) ? window(start.page_table) : NULL;
    if (root && arch_table_entry(root[index], &top))
        table_walk(core, top, STACK_AREA_BASE, 2);
    if (kernel_elf_read(bytes, kernel->size, &elf))
        segment_add(core, KERNEL_BASE, start.kernel_base, elf.size, 7);
}

static long headers_read(const struct core *core, struct io *io, uint64_t offset)
{
    static char page[PAGE_SIZE];
    const struct elf_header header = {.ident = ELF_IDENT,
                                      .type = ELF_CORE,
                                      .machine = ELF_X86_64,
                                      .version = 1,
                                      .entries_offset = sizeof(struct elf_header) +
                                                        offsetof(struct core, entries),
                                      .header_size = sizeof(struct elf_header),
                                      .entry_size = sizeof(struct elf_entry),
                                      .entry_count = (uint16_t)core->count};
    uint64_t base = offset & ~(PAGE_SIZE - 1), left = base + PAGE_SIZE - offset;
    for (uint64_t i = 0; i < PAGE_SIZE; i++) {
        uint64_t at = base + i;
        if (at < sizeof(header))
            page[i] = ((const char *)&header)[at];
        else if (at - sizeof(header) < sizeof(*core))
            page[i] = ((const char *)core)[at - sizeof(header)];
        else
            page[i] = 0;
    }
    return io_put(io, page + offset % PAGE_SIZE, left < io->remaining ? left : io->remaining);
}

static long core_read(struct file *file, struct io *io, int64_t *position)
{
    static char page[PAGE_SIZE];
    const struct core *core = file->data;
    long done = 0, moved = 0;
    while (io->remaining && *position >= 0) {
        uint64_t offset = (uint64_t)*position, left = 0;
        if (!is_readable(core->node, core->incarnation))
            return -EIO;
        if (offset < HEADERS_SIZE) {
            moved = headers_read(core, io, offset);
        } else {
            phys_addr phys = phys_of(core->node, offset, &left);
            const char *from = phys ? window(phys) : NULL;
            if (!from)
                break;
            left = PAGE_SIZE - phys % PAGE_SIZE;
            memcpy(page, from, left); /* the window may move while the program's page comes */
            moved = io_put(io, page, left < io->remaining ? left : io->remaining);
        }
        if (moved <= 0)
            break;
        *position += moved;
        done += moved;
        arch_poll_interrupts();
    }
    return done ? done : moved;
}

static int64_t core_seek(struct file *file, int64_t offset, int whence)
{
    int64_t to;
    if (whence > 1 || __builtin_add_overflow(whence ? file->position : 0, offset, &to) || to < 0)
        return -EINVAL;
    return file->position = to;
}

static int core_stat(struct file *file, struct linux_stat *stat)
{
    return inode_stat(file->inode, stat);
}

static void core_close(struct file *file)
{
    heap_free(file->data);
    window_close();
}

static const struct file_ops core_file_ops = {
    .kind = "core", .read = core_read, .seek = core_seek, .stat = core_stat, .close = core_close};

static int core_open(struct inode *inode, struct file *file)
{
    uint32_t node = (uint32_t)(uintptr_t)inode->data;
    uint32_t incarnation = published_of(node)->incarnation;
    if (!is_readable(node, incarnation))
        return -ENODATA;
    struct core *core = HEAP_NEW(struct core);
    if (!core)
        return -ENOMEM;
    core->node = node;
    core->incarnation = incarnation;
    note_fill(&core->note, &published_of(node)->epitaph);
    segments_fill(core);
    file->ops = &core_file_ops;
    file->data = core;
    return 0;
}

struct inode *proc_core_inode(uint32_t node)
{
    static const struct inode_ops ops = {.open = core_open};
    struct inode *inode = inode_create(S_IFREG | 0400, &ops);
    if (inode) {
        inode->data = (void *)(uintptr_t)node;
        inode->file_system = FS_PROC;
    }
    return inode;
}
