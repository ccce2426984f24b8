/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue of bytes that takes its memory page by page as it fills and gives each page back once
 * read: the inside of pipes and stream sockets. Pure but for frames and io; never sleeps, knows no
 * waiters.
 */
#pragma once
#include "memory/user_copy.h"

struct ring {
    uint8_t **pages;   /* capacity / PAGE_SIZE; NULL where nothing is stored */
    uint32_t capacity; /* bytes, whole pages */
    uint32_t head;     /* offset of the first unread byte */
    uint32_t used;     /* unread bytes */
};
#define RING_MAX (16U << 20) /* capacity at most this: positions stay far from overflow */

int ring_init(struct ring *ring, size_t capacity) MUST_CHECK; /* rounded up to pages; -ENOMEM */
void ring_free(struct ring *ring);                            /* harmless on a zeroed one */
/* Keeps the content. -EBUSY: it would not fit. -ENOMEM: unchanged. */
int ring_resize(struct ring *ring, size_t capacity) MUST_CHECK;
static inline size_t ring_room(const struct ring *ring)
{
    return ring->capacity - ring->used;
}
/* Moves at most size bytes from io into the ring. Bytes moved; -EFAULT, -ENOMEM only when none was.
 */
long ring_put(struct ring *ring, struct io *io, size_t size);
/* Copies at most size bytes that stand `offset` behind the first unread one; the ring keeps them.
 * Bytes or -EFAULT. */
long ring_peek(const struct ring *ring, size_t offset, struct io *io, size_t size);
void ring_drop(struct ring *ring, size_t size); /* at most used */
static inline long ring_get(struct ring *ring, struct io *io, size_t size)
{
    long moved = ring_peek(ring, 0, io, size);
    if (moved > 0)
        ring_drop(ring, (size_t)moved);
    return moved;
}
