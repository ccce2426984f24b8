/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: boot/plan.c boot/ranges.c kernel/lib/format.c */
/* Any memory map and any cores: there is a sound plan or a sentence. */
#include <string.h>

#include "boot/test/plan_check.h"

#define RANGES 64

struct fuzz_head {
    uint8_t nodes_wanted, core_count, first_core, padding;
    uint32_t module_pages, module_at, options_size, kernel_size;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine machine;
    static struct boot_range ranges[RANGES + 2];
    static uint32_t cores[256];
    char text[PLAN_TEXT_SIZE];
    struct fuzz_head head;
    uint32_t count = 2;

    if (size < sizeof(head))
        return 0;
    memcpy(&head, data, sizeof(head));
    data += sizeof(head);
    size -= sizeof(head);
    struct extent loader = {0x100000, 0x8b000};
    struct extent module = {0x200000 + (head.module_at & 0xfffffUL) * PAGE_SIZE,
                            (2 + (head.module_pages & 0xffff)) * PAGE_SIZE};
    struct extent root = {module.base + PAGE_SIZE, module.size - PAGE_SIZE};

    /* Loader and module are there, so they are memory; nothing else is certain. */
    ranges[0] = (struct boot_range){loader.base, loader.size, true};
    ranges[1] = (struct boot_range){module.base, module.size, true};
    for (; size >= 17 && count < RANGES; data += 17, size -= 17) {
        struct boot_range *range = &ranges[count];

        memcpy(&range->base, data, 8);
        memcpy(&range->size, data + 8, 8);
        if (data[16] & 2) { /* mostly what machines have */
            range->base &= 0x3ffffffffUL;
            range->size &= 0xffffffffUL;
        }
        range->usable = data[16] & 1;
        struct extent extent = {range->base, range->size};

        if (extent.size > UINT64_MAX - extent.base)
            extent.size = UINT64_MAX - extent.base;
        if (range->usable || (!extents_overlap(extent, loader) && !extents_overlap(extent, module)))
            count++;
    }
    for (uint32_t i = 0; i < head.core_count; i++)
        cores[i] = i * 3;
    struct plan_input input = {
        .ranges = ranges,
        .range_count = count,
        .cores = cores,
        .core_count = head.core_count,
        .boot_core = head.first_core,
        .nodes_wanted = head.nodes_wanted % 65,
        .loader = loader,
        .module = module,
        .root = root,
        .kernel_size = 1 + (head.kernel_size & 0xffffff),
        .options_size = 1 + (head.options_size & 0xffff),
    };
    const char *error = plan_make(&input, &machine, text);

    if (error == NULL)
        plan_is_sound(&input, &machine);
    else
        PLAN_MUST(error[0] != 0);
    return 0;
}
