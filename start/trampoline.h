/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trampoline page: copied to TRAMPOLINE_PHYS before a core is started. A core comes in at its
 * first byte in real mode (start vector, or the CMOS 0Ah resume of the boot core), or at
 * trampoline_long in 64-bit mode. Position-independent but for TRAMPOLINE_PHYS.
 */
#pragma once
#include <stdint.h>

struct trampoline_parameters {
    uint64_t low_table;  /* CR3 to enter long mode with: below 4 GiB, maps this page to itself */
    uint64_t page_table; /* CR3 of the kernel */
    uint64_t entry;      /* where the kernel begins */
    uint64_t argument;   /* RDI there */
    uint32_t apic_id;    /* of the only core that may go on; TRAMPOLINE_NOBODY: none */
};

extern const char trampoline_begin[], trampoline_end[], trampoline_long[];
extern const char trampoline_values[]; /* struct trampoline_parameters in the page */

/* Any other core stops, and writes its APIC id here. */
#define TRAMPOLINE_PARKED 0xff0
#define TRAMPOLINE_NOBODY 0xffffffffU
