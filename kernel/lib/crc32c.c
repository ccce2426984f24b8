/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC32C by the crc32 instruction of SSE4.2, which works on general registers, or by eight tables
 * of 256 words, eight bytes a step (slicing by eight). The tables are made at start: 8 KiB that the
 * kernel's image need not hold.
 */
#include "lib/crc32c.h"

#include "lib/check.h"

#define POLYNOMIAL  0x82f63b78U /* 0x1edc6f41 with its bits reversed */
#define TRIAL_BYTES 2048
#define TRIALS      4

static uint32_t tables[8][256];
static bool use_instruction;

static uint32_t of_byte(uint32_t byte)
{
    for (unsigned bit = 0; bit < 8; bit++)
        byte = byte >> 1 ^ (byte & 1 ? POLYNOMIAL : 0);
    return byte;
}

static void tables_fill(void)
{
    for (uint32_t i = 0; i < 256; i++)
        tables[0][i] = of_byte(i);
    for (uint32_t i = 0; i < 256; i++)
        for (unsigned k = 1; k < 8; k++)
            tables[k][i] = tables[k - 1][i] >> 8 ^ tables[0][tables[k - 1][i] & 0xff];
}

bool crc32c_is_sound(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = of_byte(i);

        for (unsigned k = 0; k < 8; k++) {
            if (tables[k][i] != value)
                return false;
            value = value >> 8 ^ of_byte(value & 0xff);
        }
    }
    return true;
}

static uint64_t word_at(const unsigned char *bytes)
{
    uint64_t word;

    __builtin_memcpy(&word, bytes, sizeof(word));
    return word;
}

static uint32_t by_instruction(uint32_t crc, const unsigned char *bytes, size_t size)
{
    uint64_t wide = crc;

    for (; size >= 8; bytes += 8, size -= 8)
        asm("crc32q %1, %0" : "+r"(wide) : "r"(word_at(bytes)));
    crc = (uint32_t)wide;
    for (; size > 0; bytes++, size--)
        asm("crc32b %1, %0" : "+r"(crc) : "r"(*bytes));
    return crc;
}

static uint32_t by_tables(uint32_t crc, const unsigned char *bytes, size_t size)
{
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word = word_at(bytes) ^ crc;

        crc = tables[7][word & 0xff] ^ tables[6][word >> 8 & 0xff] ^ tables[5][word >> 16 & 0xff] ^
              tables[4][word >> 24 & 0xff] ^ tables[3][word >> 32 & 0xff] ^
              tables[2][word >> 40 & 0xff] ^ tables[1][word >> 48 & 0xff] ^ tables[0][word >> 56];
    }
    for (; size > 0; bytes++, size--)
        crc = crc >> 8 ^ tables[0][(crc ^ *bytes) & 0xff];
    return crc;
}

/* The shortest of some tries: others may have the core meanwhile. */
static uint64_t trial(uint32_t (*method)(uint32_t, const unsigned char *, size_t))
{
    uint64_t best = UINT64_MAX;

    for (unsigned i = 0; i < TRIALS; i++) {
        uint64_t start = __builtin_ia32_rdtsc();
        /* What the tables hold is as good as anything. */
        uint32_t crc = method(0, (const unsigned char *)tables, TRIAL_BYTES);

        asm volatile("" ::"r"(crc) : "memory");
        uint64_t taken = __builtin_ia32_rdtsc() - start;

        best = taken < best ? taken : best;
    }
    return best;
}

void crc32c_init(bool has_instruction)
{
    tables_fill();
    use_instruction = has_instruction && trial(by_instruction) < trial(by_tables);
}

const char *crc32c_method(void)
{
    return use_instruction ? "instruction" : "tables";
}

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
    return ~(use_instruction ? by_instruction(~crc, data, size) : by_tables(~crc, data, size));
}
