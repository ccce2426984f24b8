/* SPDX-License-Identifier: Apache-2.0 */
/* Virtio over PCI (virtio 1.1, 4.1): vendor capabilities tell where in which BAR the registers are.
 */
#include <asm/errno.h>

#include "device/pci.h"
#include "device/virtio.h"

enum capability { COMMON = 1, NOTIFY = 2, INTERRUPT = 3, CONFIG = 4 };
enum capability_offset { AT_KIND = 3, AT_BAR = 4, AT_OFFSET = 8, AT_SIZE = 12, AT_STEP = 16 };
enum common {
    FEATURE_SELECT = 0x00,
    FEATURE = 0x04,
    DRIVER_SELECT = 0x08,
    DRIVER_FEATURE = 0x0c,
    STATUS = 0x14,
    QUEUE_SELECT = 0x16,
    QUEUE_SIZE = 0x18,
    QUEUE_MESSAGE = 0x1a,
    QUEUE_ENABLE = 0x1c,
    QUEUE_NOTIFY = 0x1e,
    QUEUE_DESCRIPTORS = 0x20,
    QUEUE_AVAILABLE = 0x28,
    QUEUE_USED = 0x30,
    COMMON_SIZE = 0x38,
};
#define CONFIG_SIZE_MAX 64
#define NO_MESSAGE      0xffff

static volatile uint16_t *half(struct virtio *device, enum common at)
{
    return (volatile uint16_t *)(device->common + at);
}

static volatile uint32_t *word(struct virtio *device, enum common at)
{
    return (volatile uint32_t *)(device->common + at);
}

static uint8_t status(struct virtio *device)
{
    return device->common[STATUS];
}

static void status_set(struct virtio *device, uint8_t value)
{
    device->common[STATUS] = value;
}

static uint32_t features(struct virtio *device, unsigned index)
{
    *word(device, FEATURE_SELECT) = index;
    return *word(device, FEATURE);
}

static void features_set(struct virtio *device, unsigned index, uint32_t value)
{
    *word(device, DRIVER_SELECT) = index;
    *word(device, DRIVER_FEATURE) = value;
}

static uint16_t queue_size(struct virtio *device, unsigned queue)
{
    *half(device, QUEUE_SELECT) = (uint16_t)queue;
    return *half(device, QUEUE_SIZE);
}

static void address_set(struct virtio *device, enum common at, phys_addr address)
{
    *word(device, at) = (uint32_t)address;
    *word(device, at + 4) = (uint32_t)(address >> 32);
}

static bool queue_set(struct virtio *device, unsigned queue, uint16_t size, phys_addr descriptors,
                      phys_addr available, phys_addr used)
{
    *half(device, QUEUE_SELECT) = (uint16_t)queue;
    *half(device, QUEUE_SIZE) = size;
    address_set(device, QUEUE_DESCRIPTORS, descriptors);
    address_set(device, QUEUE_AVAILABLE, available);
    address_set(device, QUEUE_USED, used);
    *half(device, QUEUE_MESSAGE) = 0;
    if (*half(device, QUEUE_MESSAGE) == NO_MESSAGE)
        return false;
    /* The place to notify is the device's word: it must be within what was mapped. */
    uint64_t at = (uint64_t)*half(device, QUEUE_NOTIFY) * device->notify_step;

    if (queue >= VIRTIO_QUEUES_MAX || at + 2 > device->notify_size)
        return false;
    device->notify[queue] = device->notify_base + at;
    *half(device, QUEUE_ENABLE) = 1;
    return true;
}

static void notify(struct virtio *device, unsigned queue)
{
    *(volatile uint16_t *)device->notify[queue] = (uint16_t)queue;
}

static uint8_t config(struct virtio *device, unsigned offset)
{
    return offset < CONFIG_SIZE_MAX ? device->config[offset] : 0;
}

static bool interrupt(struct virtio *device)
{
    return pci_interrupt(device->function);
}

static const struct virtio_ops pci_ops = {
    .status = status,
    .status_set = status_set,
    .features = features,
    .features_set = features_set,
    .queue_size = queue_size,
    .queue_set = queue_set,
    .notify = notify,
    .config = config,
    .interrupt = interrupt,
};

/* The first capability of a kind whose BAR is there is the one to take. */
static volatile uint8_t *part_map(const struct machine_function *function, enum capability kind,
                                  uint64_t size_max, uint32_t *size, uint32_t *step)
{
    uint32_t at = 0;

    /* One may name itself as the next. */
    for (unsigned i = 0; i < PCI_CAPABILITIES_MAX; i++) {
        at = pci_capability(function, PCI_VENDOR_SPECIFIC, at);
        if (at == 0)
            break;
        uint32_t length = pci_number(function, at + AT_SIZE, 4);

        if (pci_number(function, at + AT_KIND, 1) != (uint32_t)kind)
            continue;
        if (length > size_max)
            length = (uint32_t)size_max;
        volatile void *part = pci_map(function, pci_number(function, at + AT_BAR, 1),
                                      pci_number(function, at + AT_OFFSET, 4), length);
        if (part) {
            *size = length;
            *step = pci_number(function, at + AT_STEP, 4);
            return part;
        }
    }
    return NULL;
}

int virtio_pci_open(struct virtio *device, const struct machine_function *function)
{
    uint32_t common_size = 0, config_size = 0, step;

    *device = (struct virtio){.ops = &pci_ops, .function = function};
    device->common = part_map(function, COMMON, PAGE_SIZE, &common_size, &step);
    device->config = part_map(function, CONFIG, CONFIG_SIZE_MAX, &config_size, &step);
    device->notify_base =
        part_map(function, NOTIFY, 4 * PAGE_SIZE, &device->notify_size, &device->notify_step);
    bool is_whole = device->common && device->config && device->notify_base &&
                    common_size >= COMMON_SIZE && config_size >= 8;

    return is_whole ? 0 : -ENODEV;
}
