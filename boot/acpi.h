/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the firmware's ACPI tables say about cores, interrupt controllers and power. Pure: reads
 * through a struct reader, believes no length, and skips a table whose checksum is wrong.
 */
#pragma once
#include "boot/info.h"

#define ACPI_CORES_MAX 1024

struct acpi_info {
    bool has_madt;
    bool madt_altered;       /* there is none but one whose length or checksum is wrong, */
    uint32_t madt_broken_at; /* or one that cannot be read from this byte on (0: there is not) */
    bool hardware_reduced;   /* no legacy hardware: virtual machines, tablets */
    uint32_t core_count;
    uint32_t cores[ACPI_CORES_MAX]; /* APIC ids of enabled cores, in the firmware's order */
    uint64_t lapic_base;
    uint64_t ioapic_base; /* 0: none */
    uint32_t ioapic_gsi_base;
    uint32_t serial_gsi, serial_active_low, serial_level;
    uint32_t pm1a_control, pm1b_control;
    bool has_s5;
    uint32_t sleep_type_a, sleep_type_b;
    uint64_t sleep_control;
    uint32_t sleep_control_io;
    uint32_t reset_port, reset_value;
    uint32_t timer_port; /* 3.579545 MHz counter; 0: none */
    bool timer_is_32_bit;
    uint32_t century_register; /* CMOS index, 0: none */
};

/* Where the RSDP is: told by the boot protocol (address or copy), else searched in the EBDA and the
 * BIOS area. false: none that is whole. */
bool acpi_find_rsdp(const struct reader *reader, const struct boot_info *info,
                    uint8_t rsdp[RSDP_SIZE]);
/* Reads all tables; `info` is filled with defaults first, so it is usable even without tables. */
void acpi_read(const struct reader *reader, const uint8_t rsdp[RSDP_SIZE], struct acpi_info *info);
