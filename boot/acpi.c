/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ACPI specification 6.5, chapter 5.2: RSDP, RSDT/XSDT, MADT and FADT. Of AML (the DSDT) only the
 * constant package \_S5 is looked for, by its bytes: that is what powering off needs.
 */
#include "boot/acpi.h"

#define TABLE_HEADER_SIZE 36
#define TABLE_SIZE_MAX    (16u << 20)
#define TABLES_MAX        256
#define BIOS_AREA         0xe0000UL
#define BIOS_AREA_END     0x100000UL
#define EBDA_POINTER      0x40eUL
#define EBDA_SEARCH       1024
#define RSDP_1_SIZE       20
#define LAPIC_DEFAULT     0xfee00000UL
#define SERIAL_ISA_IRQ    4
#define SPACE_IO          1

#define MADT_ENTRIES 44
enum madt_type {
    MADT_LAPIC = 0,
    MADT_IOAPIC = 1,
    MADT_OVERRIDE = 2,
    MADT_LAPIC_ADDRESS = 5,
    MADT_X2APIC = 9,
};

static uint32_t read16(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t read32(const uint8_t *at)
{
    return read16(at) | read16(at + 2) << 16;
}

static uint64_t read64(const uint8_t *at)
{
    return read32(at) | (uint64_t)read32(at + 4) << 32;
}

static bool sums_to_zero(const uint8_t *bytes, uint32_t size)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum == 0;
}

static bool rsdp_is_whole(const uint8_t rsdp[RSDP_SIZE])
{
    return memcmp(rsdp, "RSD PTR ", 8) == 0 && sums_to_zero(rsdp, RSDP_1_SIZE);
}

/* Copies the RSDP at phys; one of version 1 may be the last 20 bytes of what is readable. */
static bool rsdp_copy(const struct reader *reader, uint64_t phys, uint8_t rsdp[RSDP_SIZE])
{
    memset(rsdp, 0, RSDP_SIZE);
    if (!reader_copy(reader, phys, rsdp, RSDP_SIZE) &&
        !reader_copy(reader, phys, rsdp, RSDP_1_SIZE))
        return false;
    return rsdp_is_whole(rsdp);
}

static bool rsdp_search(const struct reader *reader, uint64_t from, uint64_t to,
                        uint8_t rsdp[RSDP_SIZE])
{
    for (uint64_t at = from; at < to; at += 16)
        if (rsdp_copy(reader, at, rsdp))
            return true;
    return false;
}

bool acpi_find_rsdp(const struct reader *reader, const struct boot_info *info,
                    uint8_t rsdp[RSDP_SIZE])
{
    uint8_t pointer[2];

    if (info->has_rsdp_copy) {
        memcpy(rsdp, info->rsdp_copy, RSDP_SIZE);
        if (rsdp_is_whole(rsdp))
            return true;
    }
    if (info->rsdp != 0 && rsdp_copy(reader, info->rsdp, rsdp))
        return true;
    if (info->uefi)
        return false;
    if (reader_copy(reader, EBDA_POINTER, pointer, sizeof(pointer))) {
        uint64_t ebda = (uint64_t)read16(pointer) << 4;

        if (ebda >= 0x400 && rsdp_search(reader, ebda, ebda + EBDA_SEARCH, rsdp))
            return true;
    }
    return rsdp_search(reader, BIOS_AREA, BIOS_AREA_END, rsdp);
}

/* The whole table at phys with its size, or NULL when it is not whole. */
static const uint8_t *table_at(const struct reader *reader, uint64_t phys, uint32_t *size)
{
    const uint8_t *table = reader->at(reader->context, phys, TABLE_HEADER_SIZE);

    if (phys == 0 || table == NULL)
        return NULL;
    *size = read32(table + 4);
    if (*size < TABLE_HEADER_SIZE || *size > TABLE_SIZE_MAX)
        return NULL;
    table = reader->at(reader->context, phys, *size);
    return table != NULL && sums_to_zero(table, *size) ? table : NULL;
}

static void core_add(struct acpi_info *info, uint32_t apic_id, uint32_t flags)
{
    if (!(flags & 1) || info->core_count == ACPI_CORES_MAX)
        return;
    for (uint32_t i = 0; i < info->core_count; i++)
        if (info->cores[i] == apic_id)
            return;
    info->cores[info->core_count++] = apic_id;
}

