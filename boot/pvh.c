/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PVH boot protocol: struct hvm_start_info of Xen's public header arch-x86/hvm/start_info.h,
 * versions 0 and 1. Version 0 has no memory map, and QEMU, Firecracker and Cloud Hypervisor all
 * give version 1, so without a map there is only a clear sentence.
 */
#include "boot/info.h"

#define PVH_MAGIC  0x336ec578
#define PVH_USABLE 1

struct pvh_start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp;
    /* from version 1 on */
    uint64_t memory_map;
    uint32_t memory_map_count, reserved;
};
#define PVH_VERSION_0_SIZE 40

struct pvh_module {
    uint64_t base, size, command_line, reserved;
};

struct pvh_memory {
    uint64_t base, size;
    uint32_t type, reserved;
};

static const char *memory_map_read(const struct reader *reader, const struct pvh_start_info *start,
                                   struct boot_info *info)
{
    if (start->version == 0 || start->memory_map_count == 0)
        return "the boot protocol gave no memory map (PVH version 0); start with QEMU 4.0 or newer";
    for (uint32_t i = 0; i < start->memory_map_count; i++) {
        struct pvh_memory entry;

        if (!reader_copy(reader, start->memory_map + i * sizeof(entry), &entry, sizeof(entry)))
            return "the PVH memory map lies outside memory; use another boot method";
        if (!boot_info_add_range(info, entry.base, entry.size, entry.type == PVH_USABLE))
            return "the firmware's memory map has too many entries; this machine is not supported";
    }
    return NULL;
}

static const char *options_read(const struct reader *reader, uint64_t at, struct boot_info *info)
{
    /* The string's size is unknown and the reader wants one: as much as is readable. */
    for (uint64_t size = OPTIONS_MAX; at != 0 && size > 0; size /= 2) {
        const char *text = reader->at(reader->context, at, size);

        if (text != NULL)
            return boot_info_set_options(info, text, size);
    }
    return boot_info_set_options(info, "", 1);
}

const char *pvh_read(const struct reader *reader, uint64_t start_info, struct boot_info *info)
{
    struct pvh_start_info start;
    struct pvh_module module;
    const char *error;

    memset(&start, 0, sizeof(start));
    memset(info, 0, sizeof(*info));
    if (!reader_copy(reader, start_info, &start, PVH_VERSION_0_SIZE) || start.magic != PVH_MAGIC)
        return "not started by PVH or Multiboot2; use qemu -kernel or GRUB";
    if (start.version > 0 && !reader_copy(reader, start_info, &start, sizeof(start)))
        return "the PVH start information lies outside memory; use another boot method";
    /* Options first: exit-port is wanted for what may be wrong with the rest. */
    error = options_read(reader, start.command_line, info);
    if (error == NULL)
        error = memory_map_read(reader, &start, info);
    if (error != NULL)
        return error;
    info->rsdp = start.rsdp;
    if (start.module_count > 0 && reader_copy(reader, start.modules, &module, sizeof(module))) {
        info->module_base = module.base;
        info->module_size = module.size;
    }
    return NULL;
}
