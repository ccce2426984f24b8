/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the machine: power off and reset, by whatever way the plan names. */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"

#define SLEEP_ENABLE      0x2000U
#define SLEEP_TYPE        0x1c00U
#define SLEEP_ENABLE_BYTE 0x20U
#define DEVICE_SLEEP      (DEVICE_BASE + 2 * PAGE_SIZE)

static uint16_t exit_port;

void arch_exit_port(uint16_t port)
{
    exit_port = port;
}

static void sleep_enter(uint32_t port, uint32_t type)
{
    uint16_t kept = port_read16((uint16_t)port) & (uint16_t)~SLEEP_TYPE;

    port_write16((uint16_t)port, (uint16_t)(kept | type << 10 | SLEEP_ENABLE));
}

static void sleep_control_write(uint8_t value)
{
    uint64_t address = cpu_machine->sleep_control;

    if (cpu_machine->sleep_control_io)
        port_write8((uint16_t)address, value);
    else if (arch_map(&kernel_space, DEVICE_SLEEP, address & ~(PAGE_SIZE - 1),
                      PAGE_WRITE | PAGE_UNCACHED) == 0)
        *(volatile uint8_t *)(DEVICE_SLEEP + address % PAGE_SIZE) = value;
}

void arch_power_off(int status)
{
    const struct machine *plan = cpu_machine;

    /* QEMU ends with value * 2 + 1; never 1, which is its own failure. tool/words.c reads it. */
    if (exit_port)
        port_write32(exit_port, 0x40 | (status == 0 ? 0 : status & 0x3f ? status & 0x3f : 1));
    if (plan && plan->pm1a_control) {
        sleep_enter(plan->pm1a_control, plan->sleep_type_a);
        if (plan->pm1b_control)
            sleep_enter(plan->pm1b_control, plan->sleep_type_b);
    } else if (plan && plan->sleep_control) {
        sleep_control_write((uint8_t)(plan->sleep_type_a << 2 | SLEEP_ENABLE_BYTE));
    }
    arch_halt();
}

void arch_reset(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) nothing = {0, 0};

    if (cpu_machine && cpu_machine->reset_port)
        port_write8((uint16_t)cpu_machine->reset_port, (uint8_t)cpu_machine->reset_value);
    port_write8(0xcf9, 0x06);
    port_write8(0x64, 0xfe); /* keyboard controller */
    /* Without an interrupt table any exception is a triple fault, which resets. */
    asm volatile("lidt %0\n\tint3" ::"m"(nothing));
    arch_halt();
}
