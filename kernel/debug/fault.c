/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults on purpose, to show that they end this node and no other. Boot options:
 *   fault@1=NAME         what to do (table below; docs/debugging.md), here on node 1
 *   fault-after@1=MS     so long after the start of init, in the timer's interrupt; otherwise at
 * once fault-in@1=WHERE     log: in the midst of a kernel message; keys: while the console moves a
 * key The accesses are instructions that no compiler and no sanitizer looks at.
 */
#include "arch/arch.h"
#include "device/console.h"
#include "lib/log.h"
#include "lib/string.h"
#include "linux/control.h"
#include "node/self.h"
#include "thread/timer.h"

#define NO_INLINE __attribute__((noinline)) /* the names stand in the epitaph's stack */
#define PATTERN   0x2a2a2a2aU

void kernel_main(const struct start_info *start);

static void (*chosen)(void);

static NO_INLINE void word_write(uintptr_t address)
{
    asm volatile("movl %1, (%0)" ::"r"(address), "r"(PATTERN) : "memory");
}

static NO_INLINE void word_read(uintptr_t address)
{
    uint32_t word;
    asm volatile("movl (%1), %0" : "=r"(word) : "r"(address) : "memory");
}

static uint32_t neighbour(void)
{
    return (self_node() + 1) % machine->node_count;
}

static NO_INLINE void fault_partition(void)
{
    const struct machine_node *other = &machine->nodes[neighbour()];
    word_write(DIRECT_BASE + other->extents[0].base + PAGE_SIZE);
}

static NO_INLINE void fault_peek(void)
{
    word_read(DIRECT_BASE + machine->nodes[neighbour()].extents[0].base + PAGE_SIZE);
}

static NO_INLINE void fault_published(void)
{
    word_write((uintptr_t)&published_of(neighbour())->state);
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

static NO_INLINE unsigned descend(volatile unsigned *depth)
{
    unsigned room[16] = {*depth};
    volatile unsigned *next = room;
    *next += 1;
    return *depth == UINT32_MAX ? 0 : descend(next) + *next;
}

static NO_INLINE void fault_stack(void)
{
    volatile unsigned depth = 0;
    word_write((uintptr_t)&depth + 0 * descend(&depth));
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

static NO_INLINE void fault_instruction(void)
{
    asm volatile("ud2");
}

static NO_INLINE void fault_canonical(void)
{
    word_read(0x8000000000000000);
}

static NO_INLINE void fault_divide(void)
{
    asm volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" ::: "eax", "ecx", "edx");
}

static NO_INLINE void fault_assert(void)
{
    ASSERT(self_node() == NODES_MAX);
}

static NO_INLINE void fault_undefined(void)
{
    volatile int number = INT32_MAX;
    /* cppcheck-suppress integerOverflow ; this fault is wanted: UBSan has to report it */
    number = number + 1;
}

static const struct {
    const char *name;
    void (*fault)(void);
} faults[] = {
    {"partition", fault_partition},
    {"peek", fault_peek},
    {"published", fault_published},
    {"store", fault_store},
    {"image", fault_image},
    {"text", fault_text},
    {"text-direct", fault_text_direct},
    {"null", fault_null},
    {"user", fault_user},
    {"stack", fault_stack},
    {"nx", fault_nx},
    {"jump", fault_jump},
    {"instruction", fault_instruction},
    {"canonical", fault_canonical},
    {"divide", fault_divide},
    {"assert", fault_assert},
    {"undefined", fault_undefined},
};

static NO_INLINE void fault_now(void)
{
    chosen();
    log_line("fault: nothing happened"); /* this wall does not hold */
}

static void fault_fire(struct timer *timer)
{
    fault_now();
}

static void fault_begin(void)
{
    static struct timer timer;
    char name[32];
    uint64_t after = option_number("fault-after", 0);

    if (option_get("fault", name, sizeof(name)) < 0 ||
        (self_start.incarnation > 1 && option_get("fault-again", NULL, 0) < 0))
        return;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        if (strcmp(faults[i].name, name) == 0)
            chosen = faults[i].fault;
    }
    if (!chosen)
        panic("option fault=%s: no such fault; see docs/debugging.md", name);
    if (option_is("fault-in", "keys")) {
        console_keys_arrived = fault_now;
    } else if (option_is("fault-in", "log")) {
        log_notify = fault_now;
        log_line("fault: in this line");
    } else if (after == 0) {
        fault_now();
    } else {
        if (timer_init(&timer, fault_fire) != 0)
            panic("no memory for a timer");
        timer_set(&timer, arch_clock() + after * 1000000);
    }
}

void (*const fault_start)(void) = fault_begin;
