/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function on the PCI bus, from the loader's description in the boot store (abi/machine.h): what
 * it is comes from there, its registers are mapped for the one node that owns it, and the bus
 * itself is only touched where arch/arch.h allows it.
 */
#pragma once
#include "abi/machine.h"
#include "lib/check.h"

enum pci_offset {
    PCI_VENDOR = 0x00,
    PCI_DEVICE = 0x02,
    PCI_COMMAND = 0x04,
    PCI_CLASS = 0x0b,
    PCI_LINE = 0x3c
};
enum pci_capability { PCI_VENDOR_SPECIFIC = 0x09, PCI_MESSAGES = 0x11 /* MSI-X */ };

/* Little-endian numbers of the description; 0 beyond its end. */
uint32_t pci_number(const struct machine_function *function, uint32_t offset, unsigned size);
#define PCI_CAPABILITIES_MAX 48 /* as many as fit: a list that bites its tail ends */
/* Where the next capability of this kind stands behind `after` (0: the first). 0: there is none. */
uint32_t pci_capability(const struct machine_function *function, enum pci_capability kind,
                        uint32_t after);
/* Registers within a BAR, mapped uncached for this node's life. NULL: they are not within it, or no
 * room. */
volatile void *pci_map(const struct machine_function *function, uint32_t bar, uint64_t offset,
                       uint64_t size);
/* May it read and write memory? */
void pci_master(const struct machine_function *function, bool on);
/* Its line to this core, if the firmware's number of it is an input of the I/O APIC. */
void pci_line_interrupt(const struct machine_function *function);
/* And no more: the line is another's, too. */
void pci_line_mask(const struct machine_function *function);
/* All its interrupts to this core. false: it has no MSI-X. */
bool pci_interrupt(const struct machine_function *function);
