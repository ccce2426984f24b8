/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: usable memory minus what must not be touched; boot store, published pages and channels
 * out of it first; the rest, in 2 MiB units, in equal shares to the nodes. Nothing below 1 MiB is
 * used but the trampoline page, which must be ordinary memory.
 */
#include "boot/plan.h"

#include "abi/channel.h"
#include "boot/ranges.h"
#include "lib/format.h"

#define LOW_MEMORY_END 0x100000UL
#define LIMIT_4_GIB    0x100000000UL
#define MEMORY_LIMIT   (8UL << 40) /* boot/memory.h: what the loader can map */

static uint64_t round_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

/* Usable memory; what any entry calls unusable wins. */
static void memory_collect(const struct plan_input *input, struct ranges *memory)
{
    memory->count = 0;
    memory->overflow = false;
    for (uint32_t i = 0; i < input->range_count; i++) {
        const struct boot_range *range = &input->ranges[i];
        uint64_t end = range->base + range->size;

        if (end < range->base || end > MEMORY_LIMIT)
            end = MEMORY_LIMIT;
        if (range->usable && end > range->base)
            ranges_add(memory, range->base, end - range->base);
    }
    for (uint32_t i = 0; i < input->range_count; i++) {
        const struct boot_range *range = &input->ranges[i];
        uint64_t base = range->base & ~(PAGE_SIZE - 1), end = range->base + range->size;

        if (end < range->base || end > MEMORY_LIMIT)
            end = MEMORY_LIMIT;
        if (!range->usable && end > base)
            ranges_remove(memory, base, round_up(end, PAGE_SIZE) - base);
    }
    ranges_align(memory, PAGE_SIZE);
}

static bool trampoline_is_memory(const struct ranges *memory)
{
    for (uint32_t i = 0; i < memory->count; i++)
        if (memory->list[i].base <= TRAMPOLINE_PHYS &&
            memory->list[i].base + memory->list[i].size >= TRAMPOLINE_PHYS + PAGE_SIZE)
            return true;
    return false;
}

/* The boot core first, then the others in the firmware's order. */
static const char *cores_choose(const struct plan_input *input, struct machine *machine,
                                char text[PLAN_TEXT_SIZE])
{
    uint32_t count = 0, known = input->core_count;
    bool boot_is_listed = false;

    for (uint32_t i = 0; i < input->core_count; i++)
        boot_is_listed |= input->cores[i] == input->boot_core;
    known += !boot_is_listed;
    if (input->nodes_wanted > known) {
        format(text, PLAN_TEXT_SIZE, "option nodes=%u, but there %s only %u core%s; ask for fewer",
               input->nodes_wanted, known == 1 ? "is" : "are", known, known == 1 ? "" : "s");
        return text;
    }
    uint32_t wanted = input->nodes_wanted != 0 ? input->nodes_wanted : known;

    if (wanted > NODES_MAX)
        wanted = NODES_MAX;
    machine->nodes[count++].apic_id = input->boot_core;
    for (uint32_t i = 0; i < input->core_count && count < wanted; i++)
        if (input->cores[i] != input->boot_core)
            machine->nodes[count++].apic_id = input->cores[i];
    machine->node_count = count;
    machine->boot_node = 0;
    return NULL;
}

/* More nodes have smaller rings, so that all of them stay a small part of the memory. */
static uint64_t ring_size_for(uint32_t nodes)
{
    return nodes <= 8 ? 4 * RING_SIZE_MIN : nodes <= 16 ? 2 * RING_SIZE_MIN : RING_SIZE_MIN;
}

static uint64_t channels_size(uint64_t nodes)
{
    return nodes * nodes * ring_size_for((uint32_t)nodes);
}

/* Rows that are whole large pages begin at one. */
static bool channels_place(struct ranges *memory, struct machine *machine)
{
    uint64_t size = channels_size(machine->node_count), spare = 0;

    machine->ring_size = ring_size_for(machine->node_count);
    if (machine->node_count * machine->ring_size % LARGE_PAGE_SIZE == 0)
        spare = LARGE_PAGE_SIZE - PAGE_SIZE;
    uint64_t base = ranges_take(memory, size + spare, UINT64_MAX);

    if (base == 0)
        return false;
    machine->channels_base = round_up(base, spare + PAGE_SIZE);
    ranges_add(memory, base, machine->channels_base - base);
    ranges_add(memory, machine->channels_base + size, base + spare - machine->channels_base);
    return true;
}

static bool store_place(const struct plan_input *input, struct ranges *memory,
                        struct machine *machine)
{
    uint64_t kernel = round_up(input->kernel_size, PAGE_SIZE);
    uint64_t table = round_up(sizeof(struct machine), PAGE_SIZE);
    uint64_t options = table + PAGE_SIZE;
    uint64_t kernels = options + round_up(input->options_size, PAGE_SIZE);
    uint64_t size = kernels + 2 * kernel;
    /* Below 4 GiB, because the start table in it must be. */
    uint64_t base = ranges_take(memory, size, LIMIT_4_GIB);

    machine->store_base = base;
    machine->store_size = size;
    machine->start_table = (uint32_t)(base + table);
    machine->options_offset = (uint32_t)options;
    machine->options_size = (uint32_t)input->options_size;
    for (unsigned i = 0; i < 2; i++) {
        machine->kernel[i].base = base + kernels + i * kernel;
        machine->kernel[i].size = input->kernel_size;
    }
    machine->root.base = input->root.base;
    machine->root.size = input->root.size;
    machine->published_base = ranges_take(memory, machine->node_count * PUBLISHED_SIZE, UINT64_MAX);
    return base != 0 && machine->published_base != 0;
}

