/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boot protocol told us, copied out of its structures, so that they may be overwritten.
 * Filled by boot/pvh.c or boot/multiboot2.c: pure functions that answer NULL or a sentence for the
 * operator (what is wrong; what to do).
 */
#pragma once
#include "abi/machine.h"
#include "boot/reader.h"

#define BOOT_RANGES_MAX 512
#define RSDP_SIZE       36

struct boot_range {
    uint64_t base, size;
    bool usable; /* false: whatever usable range it overlaps, hands off */
};

struct boot_info {
    uint64_t module_base, module_size; /* the system image; size 0: none */
    uint64_t rsdp;                     /* address, 0: unknown */
    bool uefi;
    bool has_rsdp_copy;
    uint8_t rsdp_copy[RSDP_SIZE];
    uint32_t range_count;
    struct boot_range ranges[BOOT_RANGES_MAX];
    char options[OPTIONS_MAX];
    uint32_t options_size; /* with the final 0 */
};

const char *pvh_read(const struct reader *reader, uint64_t start_info, struct boot_info *info);
const char *multiboot2_read(const struct reader *reader, uint64_t tags, struct boot_info *info);
/* Shared by both: appends a range; false: no room. Empty and wrapping ranges are cut or dropped. */
bool boot_info_add_range(struct boot_info *info, uint64_t base, uint64_t size, bool usable);
/* Copies the 0-terminated option string at text of at most max bytes; NULL or a sentence. */
const char *boot_info_set_options(struct boot_info *info, const char *text, uint64_t max);
