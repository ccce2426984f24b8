/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One split queue of a virtio device (virtio 1.1, 2.6), over any memory. Descriptor n is buffer n
 * for ever: the device never learns another address than those of our own buffers. A frame is one
 * of them, or a row of them that are linked. What the device writes is copied once and checked.
 * Neither sleeps nor knows of registers.
 */
#pragma once
#include "lib/check.h"

#define VIRTQUEUE_SIZE_MAX 256
#define VIRTQUEUE_BUFFER   2048 /* bytes of a buffer: header and largest frame */

/* Bytes of a queue's three parts; each begins at a multiple of 16. */
#define VIRTQUEUE_DESCRIPTORS(size) (16UL * (size))
#define VIRTQUEUE_AVAILABLE(size)   (6UL + 2UL * (size))
#define VIRTQUEUE_USED(size)        (6UL + 8UL * (size))

struct virtqueue {
    struct virtqueue_descriptor *descriptors;
    volatile uint16_t *available; /* flags, index, ring[size], used_event */
    volatile uint16_t *used;      /* flags, index, {id, size}[size] in words, available_event */
    uint8_t *buffers;
    phys_addr buffers_phys;
    uint16_t size;   /* a power of two */
    bool is_written; /* by the device: a queue that receives */
    bool has_events; /* VIRTIO_F_EVENT_IDX */
    uint16_t given, taken,
        told; /* indexes, counted on and on: ours, read of the device, last notified */
    uint16_t free_count;
    uint16_t free[VIRTQUEUE_SIZE_MAX];
    uint16_t first, last;                       /* of the row that is being made */
    uint16_t next[VIRTQUEUE_SIZE_MAX];          /* the one behind it in its row */
    uint64_t is_given[VIRTQUEUE_SIZE_MAX / 64]; /* the device has buffer n, which begins a frame */
};

/* Memory is zeroed; buffers_phys is where the device finds `buffers`. All buffers are free. */
void virtqueue_init(struct virtqueue *queue, uint16_t size, void *descriptors, void *available,
                    void *used, uint8_t *buffers, phys_addr buffers_phys, bool is_written,
                    bool has_events);
/* A buffer that the device does not have. -1: it has all of them. */
int virtqueue_free(const struct virtqueue *queue);
static inline uint8_t *virtqueue_buffer(const struct virtqueue *queue, unsigned index)
{
    return queue->buffers + (size_t)index * VIRTQUEUE_BUFFER;
}
/* The free buffer that virtqueue_free told of begins or goes on with a frame, so many bytes of it;
 * the device sees nothing before virtqueue_give, which must come next but for further parts. */
void virtqueue_part(struct virtqueue *queue, size_t size);
/* Gives the free buffer that virtqueue_free told of, with so many bytes (room, if is_written): a
 * frame, or the end of one. */
void virtqueue_give(struct virtqueue *queue, size_t size);
/* The same for a buffer that begins with a table of so many descriptors, which lead to parts of
 * that buffer (virtqueue_table_set): one command in several parts. */
void virtqueue_give_table(struct virtqueue *queue, unsigned count);
/* Entry `entry` of the table in the buffer that virtqueue_free told of: bytes of it from `offset`,
 * read by the device or written. `last`: no entry follows. */
void virtqueue_table_set(struct virtqueue *queue, unsigned entry, size_t offset, size_t size,
                         bool is_written, bool is_last);
/* After some were given: must the device be told? */
bool virtqueue_must_notify(struct virtqueue *queue);
/* The next buffer that the device is done with: 1, and it is free again once virtqueue_free would
 * hand it out, so use its bytes before giving. 0: none. -1: the device broke a rule, and nothing it
 * says can be believed any more. */
int virtqueue_take(struct virtqueue *queue, unsigned *index, size_t *size) MUST_CHECK;
/* An interrupt is wanted for what comes next. false: something has come meanwhile, look again. */
bool virtqueue_arm(struct virtqueue *queue) MUST_CHECK;
/* No interrupts, please (a hint). */
void virtqueue_disarm(struct virtqueue *queue);
