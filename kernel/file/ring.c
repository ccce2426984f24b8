/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte ring. A page exists from the first byte written to it until its last unread byte is
 * gone; an empty ring keeps one page and starts again at offset 0, so small traffic stays on one
 * warm page.
 */
#include "file/ring.h"

#include <asm/errno.h>

#include "lib/string.h"
#include "memory/frames.h"
#include "memory/heap.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int ring_init(struct ring *ring, size_t capacity)
{
    if (capacity > RING_MAX)
        return -ENOMEM;
    size_t pages = (capacity + PAGE_SIZE - 1) / PAGE_SIZE;
    if (pages == 0)
        pages = 1;
    *ring = (struct ring){.pages = heap_alloc(pages * sizeof(*ring->pages))};
    if (!ring->pages)
        return -ENOMEM;
    ring->capacity = (uint32_t)(pages * PAGE_SIZE);
    return 0;
}

void ring_free(struct ring *ring)
{
    for (size_t i = 0; i < ring->capacity / PAGE_SIZE; i++) {
        if (ring->pages[i])
            frame_put(direct_phys(ring->pages[i]));
    }
    heap_free(ring->pages);
    *ring = (struct ring){0};
}

int ring_resize(struct ring *ring, size_t capacity)
{
    struct ring grown;
    if (ring->used > capacity)
        return -EBUSY;
    int error = ring_init(&grown, capacity);
    if (error)
        return error;
    while (grown.used < ring->used) {
        uint32_t from = (ring->head + grown.used) % ring->capacity;
        size_t piece = smaller(ring->used - grown.used, PAGE_SIZE - from % PAGE_SIZE);
        struct io io;
        io_kernel(&io, ring->pages[from / PAGE_SIZE] + from % PAGE_SIZE, piece);
        if (ring_put(&grown, &io, piece) != (long)piece) {
            ring_free(&grown);
            return -ENOMEM;
        }
    }
    ring_free(ring);
    *ring = grown;
    return 0;
}

long ring_put(struct ring *ring, struct io *io, size_t size)
{
    size_t moved = 0;
    size = smaller(size, smaller(io->remaining, ring_room(ring)));
    while (moved < size) {
        uint32_t tail = ring->head + ring->used;
        if (tail >= ring->capacity)
            tail -= ring->capacity;
        uint8_t **page = &ring->pages[tail / PAGE_SIZE];
        if (!*page) {
            phys_addr frame = frame_alloc(FRAME_USER);
            if (!frame)
                return moved ? (long)moved : -ENOMEM;
            *page = direct_pointer(frame);
        }
        uint32_t offset = tail % PAGE_SIZE;
        size_t piece = smaller(size - moved, PAGE_SIZE - offset);
        long copied = io_get(io, *page + offset, piece);
        if (copied < 0)
            return moved ? (long)moved : copied;
        ring->used += (uint32_t)copied;
        moved += (size_t)copied;
        if ((size_t)copied < piece)
            break;
    }
    return (long)moved;
}

long ring_peek(const struct ring *ring, size_t offset, struct io *io, size_t size)
{
    size_t moved = 0;
    if (offset >= ring->used)
        return 0;
    size = smaller(size, smaller(io->remaining, ring->used - offset));
    while (moved < size) {
        size_t from = ring->head + offset + moved;
        if (from >= ring->capacity)
            from -= ring->capacity;
        size_t piece = smaller(size - moved, PAGE_SIZE - from % PAGE_SIZE);
        long copied = io_put(io, ring->pages[from / PAGE_SIZE] + from % PAGE_SIZE, piece);
        if (copied < 0)
            return moved ? (long)moved : copied;
        moved += (size_t)copied;
        if ((size_t)copied < piece)
            break;
    }
    return (long)moved;
}

static void page_free(uint8_t **page)
{
    frame_put(direct_phys(*page));
    *page = NULL;
}

void ring_drop(struct ring *ring, size_t size)
{
    ASSERT(size <= ring->used);
    while (size) {
        size_t piece = smaller(size, PAGE_SIZE - ring->head % PAGE_SIZE);
        uint8_t **page = &ring->pages[ring->head / PAGE_SIZE];
        ring->head += (uint32_t)piece;
        ring->used -= (uint32_t)piece;
        size -= piece;
        /* A full turn later the tail may already stand in this page again. */
        if (ring->head % PAGE_SIZE == 0 && ring->used > 0 &&
            ring->used <= ring->capacity - PAGE_SIZE)
            page_free(page);
        if (ring->head == ring->capacity)
            ring->head = 0;
        if (ring->used == 0) {
            uint8_t *kept = *page;
            *page = NULL;
            if (ring->pages[0])
                page_free(&ring->pages[0]);
            ring->pages[0] = kept;
            ring->head = 0;
        }
    }
}