static void override_read(const uint8_t *entry, struct acpi_info *info)
{
    uint32_t flags = read16(entry + 8);

    if (entry[2] != 0 || entry[3] != SERIAL_ISA_IRQ)
        return;
    info->serial_gsi = read32(entry + 4);
    info->serial_active_low = (flags & 3) == 3;
    info->serial_level = (flags >> 2 & 3) == 3;
}

static void madt_entry_read(const uint8_t *entry, struct acpi_info *info)
{
    switch (entry[0]) {
    case MADT_LAPIC:
        core_add(info, entry[3], read32(entry + 4));
        break;
    case MADT_IOAPIC:
        if (info->ioapic_base == 0 || read32(entry + 8) < info->ioapic_gsi_base) {
            info->ioapic_base = read32(entry + 4);
            info->ioapic_gsi_base = read32(entry + 8);
        }
        break;
    case MADT_OVERRIDE:
        override_read(entry, info);
        break;
    case MADT_LAPIC_ADDRESS:
        info->lapic_base = read64(entry + 4);
        break;
    case MADT_X2APIC:
        core_add(info, read32(entry + 4), read32(entry + 8));
        break;
    default:
        break;
    }
}

static uint32_t madt_entry_size_min(uint8_t type)
{
    static const uint8_t sizes[] = {
        [MADT_LAPIC] = 8,          [MADT_IOAPIC] = 12, [MADT_OVERRIDE] = 10,
        [MADT_LAPIC_ADDRESS] = 12, [MADT_X2APIC] = 16,
    };

    return type < sizeof(sizes) && sizes[type] > 2 ? sizes[type] : 2;
}

/* Where the table cannot be read any further; 0: all of it can. */
static uint32_t madt_broken_at(const uint8_t *table, uint32_t size)
{
    uint32_t at = MADT_ENTRIES;

    if (size < MADT_ENTRIES)
        return size;
    while (size - at >= 2) {
        uint32_t entry_size = table[at + 1];

        if (entry_size < madt_entry_size_min(table[at]) || entry_size > size - at)
            return at;
        at += entry_size;
    }
    return 0;
}

/* All of it or nothing: a machine with some of its cores would only look like a whole one. */
static void madt_read(const uint8_t *table, uint32_t size, struct acpi_info *info)
{
    info->madt_broken_at = madt_broken_at(table, size);
    if (info->madt_broken_at != 0)
        return;
    info->has_madt = true;
    info->lapic_base = read32(table + 36);
    for (uint32_t at = MADT_ENTRIES; size - at >= 2; at += table[at + 1])
        madt_entry_read(table + at, info);
}

/* A register in the FADT: the 64-bit form if it is there and set, else the old 32-bit port. */
static uint32_t fadt_port(const uint8_t *table, uint32_t size, uint32_t old, uint32_t extended)
{
    if (size >= extended + 12 && table[extended] == SPACE_IO && read64(table + extended + 4) != 0)
        return read16(table + extended + 4);
    return size >= old + 4 ? read16(table + old) : 0;
}

static void fadt_read(const uint8_t *table, uint32_t size, struct acpi_info *info)
{
    uint32_t flags = size >= 116 ? read32(table + 112) : 0;

    info->hardware_reduced = flags >> 20 & 1;
    info->pm1a_control = fadt_port(table, size, 64, 172);
    info->pm1b_control = fadt_port(table, size, 68, 184);
    if (size >= 92 && table[91] == 4) {
        info->timer_port = fadt_port(table, size, 76, 208);
        info->timer_is_32_bit = flags >> 8 & 1;
    }
    if (size >= 109)
        info->century_register = table[108];
    if (size >= 129 && (flags >> 10 & 1) && table[116] == SPACE_IO) {
        info->reset_port = read16(table + 120);
        info->reset_value = table[128];
    }
    if (size >= 256 && read64(table + 248) != 0 && table[244] <= SPACE_IO) {
        info->sleep_control = read64(table + 248);
        info->sleep_control_io = table[244] == SPACE_IO;
    }
}

