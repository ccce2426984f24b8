/* SPDX-License-Identifier: Apache-2.0 */
/* Virtio as a window in memory (virtio 1.1, 4.2), as QEMU's microvm has it. Where it is says the
 * boot option: only AML would tell otherwise. */
#include <asm/errno.h>

#include "arch/arch.h"
#include "device/pci.h"
#include "device/virtio.h"

enum window {
    MAGIC = 0x00,
    VERSION = 0x04,
    DEVICE_ID = 0x08,
    FEATURES = 0x10,
    FEATURES_SELECT = 0x14,
    DRIVER_FEATURES = 0x20,
    DRIVER_SELECT = 0x24,
    QUEUE_SELECT = 0x30,
    QUEUE_SIZE_MAX = 0x34,
    QUEUE_SIZE = 0x38,
    QUEUE_READY = 0x44,
    QUEUE_NOTIFY = 0x50,
    INTERRUPT_STATUS = 0x60,
    INTERRUPT_ACKNOWLEDGE = 0x64,
    STATUS = 0x70,
    QUEUE_DESCRIPTORS = 0x80,
    QUEUE_AVAILABLE = 0x90,
    QUEUE_USED = 0xa0,
    CONFIG = 0x100,
    WINDOW_SIZE = 0x200,
};
#define MAGIC_VALUE 0x74726976 /* "virt" */
#define ID_NET      1

static volatile uint32_t *word(struct virtio *device, enum window at)
{
    return (volatile uint32_t *)(device->common + at);
}

static uint8_t status(struct virtio *device)
{
    return (uint8_t)*word(device, STATUS);
}

static void status_set(struct virtio *device, uint8_t value)
{
    *word(device, STATUS) = value;
}

static uint32_t features(struct virtio *device, unsigned index)
{
    *word(device, FEATURES_SELECT) = index;
    return *word(device, FEATURES);
}

static void features_set(struct virtio *device, unsigned index, uint32_t value)
{
    *word(device, DRIVER_SELECT) = index;
    *word(device, DRIVER_FEATURES) = value;
}

static uint16_t queue_size(struct virtio *device, unsigned queue)
{
    *word(device, QUEUE_SELECT) = queue;
    uint32_t size = *word(device, QUEUE_SIZE_MAX);

    return size > 0x8000 ? 0x8000 : (uint16_t)size;
}

static void address_set(struct virtio *device, enum window at, phys_addr address)
{
    *word(device, at) = (uint32_t)address;
    *word(device, at + 4) = (uint32_t)(address >> 32);
}

static bool queue_set(struct virtio *device, unsigned queue, uint16_t size, phys_addr descriptors,
                      phys_addr available, phys_addr used)
{
    *word(device, QUEUE_SELECT) = queue;
    *word(device, QUEUE_SIZE) = size;
    address_set(device, QUEUE_DESCRIPTORS, descriptors);
    address_set(device, QUEUE_AVAILABLE, available);
    address_set(device, QUEUE_USED, used);
    *word(device, QUEUE_READY) = 1;
    return *word(device, QUEUE_READY) == 1;
}

static void notify(struct virtio *device, unsigned queue)
{
    *word(device, QUEUE_NOTIFY) = queue;
}

static uint8_t config(struct virtio *device, unsigned offset)
{
    return offset < WINDOW_SIZE - CONFIG ? device->common[CONFIG + offset] : 0;
}

static void acknowledge(struct virtio *device)
{
    *word(device, INTERRUPT_ACKNOWLEDGE) = *word(device, INTERRUPT_STATUS);
}

static bool interrupt(struct virtio *device)
{
    arch_line_interrupt(device->line, false, true);
    return true;
}

static const struct virtio_ops mmio_ops = {
    .status = status,
    .status_set = status_set,
    .features = features,
    .features_set = features_set,
    .queue_size = queue_size,
    .queue_set = queue_set,
    .notify = notify,
    .config = config,
    .interrupt = interrupt,
    .acknowledge = acknowledge,
};

int virtio_mmio_open(struct virtio *device, phys_addr base, uint32_t line)
{
    const struct machine_function window = {.bars[0] = {base, WINDOW_SIZE}};

    *device = (struct virtio){.ops = &mmio_ops, .common = pci_map(&window, 0, 0, WINDOW_SIZE)};
    if (!device->common || *word(device, MAGIC) != MAGIC_VALUE || *word(device, VERSION) != 2 ||
        *word(device, DEVICE_ID) != ID_NET)
        return -ENODEV;
    device->line = line;
    return 0;
}
