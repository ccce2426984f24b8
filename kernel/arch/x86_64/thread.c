/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel stacks and the switch between them. From the top down a stack holds: the XSAVE area of a
 * user thread, its user registers, then the calls. Below lies an unmapped guard page. Stacks of
 * ended threads are kept for the next ones.
 */
#include "arch/arch.h"
#include "arch/doors.h"
#include "arch/x86_64/cpu.h"
#include "lib/string.h"

#define SLOTS_MAX   8192
#define SLOT_SIZE   (KERNEL_STACK_SIZE + PAGE_SIZE)
#define STACK_PAGES (KERNEL_STACK_SIZE / PAGE_SIZE)
#define CACHED_MAX  64

_Static_assert(SLOTS_MAX *SLOT_SIZE <= 1UL << 30, "one table of tables of STACK_AREA is used");

struct arch_thread *running;

static uint64_t slots_used[SLOTS_MAX / 64];
static uint16_t cached[CACHED_MAX]; /* used slots whose stack is mapped but free */
static unsigned cached_count;

void switch_stack(uintptr_t *from_sp, uintptr_t to_sp);
extern const char thread_begin[];
NO_RETURN void enter_user(struct registers *registers);

static uintptr_t slot_bottom(unsigned slot)
{
    return STACK_AREA_BASE + slot * SLOT_SIZE + PAGE_SIZE;
}

static void stack_unmap(uintptr_t bottom, unsigned pages)
{
    for (unsigned i = 0; i < pages; i++) {
        struct arch_mapping mapping;
        uintptr_t page = bottom + i * PAGE_SIZE;

        ASSERT(arch_lookup(&kernel_space, page, &mapping));
        arch_unmap(&kernel_space, page);
        table_frame_free(mapping.frame);
    }
}

static bool stack_map(uintptr_t bottom)
{
    for (unsigned i = 0; i < STACK_PAGES; i++) {
        phys_addr frame = table_frame_alloc();

        if (!frame || arch_map(&kernel_space, bottom + i * PAGE_SIZE, frame, PAGE_WRITE) != 0) {
            if (frame)
                table_frame_free(frame);
            stack_unmap(bottom, i);
            return false;
        }
    }
    return true;
}

/* End of a new stack; 0: no memory or too many threads. */
static uintptr_t stack_alloc(void)
{
    if (cached_count > 0)
        return slot_bottom(cached[--cached_count]) + KERNEL_STACK_SIZE;
    for (unsigned word = 0; word < COUNT_OF(slots_used); word++) {
        unsigned slot;

        if (slots_used[word] == ~0UL)
            continue;
        slot = word * 64 + (unsigned)__builtin_ctzl(~slots_used[word]);
        if (!stack_map(slot_bottom(slot)))
            return 0;
        slots_used[word] |= 1UL << slot % 64;
        return slot_bottom(slot) + KERNEL_STACK_SIZE;
    }
    return 0;
}

static void stack_free(uintptr_t any_address)
{
    unsigned slot = (unsigned)((any_address - STACK_AREA_BASE) / SLOT_SIZE);

    ASSERT(slot < SLOTS_MAX && slots_used[slot / 64] >> slot % 64 & 1);
    if (cached_count < CACHED_MAX) {
        cached[cached_count++] = (uint16_t)slot;
        return;
    }
    stack_unmap(slot_bottom(slot), STACK_PAGES);
    slots_used[slot / 64] &= ~(1UL << slot % 64);
}

int arch_thread_create(struct arch_thread *thread, void (*entry)(void *), void *argument,
                       bool with_user_state)
{
    uintptr_t end = stack_alloc();
    uint64_t *frame;

    if (!end)
        return -12; /* ENOMEM */
    memset(thread, 0, sizeof(*thread));
    if (with_user_state) {
        end -= vector_area_size();
        thread->vector_state = (void *)end;
        vector_area_init(thread->vector_state);
    }
    thread->stack_top = end;
    frame = (uint64_t *)(end - sizeof(struct registers) - 64);
    memset(frame, 0, 64 + sizeof(struct registers));
    frame[2] = (uintptr_t)argument;     /* R13 */
    frame[3] = (uintptr_t)entry;        /* R12 */
    frame[6] = (uintptr_t)thread_begin; /* after R15 R14 R13 R12 RBX RBP */
    thread->kernel_sp = (uintptr_t)frame;
    return 0;
}

void arch_thread_destroy(struct arch_thread *thread)
{
    ASSERT(thread != running);
    vector_forget(thread);
    if (thread->stack_top)
        stack_free(thread->stack_top - 1);
    thread->stack_top = 0;
    thread->vector_state = NULL;
}

void arch_switch(struct arch_thread *from, struct arch_thread *to)
{
    running = to;
    if (to->vector_state)
        vector_switch(to);
    cpu_set_kernel_stack(to->stack_top);
    switch_stack(&from->kernel_sp, to->kernel_sp);
}

struct registers *arch_user_registers(const struct arch_thread *thread)
{
    return (struct registers *)(thread->stack_top - sizeof(struct registers));
}

void arch_enter_user(struct registers *registers)
{
    struct registers *top = arch_user_registers(running);

    /* Nothing of a thread's calls lies where its user registers do: see arch_thread_create. */
    if (registers != top)
        memcpy(top, registers, sizeof(*top));
    enter_user(top);
}

size_t arch_backtrace(uintptr_t rbp, uintptr_t *addresses, size_t max)
{
    size_t count = 0;

    while (count < max && rbp >= STACK_AREA_BASE && rbp % 8 == 0) {
        struct arch_mapping mapping;
        const uintptr_t *frame = (const uintptr_t *)rbp;

        /* A frame may reach into the guard page's neighbour; both words must be mapped. */
        if (rbp >= UINT64_MAX - 16 || !arch_lookup(&kernel_space, rbp, &mapping) ||
            !arch_lookup(&kernel_space, rbp + 8, &mapping) || frame[1] < KERNEL_BASE)
            break;
        addresses[count++] = frame[1];
        if (frame[0] <= rbp)
            break;
        rbp = frame[0];
    }
    return count;
}
