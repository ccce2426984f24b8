/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first I/O APIC, through which interrupts of the console line and of old cards come. Its two
 * registers are the machine's: a node writes them when it takes a line over, with interrupts off,
 * and nothing keeps another node from doing so at that moment.
 */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"

#define INPUT_MASKED 0x10000U

static void ioapic_write(uint32_t index, uint32_t value)
{
    *(volatile uint32_t *)DEVICE_IOAPIC = index;
    *(volatile uint32_t *)(DEVICE_IOAPIC + 0x10) = value;
}

void ioapic_route(const struct machine *machine, uint32_t gsi, bool active_low, bool level,
                  uint8_t vector, uint32_t core)
{
    uint32_t input = gsi - machine->ioapic_gsi_base;

    if (!machine->ioapic_base || gsi < machine->ioapic_gsi_base || input > 239)
        return;
    ioapic_write(0x10 + 2 * input, INPUT_MASKED);
    ioapic_write(0x11 + 2 * input, core << 24);
    if (!vector)
        return;
    ioapic_write(0x10 + 2 * input, vector | (active_low ? 0x2000U : 0) | (level ? 0x8000U : 0));
}

void arch_line_interrupt(uint32_t gsi, bool level, bool on)
{
    ioapic_route(cpu_machine, gsi, false, level, on ? VECTOR_DEVICE : 0, apic_id());
}
