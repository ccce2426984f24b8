/* SPDX-License-Identifier: Apache-2.0 */
/* A virtio network card (virtio 1.1, 5.1). Queue 0 receives, queue 1 sends; before each frame
 * stands a header that says nothing, since no offload was agreed on. */
#include <asm/errno.h>

#include "device/card.h"
#include "device/card_driver.h"
#include "device/pci.h"
#include "device/virtio.h"
#include "lib/log.h"
#include "lib/string.h"
#include "node/self.h"

#define VENDOR_VIRTIO    0x1af4
#define DEVICE_NET       0x1041
#define DEVICE_NET_0     0x1000 /* one that could also be of the time before version 1 */
#define FEATURE_MAC      (1UL << 5)
#define FEATURE_CONTROL  (1UL << 17) /* a queue for commands */
#define FEATURE_RECEIVE  (1UL << 18) /* and those that say what is received */
#define CONTROL_FEATURES (VIRTIO_INDIRECT | FEATURE_CONTROL | FEATURE_RECEIVE)
#define HEADER           12 /* struct virtio_net_hdr of version 1 */
#define FRAME_MIN        14
enum { RECEIVE, SEND, CONTROL };
/* A command (virtio 1.1, 5.1.6.5): class, kind, a byte; the device's answer behind it. */
#define COMMANDS     2  /* buffers; one is ever in use */
#define COMMAND_AT   64 /* behind the table, in the same buffer */
#define COMMAND_SIZE 3
#define ANSWER_AT    (COMMAND_AT + COMMAND_SIZE)
#define ANSWER_WELL  0
#define PATIENCE     (100 * 1000000UL)
static const uint8_t promiscuous[COMMAND_SIZE] = {0, 0, 1};

_Static_assert(HEADER + CARD_FRAME_MAX <= VIRTQUEUE_BUFFER, "a frame is one buffer");

static struct virtio device;
static struct virtqueue receive, send, control;
static bool is_asked;  /* a command was not answered yet */
static bool is_broken; /* what the send queue said was against the rules */

static bool is(const struct machine_function *function)
{
    uint32_t id = pci_number(function, PCI_DEVICE, 2);

    return pci_number(function, PCI_VENDOR, 2) == VENDOR_VIRTIO &&
           (id == DEVICE_NET || id == DEVICE_NET_0);
}

static int open(const struct machine_function *function)
{
    if (function)
        return virtio_pci_open(&device, function);
    return virtio_mmio_open(&device, option_number("virtio-mmio", 0),
                            (uint32_t)option_number("virtio-mmio-line", 0));
}

static bool quiet(void)
{
    return virtio_reset(&device);
}

static void receive_all(void)
{
    while (virtqueue_free(&receive) >= 0)
        virtqueue_give(&receive, VIRTQUEUE_BUFFER);
    if (virtqueue_must_notify(&receive))
        device.ops->notify(&device, RECEIVE);
}

/* All frames, please: each node has an address of its own. Nobody waits for the answer. */
static void all_receive(void)
{
    uint8_t *buffer = virtqueue_buffer(&control, (unsigned)virtqueue_free(&control));

    memcpy(buffer + COMMAND_AT, promiscuous, COMMAND_SIZE);
    buffer[ANSWER_AT] = !ANSWER_WELL;
    virtqueue_table_set(&control, 0, COMMAND_AT, COMMAND_SIZE, false, false);
    virtqueue_table_set(&control, 1, ANSWER_AT, 1, true, true);
    virtqueue_give_table(&control, 2);
    if (virtqueue_must_notify(&control))
        device.ops->notify(&device, CONTROL);
    is_asked = true;
}

static void answer_look(void)
{
    unsigned index;
    size_t size;
    int result = virtqueue_take(&control, &index, &size);

    if (result == 0)
        return;
    is_asked = is_broken = false;
    if (result < 0 || virtqueue_buffer(&control, index)[ANSWER_AT] != ANSWER_WELL)
        log_line("card: it refuses to take frames to all nodes");
}

static int start(uint8_t address[6])
{
    uint64_t wanted = VIRTIO_VERSION_1 | VIRTIO_EVENT_INDEX | VIRTIO_INDIRECT | FEATURE_MAC |
                      FEATURE_CONTROL | FEATURE_RECEIVE;
    if (!device.ops->interrupt(&device))
        return -ENODEV;
    uint64_t agreed = virtio_begin(&device, wanted);
    bool has_events = agreed & VIRTIO_EVENT_INDEX;
    bool has_control = (agreed & CONTROL_FEATURES) == CONTROL_FEATURES;

    if (!(agreed & FEATURE_MAC))
        return -ENODEV;
    for (unsigned i = 0; i < 6; i++)
        address[i] = device.ops->config(&device, i);
    int error = virtio_queue(&device, RECEIVE, &receive, VIRTQUEUE_SIZE_MAX, true, has_events);

    if (!error)
        error = virtio_queue(&device, SEND, &send, VIRTQUEUE_SIZE_MAX, false, has_events);
    if (!error && has_control)
        error = virtio_queue(&device, CONTROL, &control, COMMANDS, false, has_events);
    if (error)
        return error;
    virtio_run(&device);
    is_asked = false;
    if (has_control)
        all_receive();
    virtqueue_disarm(&send);
    receive_all();
    return 0;
}

/* What was sent comes back here, when room is asked for: sending needs no interrupt. */
static uint8_t *frame(void)
{
    unsigned index;
    size_t size;

    int result;

    do
        result = virtqueue_take(&send, &index, &size);
    while (result > 0);
    is_broken |= result < 0; /* the next look at what was received gives it up */
    virtqueue_disarm(&send);
    int free = virtqueue_free(&send);

    return free < 0 ? NULL : virtqueue_buffer(&send, (unsigned)free) + HEADER;
}

static void frame_send(size_t size)
{
    memset(virtqueue_buffer(&send, (unsigned)virtqueue_free(&send)), 0, HEADER);
    virtqueue_give(&send, HEADER + size);
}

static void flush(void)
{
    if (virtqueue_must_notify(&send))
        device.ops->notify(&device, SEND);
}

static int take(const uint8_t **bytes, size_t *size)
{
    unsigned index;
    size_t taken;
    int result;

    if (is_broken)
        return -1;
    do {
        receive_all(); /* the one before */
        result = virtqueue_take(&receive, &index, &taken);
    } while (result > 0 && (taken < HEADER + FRAME_MIN || taken > HEADER + CARD_FRAME_MAX));
    if (result > 0) {
        *bytes = virtqueue_buffer(&receive, index) + HEADER;
        *size = taken - HEADER;
    }
    return result;
}

static bool arm(void)
{
    if (is_asked)
        answer_look();
    if (device.ops->acknowledge)
        device.ops->acknowledge(&device);
    return virtqueue_arm(&receive);
}

const struct card_driver virtio_net = {
    .name = "virtio-net",
    .is = is,
    .open = open,
    .quiet = quiet,
    .start = start,
    .frame = frame,
    .send = frame_send,
    .flush = flush,
    .take = take,
    .arm = arm,
};
