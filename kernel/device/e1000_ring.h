/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ring of descriptors of an 82540EM (Intel's 8254x manual, 3.2.3 and 3.3.3), over any memory.
 * Descriptor n is buffer n for ever, and the card goes through them in order: so it can name no
 * buffer, only say how much it wrote. Neither sleeps nor knows of registers.
 */
#pragma once
#include "lib/check.h"

#define E1000_RING_SIZE 256  /* descriptors: a page */
#define E1000_BUFFER    2048 /* bytes of a buffer, as the card is told */

struct e1000_descriptor {
    uint64_t address;
    uint16_t size;
    uint8_t checksum[1], command; /* a received one: checksum, both bytes */
    uint8_t status, errors;
    uint16_t special;
};

struct e1000_ring {
    volatile struct e1000_descriptor *descriptors;
    uint8_t *buffers;
    phys_addr buffers_phys;
    bool is_written;      /* by the card: a ring that receives */
    uint32_t given, done; /* counted on and on; the card has those from done to given */
};

/* Nothing is given yet. buffers_phys: where the card finds them. */
void e1000_ring_init(struct e1000_ring *ring, void *descriptors, uint8_t *buffers,
                     phys_addr buffers_phys, bool is_written);
/* The buffer that would be given next. NULL: the card has all it may have: one always stays here,
 * or a full ring would look like an empty one. */
uint8_t *e1000_ring_free(const struct e1000_ring *ring);
/* Gives it; size: bytes to be sent. */
void e1000_ring_give(struct e1000_ring *ring, size_t size);
/* Where the next one to be given stands: what the card is told. */
uint32_t e1000_ring_tail(const struct e1000_ring *ring);
/* Is the card done with one? Its bytes, good until it is given again. 1: a frame, or one that was
 * sent. 0: none. -1: more bytes than the buffer has. *size is 0 for what was received with errors
 * or not whole. */
int e1000_ring_take(struct e1000_ring *ring, const uint8_t **buffer, size_t *size) MUST_CHECK;
bool e1000_ring_has(const struct e1000_ring *ring); /* would take give one? */
