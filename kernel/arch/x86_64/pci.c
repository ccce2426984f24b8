/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration space of PCI through its two ports. They are one pair for all cores: arch/arch.h
 * says who may come here. */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA    0xcfc
#define ENABLE       0x80000000U

uint32_t arch_config_read(uint32_t location, uint32_t offset)
{
    port_write32(PORT_ADDRESS, ENABLE | location | offset);
    return port_read32(PORT_DATA);
}

void arch_config_write(uint32_t location, uint32_t offset, uint32_t value)
{
    port_write32(PORT_ADDRESS, ENABLE | location | offset);
    port_write32(PORT_DATA, value);
}

/* Intel SDM 3A 11.11: physical destination, fixed delivery, edge. */
bool arch_message_interrupt(uint64_t *address, uint32_t *data)
{
    uint32_t id = apic_id();

    *address = 0xfee00000UL | (uint64_t)(id & 0xff) << 12;
    *data = VECTOR_DEVICE;
    return id <= 0xff;
}
