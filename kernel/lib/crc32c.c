/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC32C by the crc32 instruction of SSE4.2, which works on general registers, or without it by
 * eight tables of 256 words, eight bytes a step (slicing by eight). The tables are made at start:
 * 8 KiB that the kernel's image need not hold.
 *
 * Before the tables, what is long is folded until little is left. x^209 + x^144 + x^54 + x^39 +
 * x^14 + 1 is a multiple of the polynomial, the shortest one of six terms (those of four are longer
 * than 5000), and so is the same of x^8. So a byte may be taken out if it is added to those 65,
 * 155, 170, 195 and 209 behind it: the CRC stays. Five loads for eight bytes, and nothing else.
 */
#include "lib/crc32c.h"

#include <stdatomic.h>

#include "lib/check.h"
#include "lib/string.h"

#define POLYNOMIAL  0x82f63b78U /* 0x1edc6f41 with its bits reversed */
#define SPAN        209         /* bytes that one byte is added to */
#define STEP        32UL        /* bytes */
#define LAST        224         /* bytes that stay: SPAN in whole steps */
#define BLOCK       3840        /* bytes folded in one go: they and SPAN stand in one page */
#define FOLDED_MIN  512         /* bytes; the tables alone are faster below */
#define TRIAL_BYTES 2048
#define TRIALS      4

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

static uint32_t tables[8][256];
static bool use_instruction;
/* The last SPAN bytes of the block before, then a block, with what was added to them. */
static unsigned char folded[SPAN + BLOCK] __attribute__((aligned(4096)));

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
    return *(const word *)bytes;
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
        uint64_t value = word_at(bytes) ^ crc;

        crc = tables[7][value & 0xff] ^ tables[6][value >> 8 & 0xff] ^
              tables[5][value >> 16 & 0xff] ^ tables[4][value >> 24 & 0xff] ^
              tables[3][value >> 32 & 0xff] ^ tables[2][value >> 40 & 0xff] ^
              tables[1][value >> 48 & 0xff] ^ tables[0][value >> 56];
    }
    for (; size > 0; bytes++, size--)
        crc = crc >> 8 ^ tables[0][(crc ^ *bytes) & 0xff];
    return crc;
}

/* Whole STEPs of `from` go to `copy`, if that is not NULL, and with what was taken out before them
 * to `out`; `at` is their place in `folded`. Each word is read once. */
static void fold(unsigned char *out, const unsigned char *at, unsigned char *copy,
                 const unsigned char *from, size_t size)
{
    for (size_t i = 0; i < size; i += STEP) {
        uint64_t values[STEP / 8];

#pragma GCC unroll 4
        for (unsigned k = 0; k < STEP / 8; k++)
            values[k] = ((const volatile word *)(from + i))[k];
        if (copy) {
#pragma GCC unroll 4
            for (unsigned k = 0; k < STEP / 8; k++)
                ((word *)(copy + i))[k] = values[k];
        }
#pragma GCC unroll 4
        for (unsigned k = 0; k < STEP / 8; k++) {
            const unsigned char *place = at + i + k * 8;

            ((word *)(out + i))[k] = values[k] ^ word_at(place - 65) ^ word_at(place - 155) ^
                                     word_at(place - 170) ^ word_at(place - 195) ^
                                     word_at(place - SPAN);
        }
    }
}

static uint32_t by_folding(uint32_t crc, unsigned char *copy, const unsigned char *from,
                           size_t size)
{
    unsigned char *at = folded + SPAN, last[LAST];

    memset(folded, 0, SPAN);
    memcpy(folded, &crc, sizeof(crc)); /* as if it had stood SPAN bytes before */
    while (size >= LAST + STEP) {
        size_t block = (size - LAST) & ~(STEP - 1);

        block = block < BLOCK ? block : BLOCK;
        fold(at, at, copy, from, block);
        memmove(folded, folded + block, SPAN);
        if (copy)
            copy += block;
        from += block;
        size -= block;
    }
    memset(at, 0, LAST); /* nothing is taken out any more */
    fold(last, at, copy, from, LAST);
    crc = by_tables(0, last, LAST);
    from += LAST;
    size -= LAST;
    if (copy)
        from = memcpy(copy + LAST, from, size);
    return by_tables(crc, from, size);
}

/* Without the instruction. */
static uint32_t by_software(uint32_t crc, const unsigned char *bytes, size_t size)
{
    return size < FOLDED_MIN ? by_tables(crc, bytes, size) : by_folding(crc, NULL, bytes, size);
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
    use_instruction = has_instruction && trial(by_instruction) < trial(by_software);
}

const char *crc32c_method(void)
{
    return use_instruction ? "instruction" : "folding";
}

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
    return ~(use_instruction ? by_instruction(~crc, data, size) : by_software(~crc, data, size));
}

uint32_t crc32c_copy(uint32_t crc, void *to, const void *from, size_t size)
{
    if (!use_instruction && size >= FOLDED_MIN)
        return ~by_folding(~crc, to, from, size);
    memcpy(to, from, size);
    atomic_signal_fence(memory_order_seq_cst); /* from here on only the copy is looked at */
    return crc32c(crc, to, size);
}
