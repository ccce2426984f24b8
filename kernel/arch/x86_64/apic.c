/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local APIC of this core, as registers in memory or as MSRs (x2APIC).
 */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"

enum apic_register {
    APIC_ID = 0x20,
    APIC_TASK_PRIORITY = 0x80,
    APIC_END_OF_INTERRUPT = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_ERROR = 0x280,
    APIC_COMMAND = 0x300,
    APIC_COMMAND_TARGET = 0x310,
    APIC_TIMER = 0x320,
    APIC_THERMAL = 0x330,
    APIC_COUNTERS = 0x340,
    APIC_LINE0 = 0x350,
    APIC_LINE1 = 0x360,
    APIC_LINE_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_DIVIDE = 0x3e0,
};
#define LINE_MASKED        0x10000U
#define LINE_NMI           0x400U
#define TIMER_TSC_DEADLINE 0x40000U
#define COMMAND_BUSY       0x1000U
#define COMMAND_ASSERT     0x4000U
#define DIVIDE_BY_1        0xbU
#define DIVIDE_BY_128      0xaU
#define BASE_ENABLE        0x800UL
#define BASE_X2APIC        0x400UL

static bool timer_is_off;
static uint32_t timer_divide;

static uint32_t apic_read(enum apic_register index)
{
    if (cpu.x2apic)
        return (uint32_t)msr_read(MSR_X2APIC + (index >> 4));
    return *(volatile uint32_t *)(DEVICE_LAPIC + index);
}

static void apic_write(enum apic_register index, uint32_t value)
{
    if (cpu.x2apic)
        msr_write(MSR_X2APIC + (index >> 4), value);
    else
        *(volatile uint32_t *)(DEVICE_LAPIC + index) = value;
}

/* All inputs of the two old 8259 controllers off. Before LINT0 is masked: what they already had
 * sent would else stay pending without a vector. */
static void old_controllers_mask(void)
{
    port_write8(0xa1, 0xff);
    port_write8(0x21, 0xff);
}

static const struct {
    enum apic_register index;
    uint32_t value;
} at_start[] = {
    {APIC_SPURIOUS, 0x100 | VECTOR_SPURIOUS},
    {APIC_TASK_PRIORITY, 0},
    {APIC_TIMER, LINE_MASKED},
    {APIC_THERMAL, LINE_MASKED},
    {APIC_COUNTERS, LINE_MASKED},
    {APIC_LINE0, LINE_MASKED},
    {APIC_LINE1, LINE_NMI},
    {APIC_LINE_ERROR, LINE_MASKED},
    {APIC_ERROR, 0},
};

void apic_init(const struct machine *machine)
{
    uint64_t base = msr_read(MSR_APIC_BASE) | BASE_ENABLE;

    old_controllers_mask();
    msr_write(MSR_APIC_BASE, base);
    if (cpu.x2apic)
        msr_write(MSR_APIC_BASE, base | BASE_X2APIC);
    for (size_t i = 0; i < COUNT_OF(at_start); i++)
        apic_write(at_start[i].index, at_start[i].value);
    timer_divide = DIVIDE_BY_1;
    apic_write(APIC_TIMER_DIVIDE, timer_divide);
    apic_write(APIC_TIMER, VECTOR_TIMER | (cpu.tsc_deadline ? TIMER_TSC_DEADLINE : 0));
    /* Between the mode and the first deadline the processor wants the write to have arrived. */
    asm volatile("mfence" ::: "memory");
    apic_timer_ticks(0);
    apic_end_of_interrupt();
}

void apic_end_of_interrupt(void)
{
    apic_write(APIC_END_OF_INTERRUPT, 0);
}

uint32_t apic_id(void)
{
    uint32_t id = apic_read(APIC_ID);

    return cpu.x2apic ? id : id >> 24;
}

/* A write to the APIC is slow under emulation, so "off" is written once, and a shot that nobody
 * waits for any more is left to come. */
void apic_timer_ticks(uint64_t ticks)
{
    uint32_t divide = DIVIDE_BY_1;

    if (ticks == 0 && timer_is_off)
        return;
    timer_is_off = ticks == 0;
    if (ticks > UINT32_MAX) {
        divide = DIVIDE_BY_128;
        ticks = ticks >> 7 > UINT32_MAX ? UINT32_MAX : ticks >> 7;
    }
    if (divide != timer_divide) {
        timer_divide = divide;
        apic_write(APIC_TIMER_DIVIDE, divide);
    }
    apic_write(APIC_TIMER_INITIAL, (uint32_t)ticks);
}

static void command_send(uint32_t target, uint32_t command)
{
    if (cpu.x2apic) {
        asm volatile("mfence" ::: "memory"); /* what was published comes first */
        msr_write(MSR_X2APIC + (APIC_COMMAND >> 4),
                  (uint64_t)target << 32 | COMMAND_ASSERT | command);
        return;
    }
    for (unsigned tries = 0; apic_read(APIC_COMMAND) & COMMAND_BUSY && tries < 100000; tries++)
        asm volatile("pause");
    apic_write(APIC_COMMAND_TARGET, target << 24);
    apic_write(APIC_COMMAND, COMMAND_ASSERT | command);
}

void arch_doorbell(uint32_t target)
{
    command_send(target, VECTOR_DOORBELL);
}

void arch_nmi(uint32_t target)
{
    command_send(target, LINE_NMI);
}

volatile uint32_t *arch_apic_registers(void)
{
    return cpu.x2apic ? NULL : (volatile uint32_t *)DEVICE_LAPIC;
}
