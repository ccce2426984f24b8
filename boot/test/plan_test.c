/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: boot/plan.c boot/ranges.c kernel/lib/format.c */
/* Plans for machines that exist and for thousands that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/test/plan_check.h"

#define MIB (1UL << 20)
#define GIB (1UL << 30)

static struct machine machine;
static char text[PLAN_TEXT_SIZE];
static uint32_t cores[600];
static struct boot_range ranges[16];

/* As QEMU's pc gives it: low memory, BIOS, memory up to 3 GiB at most, the rest above 4 GiB. */
static struct plan_input pc_input(uint32_t core_count, uint64_t memory)
{
    uint64_t low = memory < 3 * GIB ? memory : 3 * GIB;

    for (uint32_t i = 0; i < core_count; i++)
        cores[i] = i;
    ranges[0] = (struct boot_range){0, 0x9fc00, true};
    ranges[1] = (struct boot_range){0xf0000, 0x10000, false};
    ranges[2] = (struct boot_range){MIB, low - MIB - 0x20000, true};
    ranges[3] = (struct boot_range){low - 0x20000, 0x20000, false};
    ranges[4] = (struct boot_range){4 * GIB, memory - low, true};
    return (struct plan_input){
        .ranges = ranges,
        .range_count = 5,
        .cores = cores,
        .core_count = core_count,
        .loader = {MIB, 0x8b000},
        .module = {low - 0x20000 - 60 * MIB, 60 * MIB},
        .root = {low - 0x20000 - 58 * MIB, 58 * MIB},
        .kernel_size = 700000,
        .options_size = 100,
    };
}

static uint64_t share_of_node_0(void)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < machine.nodes[0].extent_count; i++)
        size += machine.nodes[0].extents[i].size;
    return size;
}

static void usual_machines(void **state)
{
    static const uint32_t counts[] = {1, 2, 3, 4, 7, 8, 16, 64};

    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        for (uint64_t memory = 512 * MIB; memory <= 40 * GIB; memory += memory / 3) {
            struct plan_input input = pc_input(counts[i], memory);

            memset(&machine, 0, sizeof(machine));
            if (memory < counts[i] * 200 * MIB + 100 * MIB)
                continue;
            assert_null(plan_make(&input, &machine, text));
            plan_is_sound(&input, &machine);
            assert_int_equal(machine.node_count, counts[i]);
            /* Nothing much is wasted. */
            assert_true(share_of_node_0() * counts[i] > (memory - 80 * MIB) / 100 * 93);
        }
}

static void nodes_option(void **state)
{
    struct plan_input input = pc_input(4, 2 * GIB);

    input.nodes_wanted = 2;
    assert_null(plan_make(&input, &machine, text));
    assert_int_equal(machine.node_count, 2);
    input.nodes_wanted = 5;
    assert_string_equal(plan_make(&input, &machine, text),
                        "option nodes=5, but there are only 4 cores; ask for fewer");
}

static void too_little_memory(void **state)
{
    struct plan_input input = pc_input(4, 600 * MIB);

    assert_string_equal(
        plan_make(&input, &machine, text),
        "too little memory: 537 MiB free for 4 nodes, each needs 192 MiB; add memory "
        "or use option nodes=2");
    input.nodes_wanted = 2;
    assert_null(plan_make(&input, &machine, text));
    input = pc_input(1, 100 * MIB);
    assert_non_null(strstr(plan_make(&input, &machine, text), "too little memory: 3"));
    input = pc_input(1, 62 * MIB);
    input.kernel_size = 30 * MIB;
    assert_non_null(strstr(plan_make(&input, &machine, text), "no room for the boot store"));
}

static void scattered_core_ids(void **state)
{
    struct plan_input input = pc_input(3, 2 * GIB);

    cores[0] = 300;
    cores[1] = 17;
    cores[2] = 4;
    input.boot_core = 17;
    assert_null(plan_make(&input, &machine, text));
    assert_int_equal(machine.nodes[0].apic_id, 17);
    assert_int_equal(machine.nodes[1].apic_id, 300);
    assert_int_equal(machine.nodes[2].apic_id, 4);
    input.boot_core = 99; /* not listed: it runs, so it is there */
    assert_null(plan_make(&input, &machine, text));
    assert_int_equal(machine.node_count, 4);
    assert_int_equal(machine.nodes[0].apic_id, 99);
    input.core_count = 0;
    assert_null(plan_make(&input, &machine, text));
    assert_int_equal(machine.node_count, 1);
}

static void more_cores_than_nodes(void **state)
{
    struct plan_input input = pc_input(600, 64 * GIB);

    input.boot_core = 599;
    assert_null(plan_make(&input, &machine, text));
    assert_int_equal(machine.node_count, NODES_MAX);
    plan_is_sound(&input, &machine);
}

static void trampoline_must_be_memory(void **state)
{
    struct plan_input input = pc_input(1, 2 * GIB);

    ranges[1] = (struct boot_range){0x8fff, 1, false};
    assert_non_null(strstr(plan_make(&input, &machine, text), "0x8000"));
    ranges[1] = (struct boot_range){0x9000, 1, false};
    assert_null(plan_make(&input, &machine, text));
}

static void extreme_ranges(void **state)
{
    struct plan_input input = pc_input(2, 2 * GIB);

    ranges[5] = (struct boot_range){UINT64_MAX - 5000, 5000, true};
    ranges[6] = (struct boot_range){UINT64_MAX - 5000, UINT64_MAX, false};
    ranges[7] = (struct boot_range){100UL << 40, 1UL << 40, true};
    input.range_count = 8;
    assert_null(plan_make(&input, &machine, text));
    plan_is_sound(&input, &machine);
    ranges[6] = (struct boot_range){0, UINT64_MAX, false};
    assert_non_null(plan_make(&input, &machine, text));
}

static uint64_t seed = 88172645463325252UL;

static uint64_t random_below(uint64_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % limit;
}

static void random_machines(void **state)
{
    unsigned made = 0;

    for (unsigned round = 0; round < 20000; round++) {
        struct plan_input input =
            pc_input(1 + (uint32_t)random_below(64), GIB + random_below(32 * GIB));

        for (input.range_count = 5; input.range_count < 16; input.range_count++)
            ranges[input.range_count] = (struct boot_range){
                random_below(24 * GIB),
                random_below(8) ? random_below(20 * MIB) : random_below(GIB), random_below(4) == 0};
        if (random_below(2))
            input.nodes_wanted = 1 + (uint32_t)random_below(input.core_count);
        input.boot_core = (uint32_t)random_below(input.core_count);
        /* The firmware gave us loader and module: they are memory. */
        bool valid = true;

        for (uint32_t i = 5; i < input.range_count; i++) {
            struct extent range = {ranges[i].base, ranges[i].size};

            valid &= !extents_overlap(range, input.module) && !extents_overlap(range, input.loader);
        }
        memset(&machine, 0, sizeof(machine));
        if (!valid || plan_make(&input, &machine, text) != NULL)
            continue;
        plan_is_sound(&input, &machine);
        made++;
    }
    assert_true(made > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_machines),        cmocka_unit_test(nodes_option),
        cmocka_unit_test(too_little_memory),     cmocka_unit_test(scattered_core_ids),
        cmocka_unit_test(more_cores_than_nodes), cmocka_unit_test(trampoline_must_be_memory),
        cmocka_unit_test(extreme_ranges),        cmocka_unit_test(random_machines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
