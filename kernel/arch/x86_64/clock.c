/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time from the TSC, with the rate that was measured at boot: the same zero and the same scale on
 * all nodes and in the vDSO. Products are 128 bits wide, so a delta never overflows.
 */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"

#define NS_PER_SECOND 1000000000UL
#define TICK_SHIFT    30

const struct machine *cpu_machine;

static struct clock_parameters clock;
static uint64_t ticks_per_ns; /* of what drives the timer, << TICK_SHIFT */

void clock_init(const struct machine *machine)
{
    uint64_t mult = UINT64_MAX;
    uint32_t shift = 33;

    ASSERT(machine->tsc_hz >= 1000000 && machine->lapic_hz >= 1000000);
    while (mult > UINT32_MAX)
        mult = (NS_PER_SECOND << --shift) / machine->tsc_hz;
    clock = (struct clock_parameters){
        .tsc_base = machine->boot_tsc,
        .ns_base = 0,
        .wall.offset = machine->boot_wall_ns,
        .mult = (uint32_t)mult,
        .shift = shift,
    };
    ticks_per_ns =
        ((cpu.tsc_deadline ? machine->tsc_hz : machine->lapic_hz) << TICK_SHIFT) / NS_PER_SECOND;
}

nanoseconds arch_clock(void)
{
    uint64_t delta = tsc_read() - clock.tsc_base;

    if ((int64_t)delta < 0) /* a core whose TSC is a little behind that of the boot core */
        return 0;
    return (nanoseconds)((unsigned __int128)delta * clock.mult >> clock.shift);
}

/* Once in the text is enough. */
__attribute__((noinline)) nanoseconds arch_wall_offset(void)
{
    return wall_offset(&clock.wall, arch_clock());
}

__attribute__((cold)) void arch_wall_correct(nanoseconds offset)
{
    wall_correct(&clock.wall, arch_wall_offset(), offset, arch_clock());
}

const struct clock_parameters *arch_clock_parameters(void)
{
    return &clock;
}

void arch_timer_set(nanoseconds deadline)
{
    nanoseconds now = arch_clock();
    nanoseconds delta = deadline > now ? deadline - now : 0;
    uint64_t ticks = (uint64_t)((unsigned __int128)delta * ticks_per_ns >> TICK_SHIFT) + 1;

    if (cpu.tsc_deadline)
        msr_write(MSR_TSC_DEADLINE, deadline == UINT64_MAX ? 0 : tsc_read() + ticks);
    else
        apic_timer_ticks(deadline == UINT64_MAX ? 0 : ticks);
}

void arch_start_devices(const struct machine *machine)
{
    cpu_machine = machine;
    apic_init(machine);
}