/* An AML integer constant at *at; moves on behind it. */
static bool aml_constant(const uint8_t *code, uint32_t size, uint32_t *at, uint32_t *value)
{
    uint32_t left = size - *at;

    if (left >= 1 && code[*at] <= 1) { /* ZeroOp, OneOp */
        *value = code[*at];
        *at += 1;
    } else if (left >= 2 && code[*at] == 0x0a) { /* BytePrefix */
        *value = code[*at + 1];
        *at += 2;
    } else if (left >= 3 && code[*at] == 0x0b) { /* WordPrefix */
        *value = read16(code + *at + 1);
        *at += 3;
    } else {
        return false;
    }
    return true;
}

/* Name(_S5_, Package(){a, b, ...}): 08 [5C] "_S5_" 12 length count a b. */
static bool s5_read(const uint8_t *code, uint32_t size, uint32_t at, struct acpi_info *info)
{
    uint32_t a, b;

    if (!(code[at - 1] == 0x08 || (code[at - 1] == '\\' && code[at - 2] == 0x08)))
        return false;
    at += 4;
    if (size - at < 2 || code[at] != 0x12)
        return false;
    at += 2u + (code[at + 1] >> 6); /* the length's two top bits count its further bytes */
    if (at >= size || code[at] < 2)
        return false;
    at++;
    if (!aml_constant(code, size, &at, &a) || !aml_constant(code, size, &at, &b))
        return false;
    info->has_s5 = true;
    info->sleep_type_a = a & 7;
    info->sleep_type_b = b & 7;
    return true;
}

static void aml_read(const uint8_t *table, uint32_t size, struct acpi_info *info)
{
    for (uint32_t at = TABLE_HEADER_SIZE + 2; !info->has_s5 && size >= 4 && at <= size - 4; at++)
        if (table[at] == '_' && memcmp(table + at, "_S5_", 4) == 0)
            (void)s5_read(table, size, at, info);
}

static uint64_t fadt_dsdt(const uint8_t *table, uint32_t size)
{
    uint64_t dsdt = size >= 148 ? read64(table + 140) : 0;

    return dsdt == 0 && size >= 44 ? read32(table + 40) : dsdt;
}

static void table_read(const struct reader *reader, uint64_t phys, struct acpi_info *info)
{
    uint32_t size;
    const uint8_t *table = table_at(reader, phys, &size);

    if (table == NULL) {
        table = reader->at(reader->context, phys, TABLE_HEADER_SIZE);
        info->madt_altered |= table != NULL && memcmp(table, "APIC", 4) == 0;
        return;
    }
    if (memcmp(table, "APIC", 4) == 0 && !info->has_madt) {
        madt_read(table, size, info);
    } else if (memcmp(table, "FACP", 4) == 0) {
        uint64_t dsdt = fadt_dsdt(table, size);

        fadt_read(table, size, info);
        table = table_at(reader, dsdt, &size);
        if (table != NULL)
            aml_read(table, size, info);
    } else if (memcmp(table, "SSDT", 4) == 0) {
        aml_read(table, size, info);
    }
}

void acpi_read(const struct reader *reader, const uint8_t rsdp[RSDP_SIZE], struct acpi_info *info)
{
    bool extended = rsdp[15] >= 2 && read64(rsdp + 24) != 0;
    uint64_t root = extended ? read64(rsdp + 24) : read32(rsdp + 16);
    uint32_t size, width;

    memset(info, 0, sizeof(*info));
    info->lapic_base = LAPIC_DEFAULT;
    info->serial_gsi = SERIAL_ISA_IRQ;
    if (table_at(reader, root, &size) == NULL && extended) {
        extended = false;
        root = read32(rsdp + 16);
    }
    width = extended ? 8 : 4;
    for (uint32_t i = 0; i < TABLES_MAX; i++) {
        /* Anew each time: reading a table may have ended what the reader gave us. */
        const uint8_t *table = table_at(reader, root, &size);

        if (table == NULL || TABLE_HEADER_SIZE + (i + 1) * width > size)
            break;
        table += TABLE_HEADER_SIZE + i * width;
        table_read(reader, extended ? read64(table) : read32(table), info);
    }
}
