/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn it is, and who is alone. Pure: sets of nodes are bits of a word. The exclusion is the
 * one-bit algorithm of Burns and Lamport: every node writes only its own claim, so nothing is held
 * by the dead; whose claims are passed over are then fenced by the winner before he does anything
 * else. test/models/guardian.pml is the proof.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum claim_phase { CLAIM_IDLE, CLAIM_YIELDING, CLAIM_ASKING, CLAIM_WON };

struct claim {
    enum claim_phase phase;
    bool bit;         /* what is to be published */
    uint64_t passed;  /* once it is won: whose claims were passed over */
    uint64_t picture; /* claim_stuck: what stands still, */
    uint64_t still;   /* and for how long; */
    uint64_t stuck;   /* who was found so, and still asks */
};

/* One look. claims: who publishes the bit; dead: whose is passed over. Publish claim->bit after
 * each look, with full order, and look again until it is won. */
void claim_look(struct claim *claim, uint32_t self, uint64_t claims, uint64_t dead);

/* Who of `claims` does nothing in its claim, though it lives: for CLAIM_STUCK of our own time
 * (passed: since the last look) the picture, whatever the others publish of their work, has not
 * changed. To be added to `dead`. */
#define CLAIM_STUCK 60000000000UL
uint64_t claim_stuck(struct claim *claim, uint32_t self, uint64_t claims, uint64_t picture,
                     uint64_t passed);

/* How many of `able` stand before self in the ring that begins behind `node`: 0: it is my turn. */
unsigned turn_rank(uint32_t node, uint32_t self, uint32_t count, uint64_t able);

/* Milliseconds between a death and the new start, when it is the n-th in a row. */
uint64_t back_off_ms(unsigned deaths, uint64_t unit_ms);
#define SAFE_MODE_DEATHS 10 /* the life that follows so many in a row is in safe mode */

/* Numbers of lives are read in pages that may be damaged: the last one that is known, and another
 * word for it. One that lies back, or leaps, is not believed. */
#define LIVES_LEAP 0x10000
static inline uint32_t life_later(uint32_t last, uint32_t word)
{
    return word - last < LIVES_LEAP ? word : last;
}

/* Words that several nodes may have published about one life: the count belongs to the life that
 * follows the last of these deaths. */
static inline uint32_t deaths_word(uint32_t incarnation, unsigned deaths)
{
    return (incarnation & 0xffffff) << 8 | (deaths < 255 ? deaths : 255);
}
/* What holds for life `incarnation`: the node's own word, or else any word of that life; 0. */
unsigned deaths_read(uint32_t incarnation, uint32_t own, const uint32_t *words, uint32_t count);
