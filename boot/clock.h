/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the clocks once, for all nodes. */
#pragma once
#include "boot/acpi.h"

struct clock_info {
    uint64_t tsc_hz;   /* 0: could not be found out */
    uint64_t lapic_hz; /* at divide-by-1 */
    uint64_t boot_tsc;
    uint64_t boot_wall_ns; /* 0: unknown */
    const char *source;    /* of tsc_hz, for the progress line */
};

/* lapic: xAPIC registers, or NULL for x2APIC. */
void clock_measure(volatile uint32_t *lapic, const struct acpi_info *acpi,
                   struct clock_info *clock);
void clock_wait_us(unsigned microseconds); /* after clock_measure */
/* Seconds since 1970 of a date in UTC (Gregorian calendar). Pure. */
uint64_t clock_seconds(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                       unsigned second);
/* What the CMOS clock's registers 0, 2, 4, 7, 8, 9 and the century mean under its register B: ns
 * since 1970, or 0 when that is no date. Pure. */
uint64_t clock_decode(const uint8_t registers[6], uint8_t century, uint8_t status_b);
