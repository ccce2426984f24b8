/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own memory: what the heap's red zones find, memory that is gone, and words written
 * at random into kernel objects (Ng and Chen's wild pointers). */
#include "arch/arch.h"
#include "debug/fault.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/string.h"
#include "linux/process.h"
#include "memory/frames.h"
#include "memory/heap.h"

#define OBJECT_SIZE 40U
#define OBJECTS     256 /* more than one slab of that size holds */
#define WILD_WORDS  256
#define SLAB_MAGIC  0x62616c73U /* kernel/memory/heap.c */

static void *object_make(void)
{
    void *object = heap_alloc(OBJECT_SIZE);

    if (!object)
        panic("no memory for a fault");
    return object;
}

/* Not known to the compiler to be outside. */
static NO_INLINE void object_write(void *object, size_t at, size_t size)
{
    volatile uint8_t *bytes = object;

    for (size_t i = 0; i < size; i++)
        bytes[at + i] = 0;
}

static NO_INLINE void fault_heap_overrun(void)
{
    void *object = object_make();

    object_write(object, OBJECT_SIZE, 8);
    heap_free(object);
}

static NO_INLINE void fault_off_by_one(void)
{
    void *object = object_make();

    object_write(object, OBJECT_SIZE, 1);
    heap_free(object);
}

static NO_INLINE void fault_double_free(void)
{
    void *object = object_make();

    heap_free(object);
    heap_free(object);
}

/* Found by whoever is given the object next. */
static NO_INLINE void fault_use_after_free(void)
{
    void *keeps_slab = object_make(), *object = object_make();

    heap_free(object);
    object_write(object, 8, 8);
    for (unsigned i = 0; i < OBJECTS; i++)
        (void)object_make();
    heap_free(keeps_slab);
}

/* What programs could have; the kernel keeps its reserve. */
static NO_INLINE void fault_memory_eat(void)
{
    size_t frames = 0;

    while (frame_alloc(FRAME_USER))
        frames++;
    log_line("fault: took %lu KiB", frames * PAGE_SIZE / 1024);
}

/* And the reserve. */
static NO_INLINE void fault_memory_eat_all(void)
{
    fault_memory_eat();
    while (frame_alloc(FRAME_KERNEL)) {
    }
}

uint64_t fault_random(void)
{
    static uint64_t state;

    if (!state)
        state = option_number("fault-seed", self_node() + 1) * 0x9e3779b97f4a7c15UL | 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* A wild table root would reset the machine, which nothing on this processor can prevent
 * (CAVEATS.md): address spaces are left out, so that what is shown is what can be contained. */
static bool has_address_space(const char *page)
{
    struct process *process;

    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->space && ((uintptr_t)process->space & ~(PAGE_SIZE - 1)) == (uintptr_t)page)
            return true;
    }
    return false;
}

static NO_INLINE void fault_wild_write(void)
{
    const struct extent *extent = &machine->nodes[self_node()].extents[0];
    unsigned written = 0;

    for (unsigned tries = 0; written < WILD_WORDS && tries < 1000000; tries++) {
        phys_addr frame = extent->base + fault_random() % (extent->size / PAGE_SIZE) * PAGE_SIZE;
        char *page = direct_pointer(frame);
        size_t at = 64 + fault_random() % (PAGE_SIZE - 64) / 8 * 8;

        if (frame_count(frame) == 0 || *(volatile uint32_t *)(page + 16) != SLAB_MAGIC ||
            has_address_space(page))
            continue;
        *(volatile uint64_t *)(page + at) = fault_random();
        written++;
    }
    log_line("fault: wrote %u words", written);
}

const struct fault faults_memory[] = {
    {"heap_overrun", fault_heap_overrun}, {"off_by_one", fault_off_by_one},
    {"double_free", fault_double_free},   {"use_after_free", fault_use_after_free},
    {"memory_eat", fault_memory_eat},     {"memory_eat_all", fault_memory_eat_all},
    {"wild_write", fault_wild_write},     {NULL, NULL},
};
