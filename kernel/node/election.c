/* SPDX-License-Identifier: Apache-2.0 */
/* One-bit mutual exclusion: ask; give way to every lower number that asks; then wait until no
 * higher one does. */
#include "node/election.h"

#define BACK_OFF_MAX 30 /* units */
/* What counts of the time between two looks: we stood still, too. 12,000 looks are a stuck claim,
 * more than the 10,000 rests that start_core (start/core.c) waits for a core within one step. */
#define LOOK_MAX 5000000

static uint64_t below(uint32_t node)
{
    return (1UL << node) - 1;
}

void claim_look(struct claim *claim, uint32_t self, uint64_t claims, uint64_t dead)
{
    uint64_t others = claims & ~dead & ~(1UL << self);
    bool lower = others & below(self), higher = others & ~below(self);

    switch (claim->phase) {
    case CLAIM_IDLE:
    case CLAIM_YIELDING:
        if (lower) {
            claim->phase = CLAIM_YIELDING;
        } else {
            claim->phase = CLAIM_ASKING; /* looked at again with the bit set */
            claim->bit = true;
        }
        break;
    case CLAIM_ASKING:
        if (lower) {
            claim->phase = CLAIM_YIELDING;
            claim->bit = false;
        } else if (!higher) {
            claim->phase = CLAIM_WON;
            claim->passed = claims & dead & ~(1UL << self);
        }
        break;
    case CLAIM_WON:
        break;
    }
}

/* Who asks waits for higher ones only, and they have long given way unless they are inside. Who
 * gives way waits for a lower one, which may itself wait for such a one: so it waits longer. */
uint64_t claim_stuck(struct claim *claim, uint32_t self, uint64_t claims, uint64_t picture,
                     uint64_t passed)
{
    uint64_t lower = claims & below(self);

    if (picture != claim->picture)
        claim->still = 0;
    claim->picture = picture;
    claim->still += passed < LOOK_MAX ? passed : LOOK_MAX;
    /* Once found so, in both phases: who passes over a lower one asks in the next look. Others who
     * wait change the picture when they do the same. */
    claim->stuck &= claims;
    if (claim->phase == CLAIM_ASKING && claim->still >= CLAIM_STUCK)
        claim->stuck |= claims & ~lower & ~(1UL << self);
    if (claim->phase == CLAIM_YIELDING && claim->still >= 2 * CLAIM_STUCK)
        claim->stuck |= lower;
    return claim->stuck;
}

unsigned turn_rank(uint32_t node, uint32_t self, uint32_t count, uint64_t able)
{
    unsigned rank = 0;

    for (uint32_t i = 1; i < count; i++) {
        uint32_t other = (node + i) % count;

        if (other == self)
            break;
        rank += able >> other & 1;
    }
    return rank;
}

uint64_t back_off_ms(unsigned deaths, uint64_t unit_ms)
{
    if (deaths < 3)
        return 0;
    uint64_t units = deaths - 3 < 5 ? 1UL << (deaths - 3) : BACK_OFF_MAX;

    return units * unit_ms;
}

unsigned deaths_read(uint32_t incarnation, uint32_t own, const uint32_t *words, uint32_t count)
{
    uint32_t life = deaths_word(incarnation, 0);

    if ((own & ~255U) == life)
        return own & 255;
    for (uint32_t i = 0; i < count; i++) {
        if ((words[i] & ~255U) == life)
            return words[i] & 255;
    }
    return 0;
}
