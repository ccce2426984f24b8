/* SPDX-License-Identifier: Apache-2.0 */
/* 24 bits of a keyed hash, one of the minute, one for SACK, four of the scale, two of the MSS. */
#include "network/cookie.h"

#include "lib/random.h"

enum { MSS_BITS = 0, SCALE_BITS = 2, SACK_BIT = 6, MINUTE_BIT = 7, HASH_BITS = 8 };
enum { END = 0, NOP = 1, MSS = 2, SCALE = 3, SACK_OK = 4 };
#define MSS_DEFAULT 536 /* RFC 9293 3.7.1: of who says nothing */
#define SCALE_MAX   14

/* The least, IPv6's over tunnels, those of tunnels, Ethernet's. */
static const uint16_t sizes[] = {536, 1220, 1400, 1460};

static uint32_t hash(const struct cookie_who *who, uint32_t minute, uint32_t low)
{
    static uint32_t key[8];
    static bool is_made;
    uint32_t out[16];

    if (!is_made)
        random_bytes(key, sizeof(key));
    is_made = true;
    const uint32_t nonce[3] = {(uint32_t)who->connection, (uint32_t)(who->connection >> 32),
                               who->first};

    chacha20_block(key, minute << HASH_BITS | low, nonce, (uint8_t *)out);
    return out[0] << HASH_BITS | low;
}

uint32_t cookie_make(const struct cookie_who *who, const struct cookie_options *options,
                     uint32_t minute)
{
    uint32_t size = COUNT_OF(sizes) - 1;

    while (size > 0 && sizes[size] > options->mss)
        size--;
    return hash(who, minute,
                size << MSS_BITS | (uint32_t)options->scale << SCALE_BITS |
                    (uint32_t)options->sack << SACK_BIT | (minute & 1) << MINUTE_BIT);
}

bool cookie_read(uint32_t cookie, const struct cookie_who *who, uint32_t minute,
                 struct cookie_options *options)
{
    uint32_t low = cookie & ((1U << HASH_BITS) - 1);

    if ((cookie >> MINUTE_BIT & 1) != (minute & 1))
        minute--;
    *options = (struct cookie_options){.mss = sizes[low & 3],
                                       .scale = (uint8_t)(low >> SCALE_BITS & 15),
                                       .sack = low >> SACK_BIT & 1};
    return hash(who, minute, low) == cookie;
}

struct cookie_options cookie_options_read(const uint8_t *bytes, size_t size)
{
    struct cookie_options options = {.mss = MSS_DEFAULT, .scale = COOKIE_NO_SCALE};

    while (size > 0 && *bytes != END) {
        size_t length = *bytes == NOP ? 1 : size > 1 ? bytes[1] : 0;

        if (length == 0 || length > size || (*bytes != NOP && length < 2))
            break;
        if (*bytes == MSS && length == 4)
            options.mss = (uint16_t)(bytes[2] << 8 | bytes[3]);
        else if (*bytes == SCALE && length == 3)
            options.scale = bytes[2] < SCALE_MAX ? bytes[2] : SCALE_MAX;
        else if (*bytes == SACK_OK && length == 2)
            options.sack = true;
        bytes += length;
        size -= length;
    }
    return options;
}
