/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First sequence numbers that hold what a SYN said (RFC 4987 3.6): a flood of them is answered
 * without remembering anything, and who answers back gets in. Pure but for the key.
 */
#pragma once
#include "lib/check.h"

#define COOKIE_NO_SCALE 15

struct cookie_options { /* of the SYN */
    uint16_t mss;
    uint8_t scale; /* 0..14, or COOKIE_NO_SCALE */
    bool sack;
};
struct cookie_who {
    uint64_t connection; /* a keyed hash of addresses and ports that nobody outside knows */
    uint32_t first;      /* the client's first number */
};

/* minute: of a clock that only goes forward. The largest mss of a few that is not more. */
uint32_t cookie_make(const struct cookie_who *who, const struct cookie_options *options,
                     uint32_t minute);
/* false: we did not make it for this client, in this minute or the one before. */
bool cookie_read(uint32_t cookie, const struct cookie_who *who, uint32_t minute,
                 struct cookie_options *options);
/* MSS, scale and SACK of a SYN's options. */
struct cookie_options cookie_options_read(const uint8_t *bytes, size_t size);