/* Takes up to size bytes for the node from the range at index. */
static uint64_t extent_take(struct ranges *memory, uint32_t index, uint64_t size,
                            struct machine_node *node)
{
    struct extent range = memory->list[index];
    uint64_t taken = range.size < size ? range.size : size;

    node->extents[node->extent_count++] = (struct extent){range.base, taken};
    ranges_remove(memory, range.base, taken);
    return taken;
}

/* First extent: the lowest range that is large enough. Then small pieces, which could be no one's
 * first extent, then the next ones in order. */
static bool partition_fill(struct ranges *memory, uint64_t size, struct machine_node *node)
{
    uint32_t i = 0;

    node->extent_count = 0;
    while (i < memory->count && memory->list[i].size < FIRST_EXTENT_MIN)
        i++;
    if (i == memory->count)
        return false;
    size -= extent_take(memory, i, size, node);
    while (size > 0 && memory->count > 0 && node->extent_count < EXTENTS_MAX) {
        uint32_t best = 0;

        /* The last free place must hold all that is left. */
        for (i = 0; i < memory->count; i++) {
            bool is_last = node->extent_count == EXTENTS_MAX - 1;

            if (is_last ? memory->list[i].size >= size : memory->list[i].size < FIRST_EXTENT_MIN) {
                best = i;
                break;
            }
        }
        size -= extent_take(memory, best, size, node);
    }
    return size == 0;
}

static bool partitions_fill(const struct ranges *memory, uint64_t size, struct machine *machine)
{
    static struct ranges left;

    left = *memory;
    for (uint32_t i = 0; i < machine->node_count; i++)
        if (!partition_fill(&left, size, &machine->nodes[i]))
            return false;
    return !left.overflow;
}

static uint64_t memory_total(const struct ranges *memory)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < memory->count; i++)
        total += memory->list[i].size;
    return total;
}

/* How many nodes would do? */
static const char *memory_is_too_little(uint64_t total, const struct machine *machine,
                                        char text[PLAN_TEXT_SIZE])
{
    uint64_t fitting = machine->node_count - 1; /* enough in sum, but in too many pieces? */

    while (fitting > 0 && fitting * NODE_MEMORY_MIN + channels_size(fitting) > total)
        fitting--;
    if (fitting == 0)
        format(text, PLAN_TEXT_SIZE,
               "too little memory: %lu MiB free, but a node needs %lu MiB; add memory", total >> 20,
               NODE_MEMORY_MIN >> 20);
    else
        format(
            text, PLAN_TEXT_SIZE,
            "too little memory: %lu MiB free for %u nodes, each needs %lu MiB; add memory or use "
            "option nodes=%lu",
            total >> 20, machine->node_count, NODE_MEMORY_MIN >> 20, fitting);
    return text;
}

static const char *memory_divide(struct ranges *memory, struct machine *machine,
                                 char text[PLAN_TEXT_SIZE])
{
    uint64_t all, total, size;

    ranges_align(memory, PAGE_SIZE);
    all = memory_total(memory);
    if (!channels_place(memory, machine))
        return memory_is_too_little(all, machine, text);
    ranges_align(memory, LARGE_PAGE_SIZE);
    total = memory_total(memory);
    size = total / machine->node_count & ~(LARGE_PAGE_SIZE - 1);
    /* Holes may make equal shares impossible at first: a little less each time. */
    while (size >= NODE_MEMORY_MIN) {
        if (partitions_fill(memory, size, machine))
            return NULL;
        size -= round_up(size / 64, LARGE_PAGE_SIZE);
    }
    return memory_is_too_little(all, machine, text);
}

const char *plan_make(const struct plan_input *input, struct machine *machine,
                      char text[PLAN_TEXT_SIZE])
{
    static struct ranges memory;
    const char *error;

    memory_collect(input, &memory);
    if (!trampoline_is_memory(&memory))
        return "no memory at 0x8000, where cores start; this machine is not supported";
    ranges_remove(&memory, 0, LOW_MEMORY_END);
    error = cores_choose(input, machine, text);
    if (error != NULL)
        return error;
    uint64_t module_base = input->module.base & ~(PAGE_SIZE - 1);
    uint64_t module_end = round_up(input->module.base + input->module.size, PAGE_SIZE);

    ranges_remove(&memory, input->loader.base, round_up(input->loader.size, PAGE_SIZE));
    /* Only what the firmware calls memory comes back to the pool once the image is unpacked. */
    static struct ranges module;

    module = memory;
    ranges_remove(&memory, module_base, module_end - module_base);
    if (!store_place(input, &memory, machine))
        return "too little memory: no room for the boot store below 4 GiB; add memory";
    ranges_remove(&module, 0, module_base);
    ranges_remove(&module, module_end, UINT64_MAX - module_end);
    ranges_remove(&module, input->root.base, round_up(input->root.size, PAGE_SIZE));
    for (uint32_t i = 0; i < module.count; i++)
        ranges_add(&memory, module.list[i].base, module.list[i].size);
    if (memory.overflow || module.overflow)
        return "the firmware's memory map has too many pieces; this machine is not supported";
    return memory_divide(&memory, machine, text);
}
