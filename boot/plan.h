/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Divides the machine: a pure function from what was found to partitions, boot store, published
 * pages and channels. The same input always gives the same plan. Answers NULL or a sentence for the
 * operator.
 */
#pragma once
#include "abi/machine.h"
#include "boot/info.h"

#define NODE_MEMORY_MIN  (192UL << 20) /* a kernel, BEAM and its system processes need this */
#define FIRST_EXTENT_MIN (32UL << 20)  /* kernel copy and page tables lie in one piece */
#define PLAN_TEXT_SIZE   200

struct plan_input {
    const struct boot_range *ranges; /* the firmware's, in any order, may overlap */
    uint32_t range_count;
    const uint32_t *cores; /* APIC ids */
    uint32_t core_count;
    uint32_t boot_core;    /* becomes node 0 */
    uint32_t nodes_wanted; /* 0: one for each core */
    struct extent loader;  /* our own code and data */
    struct extent module;  /* the whole system image: untouched until the store is filled */
    struct extent root;    /* the part of it that stays; page-aligned */
    uint64_t kernel_size;
    uint64_t options_size;
};

/* Fills node_count, boot_node, nodes, store_*, options_*, kernel[].base/size, root.base/size,
 * published_base, channels_base, ring_size and start_table of machine. `text` holds the sentence
 * when it needs numbers. */
const char *plan_make(const struct plan_input *input, struct machine *machine,
                      char text[PLAN_TEXT_SIZE]);
