/* SPDX-License-Identifier: Apache-2.0 */
/* PCI Local Bus 3.0: 6.7 capabilities, 6.8.2 MSI-X. */
#include "device/pci.h"

#include "arch/arch.h"

#define STATUS              0x06
#define STATUS_CAPABILITIES 0x10
#define CAPABILITIES        0x34
#define COMMAND_MASTER      4u
#define COMMAND_NO_LINE     0x400u
#define MESSAGES_ON         0x80000000u
#define MESSAGES_MASKED     0x40000000u
#define FIRST_SLOT          16 /* pages behind DEVICE_BASE: the first ones are abi/layout.h's */
#define SLOTS_MAX           512

uint32_t pci_number(const struct machine_function *function, uint32_t offset, unsigned size)
{
    uint32_t number = 0;

    for (unsigned i = 0; i < size && offset + i < CONFIG_SIZE; i++)
        number |= (uint32_t)function->config[offset + i] << 8 * i;
    return number;
}

uint32_t pci_capability(const struct machine_function *function, enum pci_capability kind,
                        uint32_t after)
{
    uint32_t at =
        after ? pci_number(function, after + 1, 1) : pci_number(function, CAPABILITIES, 1);

    if (!(pci_number(function, STATUS, 2) & STATUS_CAPABILITIES))
        return 0;
    for (unsigned i = 0; i < PCI_CAPABILITIES_MAX && at >= 0x40; i++) {
        at &= 0xfc;
        if (pci_number(function, at, 1) == (uint32_t)kind)
            return at;
        at = pci_number(function, at + 1, 1);
    }
    return 0;
}

volatile void *pci_map(const struct machine_function *function, uint32_t bar, uint64_t offset,
                       uint64_t size)
{
    static uint64_t slots = FIRST_SLOT;

    if (bar >= BARS || size == 0 || offset > function->bars[bar].size ||
        size > function->bars[bar].size - offset)
        return NULL;
    uint64_t base = function->bars[bar].base + offset, first = base & ~(PAGE_SIZE - 1);
    uint64_t pages = (base + size - first + PAGE_SIZE - 1) / PAGE_SIZE;
    uintptr_t at = DEVICE_BASE + slots * PAGE_SIZE;

    if (pages > SLOTS_MAX - slots)
        return NULL;
    for (uint64_t i = 0; i < pages; i++) {
        if (arch_map(&kernel_space, at + i * PAGE_SIZE, first + i * PAGE_SIZE,
                     PAGE_WRITE | PAGE_UNCACHED) != 0)
            return NULL;
        slots++;
    }
    return (volatile void *)(at + (base - first));
}

void pci_master(const struct machine_function *function, bool on)
{
    uint32_t command = arch_config_read(function->location, PCI_COMMAND) & 0xffff;

    command |= COMMAND_NO_LINE;
    arch_config_write(function->location, PCI_COMMAND,
                      on ? command | COMMAND_MASTER : command & ~COMMAND_MASTER);
}

/* Level, as PCI's lines are; high, as they come where they share the inputs of the old bus. */
void pci_line_interrupt(const struct machine_function *function)
{
    uint32_t command = arch_config_read(function->location, PCI_COMMAND) & 0xffff;

    arch_line_interrupt(pci_number(function, PCI_LINE, 1), true, true);
    arch_config_write(function->location, PCI_COMMAND, command & ~COMMAND_NO_LINE);
}

void pci_line_mask(const struct machine_function *function)
{
    arch_line_interrupt(pci_number(function, PCI_LINE, 1), true, false);
}

/* Entry 0 of the table is the one that drivers here use. */
bool pci_interrupt(const struct machine_function *function)
{
    uint32_t at = pci_capability(function, PCI_MESSAGES, 0);
    uint32_t table = at ? pci_number(function, at + 4, 4) : 0;
    uint64_t address;
    uint32_t data;
    volatile uint32_t *entry =
        at ? (volatile uint32_t *)pci_map(function, table & 7, table & ~7U, 16) : NULL;

    if (!entry || !arch_message_interrupt(&address, &data))
        return false;
    entry[0] = (uint32_t)address;
    entry[1] = (uint32_t)(address >> 32);
    entry[2] = data;
    entry[3] = 0;
    uint32_t control = arch_config_read(function->location, at);

    arch_config_write(function->location, at, (control | MESSAGES_ON) & ~MESSAGES_MASKED);
    return true;
}
