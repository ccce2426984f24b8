/* SPDX-License-Identifier: Apache-2.0 */
#include "device/e1000_ring.h"

#include <stdatomic.h>

/* Bits of the manual, tables 3-2, 3-3 and 3-10 */
#define STATUS_DONE  1
#define STATUS_WHOLE 2 /* the frame ends in this buffer */
#define COMMAND_END  1
#define COMMAND_SUM  2 /* the card adds Ethernet's checksum */
#define COMMAND_SAY  8 /* and says when it is done */

_Static_assert(sizeof(struct e1000_descriptor) == 16, "as the card reads it");

static uint32_t place(uint32_t count)
{
    return count % E1000_RING_SIZE;
}

void e1000_ring_init(struct e1000_ring *ring, void *descriptors, uint8_t *buffers,
                     phys_addr buffers_phys, bool is_written)
{
    *ring = (struct e1000_ring){.descriptors = descriptors,
                                .buffers = buffers,
                                .buffers_phys = buffers_phys,
                                .is_written = is_written};
}

uint8_t *e1000_ring_free(const struct e1000_ring *ring)
{
    if (ring->given - ring->done == E1000_RING_SIZE - 1)
        return NULL;
    return ring->buffers + (size_t)place(ring->given) * E1000_BUFFER;
}

/* The address is written each time: the card could have written there. */
void e1000_ring_give(struct e1000_ring *ring, size_t size)
{
    volatile struct e1000_descriptor *next = &ring->descriptors[place(ring->given)];

    next->address = ring->buffers_phys + (uint64_t)place(ring->given) * E1000_BUFFER;
    next->size = (uint16_t)size;
    next->checksum[0] = 0;
    next->command = ring->is_written ? 0 : COMMAND_END | COMMAND_SUM | COMMAND_SAY;
    next->errors = 0;
    next->special = 0;
    next->status = 0;
    atomic_thread_fence(memory_order_release);
    ring->given++;
}

uint32_t e1000_ring_tail(const struct e1000_ring *ring)
{
    return place(ring->given);
}

bool e1000_ring_has(const struct e1000_ring *ring)
{
    return ring->done != ring->given && (ring->descriptors[place(ring->done)].status & STATUS_DONE);
}

int e1000_ring_take(struct e1000_ring *ring, const uint8_t **buffer, size_t *size)
{
    volatile struct e1000_descriptor *next = &ring->descriptors[place(ring->done)];

    if (ring->done == ring->given)
        return 0;
    uint8_t status = next->status;

    if (!(status & STATUS_DONE))
        return 0;
    atomic_thread_fence(memory_order_acquire);
    uint16_t bytes = next->size;

    if (ring->is_written && bytes > E1000_BUFFER)
        return -1;
    bool is_good = (status & STATUS_WHOLE) && next->errors == 0;

    *buffer = ring->buffers + (size_t)place(ring->done) * E1000_BUFFER;
    *size = ring->is_written && is_good ? bytes : 0;
    ring->done++;
    return 1;
}
