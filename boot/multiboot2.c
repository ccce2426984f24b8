/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Multiboot2 boot information (specification 2.0, chapter 3.6): a list of tags, each 8-byte
 * aligned with type and size. GRUB gives the same under BIOS and UEFI; under UEFI the RSDP comes as
 * a copy in a tag, as it stands in no place that can be searched.
 */
#include "boot/info.h"

#define TAG_END          0
#define TAG_COMMAND_LINE 1
#define TAG_MODULE       3
#define TAG_MEMORY_MAP   6
#define TAG_UEFI_32      11
#define TAG_UEFI_64      12
#define TAG_RSDP_1       14
#define TAG_RSDP_2       15
#define MEMORY_USABLE    1
#define INFORMATION_MAX  (1u << 20) /* GRUB's are some KiB; the option string may be 64 KiB */
#define RSDP_1_SIZE      20

struct multiboot2_tag {
    uint32_t type, size;
};

struct multiboot2_memory {
    uint64_t base, size;
    uint32_t type, reserved;
};

static const char *memory_map_read(const char *tag, uint32_t size, struct boot_info *info)
{
    uint32_t entry_size;

    if (size < 16)
        return "the Multiboot2 memory map is cut short; use another boot loader";
    memcpy(&entry_size, tag + 8, sizeof(entry_size));
    if (entry_size < sizeof(struct multiboot2_memory))
        return "the Multiboot2 memory map has a wrong entry size; use another boot loader";
    for (uint32_t at = 16; size - at >= entry_size; at += entry_size) {
        struct multiboot2_memory entry;

        memcpy(&entry, tag + at, sizeof(entry));
        if (!boot_info_add_range(info, entry.base, entry.size, entry.type == MEMORY_USABLE))
            return "the firmware's memory map has too many entries; this machine is not supported";
    }
    return NULL;
}

static void module_read(const char *tag, uint32_t size, struct boot_info *info)
{
    uint32_t start, end;

    if (size < 16 || info->module_size != 0)
        return;
    memcpy(&start, tag + 8, sizeof(start));
    memcpy(&end, tag + 12, sizeof(end));
    if (end > start) {
        info->module_base = start;
        info->module_size = end - start;
    }
}

static void rsdp_read(const char *tag, uint32_t size, uint32_t type, struct boot_info *info)
{
    uint32_t wanted = type == TAG_RSDP_2 ? RSDP_SIZE : RSDP_1_SIZE;

    /* The newer one wins: it has the 64-bit address. */
    if (size < 8 + wanted || (info->has_rsdp_copy && type == TAG_RSDP_1))
        return;
    memset(info->rsdp_copy, 0, sizeof(info->rsdp_copy));
    memcpy(info->rsdp_copy, tag + 8, wanted);
    info->has_rsdp_copy = true;
}

static const char *tag_read(const char *tag, const struct multiboot2_tag *head,
                            struct boot_info *info)
{
    switch (head->type) {
    case TAG_COMMAND_LINE:
        return boot_info_set_options(info, tag + 8, head->size - 8);
    case TAG_MODULE:
        module_read(tag, head->size, info);
        return NULL;
    case TAG_MEMORY_MAP:
        return memory_map_read(tag, head->size, info);
    case TAG_RSDP_1:
    case TAG_RSDP_2:
        rsdp_read(tag, head->size, head->type, info);
        return NULL;
    case TAG_UEFI_32:
    case TAG_UEFI_64:
        info->uefi = true;
        return NULL;
    default:
        return NULL;
    }
}

const char *multiboot2_read(const struct reader *reader, uint64_t tags, struct boot_info *info)
{
    uint32_t total, at = 8;
    const char *bytes, *error;

    memset(info, 0, sizeof(*info));
    info->options_size = 1;
    if (!reader_copy(reader, tags, &total, sizeof(total)) || total < 16 || total > INFORMATION_MAX)
        return "the Multiboot2 information has a wrong size; use another boot loader";
    bytes = reader->at(reader->context, tags, total);
    if (bytes == NULL)
        return "the Multiboot2 information lies outside memory; use another boot loader";
    while (total - at >= sizeof(struct multiboot2_tag)) {
        struct multiboot2_tag head;

        memcpy(&head, bytes + at, sizeof(head));
        if (head.size < sizeof(head) || head.size > total - at)
            return "a Multiboot2 tag has a wrong size; use another boot loader";
        if (head.type == TAG_END)
            break;
        error = tag_read(bytes + at, &head, info);
        if (error != NULL)
            return error;
        if (total - at < ((head.size + 7) & ~7u))
            break;
        at += (head.size + 7) & ~7u;
    }
    return info->range_count > 0 ? NULL
                                 : "the boot loader gave no memory map; use GRUB 2 or qemu -kernel";
}
