/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration space through ports (PCI Local Bus 3.0, 3.2.2.3.2), from bus 0 through all bridges.
 */
#include "boot/pci.h"

#include "boot/port.h"
#include "lib/check.h"
#include "lib/string.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA    0xcfc
#define ENABLE       0x80000000u
#define BUSES        256

enum config_offset {
    CONFIG_ID = 0x00,
    CONFIG_COMMAND = 0x04,
    CONFIG_CLASS = 0x08,
    CONFIG_HEADER = 0x0c,
    CONFIG_BAR = 0x10,
    CONFIG_BUSES = 0x18, /* of a bridge */
};
#define COMMAND_MEMORY     2u
#define COMMAND_MASTER     4u
#define HEADER_SEVERAL     0x00800000u /* the device has more functions than the first */
#define HEADER_TYPE        0x007f0000u
#define HEADER_TYPE_BRIDGE 0x00010000u
#define CLASS_NETWORK      2u
#define CLASS_BRIDGE       6u
#define BAR_PORTS          1u
#define BAR_WIDTH          6u
#define BAR_64             4u
#define BAR_FLAGS          15u

static uint32_t config_read(uint32_t location, uint32_t offset)
{
    port_write32(PORT_ADDRESS, ENABLE | location | offset);
    return port_read32(PORT_DATA);
}

static void config_write(uint32_t location, uint32_t offset, uint32_t value)
{
    port_write32(PORT_ADDRESS, ENABLE | location | offset);
    port_write32(PORT_DATA, value);
}

static bool bus_is_there(void)
{
    port_write32(PORT_ADDRESS, ENABLE);
    return port_read32(PORT_ADDRESS) == ENABLE;
}

/* All ones are written for a moment; what stays 0 is the size. */
static uint32_t bar_mask(uint32_t location, uint32_t offset)
{
    uint32_t before = config_read(location, offset);

    config_write(location, offset, ~0u);
    uint32_t mask = config_read(location, offset);

    config_write(location, offset, before);
    return mask;
}

/* The function answers nowhere while its addresses are being tried out. */
static void bars_read(struct machine_function *function)
{
    uint32_t at = function->location;
    uint32_t command = config_read(at, CONFIG_COMMAND) & 0xffff & ~COMMAND_MASTER;

    config_write(at, CONFIG_COMMAND, command & ~COMMAND_MEMORY);
    for (unsigned i = 0; i < BARS; i++) {
        uint32_t offset = CONFIG_BAR + 4 * i, low = config_read(at, offset);
        uint64_t base = low & ~BAR_FLAGS, mask = bar_mask(at, offset) & ~BAR_FLAGS;
        unsigned slot = i;

        if (low & BAR_PORTS)
            continue;
        if ((low & BAR_WIDTH) == BAR_64 && i + 1 < BARS) {
            base |= (uint64_t)config_read(at, offset + 4) << 32;
            mask |= (uint64_t)bar_mask(at, offset + 4) << 32;
            i++;
        } else {
            mask |= 0xffffffff00000000UL;
        }
        if (base != 0 && (uint32_t)mask != 0)
            function->bars[slot] = (struct extent){base, ~mask + 1};
    }
    config_write(at, CONFIG_COMMAND, command | COMMAND_MEMORY);
}

static void function_read(struct machine *machine, uint32_t location, bool cards,
                          uint64_t buses[BUSES / 64])
{
    uint32_t class = config_read(location, CONFIG_CLASS) >> 24;
    uint32_t most = cards ? CARDS_MAX : FUNCTIONS_MAX;
    uint32_t type = config_read(location, CONFIG_HEADER) & HEADER_TYPE;

    if (type == HEADER_TYPE_BRIDGE) {
        uint32_t bus = config_read(location, CONFIG_BUSES) >> 8 & 0xff;

        buses[bus / 64] |= 1UL << bus % 64;
    }
    if (type != 0 || class == CLASS_BRIDGE || (class == CLASS_NETWORK) != cards ||
        machine->function_count >= most)
        return;
    struct machine_function *function = &machine->functions[machine->function_count++];

    function->location = location;
    bars_read(function);
    for (uint32_t offset = 0; offset < CONFIG_SIZE; offset += 4) {
        uint32_t word = config_read(location, offset);

        memcpy(function->config + offset, &word, sizeof(word));
    }
}

static void bus_read(struct machine *machine, uint32_t bus, bool cards, uint64_t buses[BUSES / 64])
{
    for (uint32_t device = 0; device < 32; device++) {
        for (uint32_t number = 0; number < 8; number++) {
            uint32_t location = bus << 16 | device << 11 | number << 8;

            if (config_read(location, CONFIG_ID) == ~0u) {
                if (number == 0)
                    break;
                continue;
            }
            function_read(machine, location, cards, buses);
            if (number == 0 && !(config_read(location, CONFIG_HEADER) & HEADER_SEVERAL))
                break;
        }
    }
}

/* A bridge leads to a higher bus, if the firmware numbered them; none is looked at twice. */
static void all_read(struct machine *machine, bool cards)
{
    uint64_t buses[BUSES / 64] = {1};

    for (uint32_t bus = 0; bus < BUSES; bus++) {
        if (buses[bus / 64] >> bus % 64 & 1)
            bus_read(machine, bus, cards, buses);
    }
}

void pci_read(struct machine *machine)
{
    if (!bus_is_there())
        return;
    all_read(machine, true);
    machine->card_count = machine->function_count;
    all_read(machine, false);
}
