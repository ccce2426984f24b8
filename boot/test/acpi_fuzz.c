/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: boot/acpi.c */
/*
 * ACPI tables of any bytes. Checksums would stop the fuzzer at each door, so the input is a list of
 * tables (a length byte pair and its bytes) that are put together with right sums and pointers.
 */
#include "boot/acpi.h"
#include "boot/test/fake_memory.h"

#define BASE       0x100000UL
#define ROOT_AT    64
#define TABLES_MAX 8

static uint8_t bytes[0x10000];

static void sum_put(uint8_t *at, uint32_t size, uint32_t sum_at)
{
    uint8_t sum = 0;

    at[sum_at] = 0;
    for (uint32_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + at[i]);
    at[sum_at] = (uint8_t)-sum;
}

static void put32(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"APIC", "FACP", "DSDT", "SSDT"};
    static struct acpi_info info;
    uint8_t rsdp[RSDP_SIZE] = "RSD PTR ";
    uint32_t at = 256, tables = 0, facp = 0;

    memset(bytes, 0, sizeof(bytes));
    for (; size >= 3 && tables < TABLES_MAX; tables++) {
        uint32_t body = (data[0] | (uint32_t)data[1] << 8) & 0x7ff, kind = data[2] & 3;

        data += 3;
        size -= 3;
        body = body < size ? body : (uint32_t)size;
        memcpy(bytes + at + 36, data, body);
        memcpy(bytes + at, names[kind], 4);
        put32(bytes + at + 4, 36 + body);
        if (kind == 1 && body >= 8)
            facp = at;
        if (kind == 2 && facp != 0) {
            put32(bytes + facp + 40, BASE + at);
            sum_put(bytes + facp, bytes[facp + 4] | (uint32_t)bytes[facp + 5] << 8, 9);
        }
        sum_put(bytes + at, 36 + body, 9);
        put32(bytes + ROOT_AT + 36 + tables * 4, BASE + at);
        at += 36 + body;
        data += body;
        size -= body;
    }
    memcpy(bytes + ROOT_AT, "RSDT", 4);
    put32(bytes + ROOT_AT + 4, 36 + tables * 4);
    sum_put(bytes + ROOT_AT, 36 + tables * 4, 9);
    put32(rsdp + 16, BASE + ROOT_AT);
    sum_put(rsdp, 20, 8);

    struct fake_memory memory = {.base = BASE, .size = at, .bytes = bytes};
    struct reader reader = fake_memory_reader(&memory);

    acpi_read(&reader, rsdp, &info);
    if (info.core_count > ACPI_CORES_MAX || info.sleep_type_a > 7 || info.sleep_type_b > 7)
        abort();
    free(memory.given);
    return 0;
}
