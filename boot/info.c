/* SPDX-License-Identifier: Apache-2.0 */
/* What pvh.c and multiboot2.c have in common: filling struct boot_info within its bounds. */
#include "boot/info.h"

bool boot_info_add_range(struct boot_info *info, uint64_t base, uint64_t size, bool usable)
{
    if (size > UINT64_MAX - base)
        size = UINT64_MAX - base;
    if (size == 0)
        return true;
    if (info->range_count == BOOT_RANGES_MAX)
        return false;
    info->ranges[info->range_count++] = (struct boot_range){base, size, usable};
    return true;
}

const char *boot_info_set_options(struct boot_info *info, const char *text, uint64_t max)
{
    uint64_t limit = max < OPTIONS_MAX ? max : OPTIONS_MAX;
    uint64_t size = strnlen(text, limit);

    if (size == OPTIONS_MAX)
        return "boot options are longer than 65535 bytes; shorten them";
    memcpy(info->options, text, size);
    info->options[size] = 0;
    info->options_size = (uint32_t)size + 1;
    return NULL;
}
