/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio device of version 1 (virtio 1.1, 3 and 4): its registers, on PCI or as a window in
 * memory, and the way from reset to work. Everything stands in this node's partition; a device that
 * was reset writes nothing any more.
 */
#pragma once
#include "device/virtqueue.h"

struct machine_function;
struct virtio;

struct virtio_ops {
    uint8_t (*status)(struct virtio *device);
    void (*status_set)(struct virtio *device, uint8_t status); /* 0: reset */
    uint32_t (*features)(struct virtio *device, unsigned word);
    void (*features_set)(struct virtio *device, unsigned word, uint32_t value);
    uint16_t (*queue_size)(struct virtio *device, unsigned queue); /* 0: there is none */
    /* Where its parts are, and interrupts for it to this core. false: the device refuses. */
    bool (*queue_set)(struct virtio *device, unsigned queue, uint16_t size, phys_addr descriptors,
                      phys_addr available, phys_addr used);
    void (*notify)(struct virtio *device, unsigned queue);
    uint8_t (*config)(struct virtio *device, unsigned offset);
    bool (*interrupt)(struct virtio *device);   /* its interrupts come to this core */
    void (*acknowledge)(struct virtio *device); /* one came. NULL: nothing to do */
};
#define VIRTIO_QUEUES_MAX 3
struct virtio {
    const struct virtio_ops *ops;
    volatile uint8_t *common, *config, *notify[VIRTIO_QUEUES_MAX];
    volatile uint8_t *notify_base;
    const struct machine_function *function;
    uint32_t line; /* at the I/O APIC, of one that is not on PCI */
    uint32_t notify_step, notify_size;
};

enum virtio_status {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
};
#define VIRTIO_INDIRECT    (1UL << 28) /* a descriptor may lead to a table of them */
#define VIRTIO_EVENT_INDEX (1UL << 29)
#define VIRTIO_VERSION_1   (1UL << 32)

/* virtio_pci.c. The registers of a function, mapped. -ENODEV: no virtio device of version 1, or not
 * whole. */
int virtio_pci_open(struct virtio *device, const struct machine_function *function) MUST_CHECK;
/* virtio_mmio.c: a window at a physical address, its line at the I/O APIC. */
int virtio_mmio_open(struct virtio *device, phys_addr base, uint32_t line) MUST_CHECK;

/* virtio.c */
/* After this it touches no memory. false: it does not answer. */
bool virtio_reset(struct virtio *device);
/* Reset, then agreed features: the wanted ones that it has; of `group` all or none. 0: it does not
 * take what it offered itself, or is older than version 1. */
uint64_t virtio_begin(struct virtio *device, uint64_t wanted, uint64_t group);
/* Gives it a queue of at most `most` buffers (a power of two), with memory of our own. -ENODEV,
 * -ENOMEM. */
int virtio_queue(struct virtio *device, unsigned index, struct virtqueue *queue, uint16_t most,
                 bool is_written, bool has_events) MUST_CHECK;
/* From here on it works. */
void virtio_run(struct virtio *device);
