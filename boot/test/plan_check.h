/* SPDX-License-Identifier: Apache-2.0 */
/* What must be true of every plan, whatever the machine: for boot/test/plan_test.c and plan_fuzz.c.
 */
#pragma once
#include <stdio.h>
#include <stdlib.h>

#include "abi/channel.h"
#include "boot/plan.h"

#define PLAN_MUST(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct plan_pieces {
    unsigned count;
    struct extent list[NODES_MAX * EXTENTS_MAX + 9];
};

static inline bool extents_overlap(struct extent a, struct extent b)
{
    return a.base < b.base + b.size && b.base < a.base + a.size;
}

/* Fully inside memory that some range calls usable and no range calls anything else. */
static inline void piece_is_usable(const struct plan_input *input, struct extent piece)
{
    uint64_t at = piece.base, end = piece.base + piece.size;

    for (bool more = true; more && at < end;) {
        more = false;
        for (uint32_t i = 0; i < input->range_count; i++) {
            uint64_t stop = input->ranges[i].base + input->ranges[i].size;

            if (input->ranges[i].usable && input->ranges[i].base <= at &&
                (stop > at || stop < input->ranges[i].base)) {
                at = stop < input->ranges[i].base ? UINT64_MAX : stop;
                more = true;
            }
        }
    }
    PLAN_MUST(at >= end);
    for (uint32_t i = 0; i < input->range_count; i++) {
        struct extent other = {input->ranges[i].base, input->ranges[i].size};

        if (other.size > UINT64_MAX - other.base)
            other.size = UINT64_MAX - other.base;
        PLAN_MUST(input->ranges[i].usable || other.size == 0 || !extents_overlap(piece, other));
    }
}

static inline void node_is_sound(const struct plan_input *input, const struct machine *machine,
                                 uint32_t node, struct plan_pieces *pieces)
{
    const struct machine_node *self = &machine->nodes[node];
    uint64_t size = 0, first_size = 0;

    PLAN_MUST(self->extent_count >= 1 && self->extent_count <= EXTENTS_MAX);
    PLAN_MUST(self->extents[0].size >= FIRST_EXTENT_MIN);
    for (uint32_t i = 0; i < self->extent_count; i++) {
        PLAN_MUST(self->extents[i].base % LARGE_PAGE_SIZE == 0);
        PLAN_MUST(self->extents[i].size % LARGE_PAGE_SIZE == 0 && self->extents[i].size > 0);
        piece_is_usable(input, self->extents[i]);
        pieces->list[pieces->count++] = self->extents[i];
        size += self->extents[i].size;
    }
    for (uint32_t i = 0; i < machine->nodes[0].extent_count; i++)
        first_size += machine->nodes[0].extents[i].size;
    PLAN_MUST(size >= NODE_MEMORY_MIN && size == first_size);
    for (uint32_t i = 0; i < node; i++)
        PLAN_MUST(machine->nodes[i].apic_id != self->apic_id);
}

static inline void plan_is_sound(const struct plan_input *input, const struct machine *machine)
{
    static struct plan_pieces pieces;
    uint64_t kernel_end = machine->kernel[1].base + machine->kernel[1].size;

    pieces.count = 0;
    PLAN_MUST(machine->node_count >= 1 && machine->node_count <= NODES_MAX);
    PLAN_MUST(input->nodes_wanted == 0 || machine->node_count == input->nodes_wanted);
    PLAN_MUST(machine->boot_node == 0 && machine->nodes[0].apic_id == input->boot_core);
    for (uint32_t i = 0; i < machine->node_count; i++)
        node_is_sound(input, machine, i, &pieces);
    struct extent store = {machine->store_base, machine->store_size};
    struct extent published = {machine->published_base, machine->node_count * PUBLISHED_SIZE};
    struct extent channels = {machine->channels_base, (uint64_t)machine->node_count *
                                                          machine->node_count * machine->ring_size};
    struct extent root = {input->root.base, (input->root.size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1)};

    PLAN_MUST(machine->ring_size >= RING_SIZE_MIN && machine->ring_size <= RING_SIZE_MAX);
    PLAN_MUST((machine->ring_size & (machine->ring_size - 1)) == 0);
    PLAN_MUST(channels.base % PAGE_SIZE == 0 && channels.base != 0);
    PLAN_MUST(store.base + store.size <= 0x100000000UL);
    PLAN_MUST(machine->start_table > store.base && kernel_end <= store.base + store.size);
    PLAN_MUST(machine->start_table >= store.base + sizeof(struct machine));
    PLAN_MUST(machine->start_table + PAGE_SIZE <= store.base + machine->options_offset);
    PLAN_MUST(machine->options_offset + machine->options_size <=
              machine->kernel[0].base - store.base);
    PLAN_MUST(machine->kernel[0].base + machine->kernel[0].size <= machine->kernel[1].base);
    PLAN_MUST(!extents_overlap(store, input->module) && !extents_overlap(published, input->module));
    piece_is_usable(input, store);
    piece_is_usable(input, published);
    piece_is_usable(input, channels);
    pieces.list[pieces.count++] = channels;
    pieces.list[pieces.count++] = store;
    pieces.list[pieces.count++] = published;
    pieces.list[pieces.count++] = root;
    pieces.list[pieces.count++] = input->loader;
    pieces.list[pieces.count++] = (struct extent){0, 0x100000};
    for (unsigned i = 0; i < pieces.count; i++)
        for (unsigned j = 0; j < i; j++)
            PLAN_MUST(!extents_overlap(pieces.list[i], pieces.list[j]));
}
