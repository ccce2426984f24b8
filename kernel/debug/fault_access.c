/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses that the page tables forbid. They are instructions that no compiler and no sanitizer
 * looks at. */
#include "arch/arch.h"
#include "debug/fault.h"

#define PATTERN 0x2a2a2a2aU

void kernel_main(const struct start_info *start);

static NO_INLINE void word_write(uintptr_t address)
{
    asm volatile("movl %1, (%0)" ::"r"(address), "r"(PATTERN) : "memory");
}

static NO_INLINE void word_read(uintptr_t address)
{
    uint32_t word;
    asm volatile("movl (%1), %0" : "=r"(word) : "r"(address) : "memory");
}

static NO_INLINE void fault_partition(void)
{
    const struct machine_node *other = &machine->nodes[fault_neighbour()];
    word_write(DIRECT_BASE + other->extents[0].base + PAGE_SIZE);
}

static NO_INLINE void fault_peek(void)
{
    word_read(DIRECT_BASE + machine->nodes[fault_neighbour()].extents[0].base + PAGE_SIZE);
}

static NO_INLINE void fault_published(void)
{
    word_write((uintptr_t)&published_of(fault_neighbour())->state);
}

static NO_INLINE void fault_foreign_ring(void)
{
    word_write(CHANNEL_BASE + fault_neighbour() * machine->node_count * machine->ring_size);
}

static NO_INLINE void fault_store(void)
{
    word_write(STORE_BASE + offsetof(struct machine, node_count));
}

static NO_INLINE void fault_image(void)
{
    word_write(IMAGE_BASE + 1024); /* the superblock */
}

static NO_INLINE void fault_text(void)
{
    word_write((uintptr_t)kernel_main);
}

/* The same page by its other address. */
static NO_INLINE void fault_text_direct(void)
{
    word_write(DIRECT_BASE + self_start.kernel_base + ((uintptr_t)kernel_main - KERNEL_BASE));
}

static NO_INLINE void fault_null(void)
{
    word_write(0);
}

/* A program's memory, but not through the functions that may. */
static NO_INLINE void fault_user(void)
{
    word_write(0x7ffffffff000 - 16);
}

static NO_INLINE void fault_canonical(void)
{
    word_read(0x8000000000000000);
}

static NO_INLINE void fault_nx(void)
{
    static uint8_t code[16] = {0xc3};
    asm volatile("call *%0" ::"r"(code) : "memory");
}

static NO_INLINE void fault_jump(void)
{
    asm volatile("call *%0" ::"r"(0x1234UL) : "memory");
}

const struct fault faults_access[] = {
    {"partition", fault_partition}, {"peek", fault_peek},
    {"published", fault_published}, {"foreign_ring", fault_foreign_ring},
    {"store", fault_store},         {"image", fault_image},
    {"text", fault_text},           {"text_direct", fault_text_direct},
    {"null", fault_null},           {"user", fault_user},
    {"canonical", fault_canonical}, {"nx", fault_nx},
    {"jump", fault_jump},           {NULL, NULL},
};
