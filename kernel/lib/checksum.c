/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XXH64 with seed 0, after its published specification: four lanes of eight bytes, then what is
 * left, then an avalanche. Shared by kernel, loader and host tool; reads unaligned words, which x86
 * does as fast as aligned ones.
 */
#include "lib/checksum.h"

#define PRIME_1 0x9e3779b185ebca87UL
#define PRIME_2 0xc2b2ae3d27d4eb4fUL
#define PRIME_3 0x165667b19e3779f9UL
#define PRIME_4 0x85ebca77c2b2ae63UL
#define PRIME_5 0x27d4eb2f165667c5UL

static inline uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

/* The compiler makes one load of it: no call, no alignment assumed. */
static inline uint64_t word64(const unsigned char *at)
{
    uint64_t value;

    __builtin_memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint32_t word32(const unsigned char *at)
{
    uint32_t value;

    __builtin_memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint64_t lane_add(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * PRIME_2, 31) * PRIME_1;
}

static inline uint64_t lane_merge(uint64_t sum, uint64_t lane)
{
    return (sum ^ lane_add(0, lane)) * PRIME_1 + PRIME_4;
}

static uint64_t tail_add(uint64_t sum, const unsigned char *at, size_t size)
{
    for (; size >= 8; at += 8, size -= 8)
        sum = rotate(sum ^ lane_add(0, word64(at)), 27) * PRIME_1 + PRIME_4;
    if (size >= 4) {
        sum = rotate(sum ^ word32(at) * PRIME_1, 23) * PRIME_2 + PRIME_3;
        at += 4;
        size -= 4;
    }
    for (; size > 0; at++, size--)
        sum = rotate(sum ^ *at * PRIME_5, 11) * PRIME_1;
    return sum;
}

uint64_t checksum_bytes(const void *data, size_t size)
{
    const unsigned char *at = data;
    size_t left = size;
    uint64_t sum = PRIME_5;

    if (size >= 32) {
        uint64_t a = PRIME_1 + PRIME_2, b = PRIME_2, c = 0, d = -PRIME_1;

        for (; left >= 32; at += 32, left -= 32) {
            a = lane_add(a, word64(at));
            b = lane_add(b, word64(at + 8));
            c = lane_add(c, word64(at + 16));
            d = lane_add(d, word64(at + 24));
        }
        sum = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
        sum = lane_merge(sum, a);
        sum = lane_merge(sum, b);
        sum = lane_merge(sum, c);
        sum = lane_merge(sum, d);
    }
    sum = tail_add(sum + size, at, left);
    sum = (sum ^ sum >> 33) * PRIME_2;
    sum = (sum ^ sum >> 29) * PRIME_3;
    return sum ^ sum >> 32;
}
