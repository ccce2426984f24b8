/* SPDX-License-Identifier: Apache-2.0 */
/* Virtio 1.1, 3.1.1: reset, features, queues, work. The same over all kinds of registers. */
#include "device/virtio.h"

#include <asm/errno.h>

#include "arch/arch.h"
#include "lib/string.h"
#include "memory/frames.h"

#define RESET_PATIENCE (500 * 1000000UL) /* an emulator may stand still for so long */

bool virtio_reset(struct virtio *device)
{
    nanoseconds end = arch_clock() + RESET_PATIENCE;

    device->ops->status_set(device, 0);
    while (device->ops->status(device) != 0) {
        if (arch_clock() > end)
            return false;
    }
    return true;
}

static void status_add(struct virtio *device, enum virtio_status bit)
{
    device->ops->status_set(device, (uint8_t)(device->ops->status(device) | bit));
}

uint64_t virtio_begin(struct virtio *device, uint64_t wanted, uint64_t group)
{
    if (!virtio_reset(device))
        return 0;
    status_add(device, VIRTIO_ACKNOWLEDGE);
    status_add(device, VIRTIO_DRIVER);
    uint64_t offered = (uint64_t)device->ops->features(device, 1) << 32;

    offered |= device->ops->features(device, 0);
    if ((offered & group) == group)
        wanted |= group;
    wanted &= offered;
    if (!(wanted & VIRTIO_VERSION_1))
        return 0;
    device->ops->features_set(device, 0, (uint32_t)wanted);
    device->ops->features_set(device, 1, (uint32_t)(wanted >> 32));
    status_add(device, VIRTIO_FEATURES_OK);
    return device->ops->status(device) & VIRTIO_FEATURES_OK ? wanted : 0;
}

/* A queue lives as long as its node: its frames are never given back. They are asked for again
 * only when the card is begun anew, which keeps them. */
int virtio_queue(struct virtio *device, unsigned index, struct virtqueue *queue, uint16_t most,
                 bool is_written, bool has_events)
{
    uint16_t size = device->ops->queue_size(device, index);
    size_t buffers_size = (size_t)most * VIRTQUEUE_BUFFER;

    if (size == 0 || (size & (size - 1)) != 0)
        return -ENODEV;
    if (size > most)
        size = most;
    phys_addr parts, buffers;

    if (queue->buffers) {
        buffers = direct_phys(queue->buffers);
        parts = direct_phys(queue->descriptors);
    } else {
        parts = frame_alloc_run(3, FRAME_KERNEL);
        buffers = frame_alloc_run(buffers_size / PAGE_SIZE, FRAME_KERNEL);
        if (!parts || !buffers)
            return -ENOMEM;
    }
    uint8_t *memory = direct_pointer(parts);

    _Static_assert(VIRTQUEUE_DESCRIPTORS(VIRTQUEUE_SIZE_MAX) <= PAGE_SIZE, "a page each");
    memset(memory, 0, 3 * PAGE_SIZE);
    memset(direct_pointer(buffers), 0, buffers_size);
    virtqueue_init(queue, size, memory, memory + PAGE_SIZE, memory + 2 * PAGE_SIZE,
                   direct_pointer(buffers), buffers, is_written, has_events);
    return device->ops->queue_set(device, index, size, parts, parts + PAGE_SIZE,
                                  parts + 2 * PAGE_SIZE)
               ? 0
               : -ENODEV;
}

void virtio_run(struct virtio *device)
{
    status_add(device, VIRTIO_DRIVER_OK);
}
