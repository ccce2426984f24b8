/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every node needs for the next restart, altered: the boot store, the page that cores start
 * at, the clock. No node can write these by accident (the store is mapped read-only, the rest not
 * at all): here it is mapped for writing first, as a bit flip in memory would not ask either. And
 * single bits of what this node publishes of lives.
 */
#include "arch/arch.h"
#include "debug/fault.h"
#include "lib/log.h"

#define WINDOW       (REPAIR_BASE + 0x4000000000UL) /* beyond any partition's size there */
#define CLOCK_INDEX  0x70
#define CLOCK_DATA   0x71
#define CLOCK_YEAR   0x09
#define CLOCK_HOURS  0x04
#define RESUME_PHYS  0x467UL /* where the firmware sends the boot core, after CMOS 0Ah */
#define FLIPPED_BITS 0x10

static void flip(phys_addr address)
{
    volatile uint8_t *byte = (volatile uint8_t *)(WINDOW + address % PAGE_SIZE);

    if (arch_map(&kernel_space, WINDOW, address & ~(PAGE_SIZE - 1), PAGE_WRITE) != 0)
        panic("no memory for a fault");
    *byte ^= FLIPPED_BITS;
    arch_unmap(&kernel_space, WINDOW);
    log_line("fault: altered the byte at %lx", address);
}

/* In the middle: in the text. */
static void kernel_alter(unsigned copy)
{
    flip(machine->kernel[copy].base + machine->kernel[copy].size / 2);
}

static NO_INLINE void fault_store_first(void)
{
    kernel_alter(0);
}

static NO_INLINE void fault_store_second(void)
{
    kernel_alter(1);
}

static NO_INLINE void fault_store_both(void)
{
    kernel_alter(0);
    kernel_alter(1);
}

static NO_INLINE void fault_store_machine(void)
{
    flip(machine->store_base + offsetof(struct machine, sleep_control_io));
}

static NO_INLINE void fault_trampoline(void)
{
    flip(TRAMPOLINE_PHYS);
    flip(TRAMPOLINE_PHYS + 64);
}

static NO_INLINE void fault_resume_address(void)
{
    flip(RESUME_PHYS);
}

/* Each would end or hold back the neighbour, or hold back all guardians. */
static NO_INLINE void fault_page_words(void)
{
    uint32_t other = fault_neighbour();

    self_published->fenced[other] ^= 1;
    self_published->offline[other] ^= 1;
    self_published->deaths_in_row[other] ^= 1;
    self_published->guardian_claim ^= 1;
}

static NO_INLINE void fault_page_life(void)
{
    self_published->incarnation ^= 1U << 31;
}

static void clock_write(uint8_t index, uint8_t value)
{
    asm volatile("outb %0, %1" ::"a"(index), "Nd"((uint16_t)CLOCK_INDEX));
    asm volatile("outb %0, %1" ::"a"(value), "Nd"((uint16_t)CLOCK_DATA));
}

/* The machine's clock says 1970, five in the morning (BCD). */
static NO_INLINE void fault_clock_jump(void)
{
    clock_write(CLOCK_YEAR, 0x70);
    clock_write(CLOCK_HOURS, 0x05);
}

const struct fault faults_store[] = {
    {"store_first", fault_store_first}, {"store_second", fault_store_second},
    {"store_both", fault_store_both},   {"store_machine", fault_store_machine},
    {"trampoline", fault_trampoline},   {"resume_address", fault_resume_address},
    {"clock_jump", fault_clock_jump},   {"page_words", fault_page_words},
    {"page_life", fault_page_life},     {NULL, NULL},
};
