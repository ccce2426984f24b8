/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every refill makes eight blocks; the first 32 bytes become the next key at once and every byte
 * that was handed out is wiped, so what was given can never be computed again from what is here.
 */
#include "lib/random.h"

#include "lib/string.h"

#define BLOCK        64
#define POOL         (8 * BLOCK)
#define KEY_BYTES    32
#define RESEED_BYTES (1UL << 20)

static uint32_t pool_key[8];
static uint8_t pool[POOL];
static size_t pool_left; /* unused bytes at the end of the pool */
static size_t until_reseed;
static bool (*hardware_source)(uint64_t *value);
static uint64_t (*clock_source)(void);

static inline uint32_t rotate(uint32_t value, int count)
{
    return value << count | value >> (32 - count);
}

static inline void quarter_round(uint32_t *s, int a, int b, int c, int d)
{
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 7);
}

void chacha20_block(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3],
                    uint8_t out[64])
{
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t s[16];

    memcpy(start + 4, key, KEY_BYTES);
    start[12] = counter;
    memcpy(start + 13, nonce, 12);
    memcpy(s, start, sizeof(s));
    for (int i = 0; i < 10; i++) {
        quarter_round(s, 0, 4, 8, 12);
        quarter_round(s, 1, 5, 9, 13);
        quarter_round(s, 2, 6, 10, 14);
        quarter_round(s, 3, 7, 11, 15);
        quarter_round(s, 0, 5, 10, 15);
        quarter_round(s, 1, 6, 11, 12);
        quarter_round(s, 2, 7, 8, 13);
        quarter_round(s, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; i++)
        s[i] += start[i];
    memcpy(out, s, sizeof(s)); /* little endian, as this machine is */
}

static void refill(void)
{
    static const uint32_t nonce[3];

    for (uint32_t i = 0; i < POOL / BLOCK; i++)
        chacha20_block(pool_key, i, nonce, pool + i * BLOCK);
    memcpy(pool_key, pool, KEY_BYTES);
    memset(pool, 0, KEY_BYTES);
    pool_left = POOL - KEY_BYTES;
}

/* Mixes into the key, so a bad source never makes it worse. */
static void reseed(void)
{
    for (int i = 0; i < 4; i++) {
        uint64_t value = 0, time = clock_source();

        if (!hardware_source(&value))
            value = 0;
        value ^= time * 0x9e3779b97f4a7c15UL;
        pool_key[2 * i] ^= (uint32_t)value;
        pool_key[2 * i + 1] ^= (uint32_t)(value >> 32);
    }
    until_reseed = RESEED_BYTES;
    refill();
}

void random_init(bool (*hardware)(uint64_t *value), uint64_t (*clock)(void), uint64_t extra)
{
    hardware_source = hardware;
    clock_source = clock;
    pool_key[0] ^= (uint32_t)extra;
    pool_key[7] ^= (uint32_t)(extra >> 32);
    reseed();
}

void random_bytes(void *buffer, size_t size)
{
    uint8_t *out = buffer;

    while (size > 0) {
        uint8_t *from;
        size_t part;

        if (until_reseed == 0)
            reseed();
        if (pool_left == 0)
            refill();
        part = size < pool_left ? size : pool_left;
        from = pool + POOL - pool_left;
        memcpy(out, from, part);
        memset(from, 0, part);
        pool_left -= part;
        until_reseed -= part < until_reseed ? part : until_reseed;
        out += part;
        size -= part;
    }
}
