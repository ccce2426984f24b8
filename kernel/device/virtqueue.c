/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that a device can break: more used than given, a buffer it does not have, more bytes
 * than the buffer holds. */
#include "device/virtqueue.h"

#include <stdatomic.h>

#define GOES_ON       1
#define DEVICE_WRITES 2
#define IS_TABLE      4
#define NO_INTERRUPT  1
#define NO_NOTIFY     1
#define NONE          UINT16_MAX
enum { FLAGS = 0, INDEX = 1, RING = 2 };

struct virtqueue_descriptor {
    uint64_t address;
    uint32_t size;
    uint16_t flags, next;
};

/* What was stored is seen before anything is read from here on. QEMU's TCG leaves that out for a
 * machine with one core (locked instructions, MFENCE too before 8.1), though its devices have a
 * thread of their own: the index was read too early, the device saw the event of before, and nobody
 * woke anybody again. It takes a lock to read its clock, which is a fence. */
static void fence(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    (void)__builtin_ia32_rdtsc();
}

void virtqueue_init(struct virtqueue *queue, uint16_t size, void *descriptors, void *available,
                    void *used, uint8_t *buffers, phys_addr buffers_phys, bool is_written,
                    bool has_events)
{
    *queue = (struct virtqueue){.descriptors = descriptors,
                                .available = available,
                                .used = used,
                                .buffers = buffers,
                                .buffers_phys = buffers_phys,
                                .size = size,
                                .is_written = is_written,
                                .first = NONE,
                                .has_events = has_events};
    for (uint16_t i = 0; i < size; i++) {
        queue->descriptors[i].address = buffers_phys + (uint64_t)i * VIRTQUEUE_BUFFER;
        queue->free[i] = (uint16_t)(size - 1 - i);
    }
    queue->free_count = size;
}

int virtqueue_free(const struct virtqueue *queue)
{
    return queue->free_count ? queue->free[queue->free_count - 1] : -1;
}

static void append(struct virtqueue *queue, size_t size, unsigned flags)
{
    uint16_t index = queue->free[--queue->free_count];

    queue->descriptors[index].size = (uint32_t)size;
    queue->descriptors[index].flags = (uint16_t)(flags | (queue->is_written ? DEVICE_WRITES : 0));
    queue->next[index] = NONE;
    if (queue->first == NONE) {
        queue->first = index;
    } else {
        queue->next[queue->last] = index;
        queue->descriptors[queue->last].next = index;
    }
    queue->last = index;
}

static void give(struct virtqueue *queue, size_t size, unsigned flags)
{
    append(queue, size, flags);
    queue->is_given[queue->first / 64] |= 1UL << queue->first % 64;
    queue->available[RING + queue->given % queue->size] = queue->first;
    queue->first = NONE;
    atomic_thread_fence(memory_order_release);
    queue->available[INDEX] = ++queue->given;
}

void virtqueue_part(struct virtqueue *queue, size_t size)
{
    append(queue, size, GOES_ON);
}

void virtqueue_give(struct virtqueue *queue, size_t size)
{
    give(queue, size, 0);
}

void virtqueue_table_set(struct virtqueue *queue, unsigned entry, size_t offset, size_t size,
                         bool is_written, bool is_last)
{
    unsigned index = (unsigned)virtqueue_free(queue);
    struct virtqueue_descriptor *table = (void *)virtqueue_buffer(queue, index);

    table[entry] = (struct virtqueue_descriptor){
        .address = queue->buffers_phys + (uint64_t)index * VIRTQUEUE_BUFFER + offset,
        .size = (uint32_t)size,
        .flags = (uint16_t)((is_written ? DEVICE_WRITES : 0) | (is_last ? 0 : GOES_ON)),
        .next = (uint16_t)(entry + 1)};
}

void virtqueue_give_table(struct virtqueue *queue, unsigned count)
{
    give(queue, count * sizeof(struct virtqueue_descriptor), IS_TABLE);
}

/* Virtio 1.1, 2.6.7.2: the device names the index whose giving it wants to hear of. */
bool virtqueue_must_notify(struct virtqueue *queue)
{
    uint16_t before = queue->told, now = queue->given;

    if (now == before)
        return false;
    fence();
    queue->told = now;
    if (!queue->has_events)
        return !(queue->used[FLAGS] & NO_NOTIFY);
    uint16_t event = queue->used[RING + 4 * queue->size];

    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

int virtqueue_take(struct virtqueue *queue, unsigned *index, size_t *size)
{
    uint16_t waiting = (uint16_t)(queue->used[INDEX] - queue->taken);

    if (waiting == 0)
        return 0;
    atomic_thread_fence(memory_order_acquire);
    const volatile uint32_t *entry =
        (const volatile uint32_t *)(queue->used + RING) + 2 * (queue->taken % queue->size);
    uint32_t id = entry[0], bytes = entry[1];

    if (waiting > queue->size - queue->free_count || id >= queue->size ||
        !(queue->is_given[id / 64] >> id % 64 & 1) ||
        (queue->is_written && bytes > VIRTQUEUE_BUFFER))
        return -1;
    queue->is_given[id / 64] &= ~(1UL << id % 64);
    for (uint16_t part = (uint16_t)id; part != NONE; part = queue->next[part])
        queue->free[queue->free_count++] = part;
    queue->taken++;
    *index = id;
    *size = bytes;
    return 1;
}

bool virtqueue_arm(struct virtqueue *queue)
{
    if (queue->has_events)
        queue->available[RING + queue->size] = queue->taken;
    else
        queue->available[FLAGS] = 0;
    fence();
    return queue->used[INDEX] == queue->taken;
}

void virtqueue_disarm(struct virtqueue *queue)
{
    if (queue->has_events)
        queue->available[RING + queue->size] = (uint16_t)(queue->taken - 1);
    else
        queue->available[FLAGS] = NO_INTERRUPT;
}
