/* SPDX-License-Identifier: Apache-2.0 */
/* A virtio network card (virtio 1.2, 5.1). Queue 0 receives, queue 1 sends; before each frame
 * stands a header that says what the card is to do with it, or has left to us. */
#include <asm/errno.h>

#include "device/card.h"
#include "device/card_driver.h"
#include "device/pci.h"
#include "device/virtio.h"
#include "device/virtio_net_head.h"
#include "lib/log.h"
#include "lib/string.h"
#include "memory/user_copy.h"
#include "node/self.h"

#define VENDOR_VIRTIO    0x1af4
#define DEVICE_NET       0x1041
#define DEVICE_NET_0     0x1000     /* one that could also be of the time before version 1 */
#define FEATURE_SUMS     (1UL << 0) /* it makes those of TCP and UDP */
#define FEATURE_NO_SUMS  (1UL << 1) /* and may leave out those of what is received */
#define FEATURE_MAC      (1UL << 5)
#define FEATURE_JOINS4   (1UL << 7) /* it may put segments together that it received */
#define FEATURE_JOINS6   (1UL << 8)
#define FEATURE_CUTS4    (1UL << 11)
#define FEATURE_CUTS6    (1UL << 12)
#define FEATURE_MERGE    (1UL << 15) /* in a row of buffers, if they need it */
#define JOIN_FEATURES    (FEATURE_NO_SUMS | FEATURE_MERGE | FEATURE_JOINS4 | FEATURE_JOINS6)
#define FEATURE_CONTROL  (1UL << 17) /* a queue for commands */
#define FEATURE_RECEIVE  (1UL << 18) /* and those that say what is received */
#define CONTROL_FEATURES (VIRTIO_INDIRECT | FEATURE_CONTROL | FEATURE_RECEIVE)
#define HEADER           sizeof(struct virtio_net_head)
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
_Static_assert(HEADER + CARD_JOINED_MAX <= CARD_PIECES_MAX * VIRTQUEUE_BUFFER, "or so many");

static struct net {
    struct virtio device;
    struct virtqueue receive, send, control;
    bool is_asked;  /* a command was not answered yet */
    bool is_broken; /* what the send queue said was against the rules */
    uint64_t agreed;
} nets[CARD_PLACES], *net = nets;

static void choose(enum card_place place)
{
    net = &nets[place];
}

static bool is(const struct machine_function *function)
{
    uint32_t id = pci_number(function, PCI_DEVICE, 2);

    return pci_number(function, PCI_VENDOR, 2) == VENDOR_VIRTIO &&
           (id == DEVICE_NET || id == DEVICE_NET_0);
}

static int open(const struct machine_function *function)
{
    if (function)
        return virtio_pci_open(&net->device, function);
    return virtio_mmio_open(&net->device, option_number("virtio-mmio", 0),
                            (uint32_t)option_number("virtio-mmio-line", 0));
}

static bool quiet(void)
{
    return virtio_reset(&net->device);
}

static void receive_all(void)
{
    while (virtqueue_free(&net->receive) >= 0)
        virtqueue_give(&net->receive, VIRTQUEUE_BUFFER);
    if (virtqueue_must_notify(&net->receive))
        net->device.ops->notify(&net->device, RECEIVE);
}

/* All frames, please: each node has an address of its own. Nobody waits for the answer. */
static void all_receive(void)
{
    uint8_t *buffer = virtqueue_buffer(&net->control, (unsigned)virtqueue_free(&net->control));

    memcpy(buffer + COMMAND_AT, promiscuous, COMMAND_SIZE);
    buffer[ANSWER_AT] = !ANSWER_WELL;
    virtqueue_table_set(&net->control, 0, COMMAND_AT, COMMAND_SIZE, false, false);
    virtqueue_table_set(&net->control, 1, ANSWER_AT, 1, true, true);
    virtqueue_give_table(&net->control, 2);
    if (virtqueue_must_notify(&net->control))
        net->device.ops->notify(&net->device, CONTROL);
    net->is_asked = true;
}

static void answer_look(void)
{
    unsigned index;
    size_t size;
    int result = virtqueue_take(&net->control, &index, &size);

    if (result == 0)
        return;
    net->is_asked = net->is_broken = false;
    if (result < 0 || virtqueue_buffer(&net->control, index)[ANSWER_AT] != ANSWER_WELL)
        log_line("card: it refuses to take frames to all nodes");
}

static int start(uint8_t address[6])
{
    bool has_offloads = !option_is("offloads", "no");
    uint64_t wanted = VIRTIO_VERSION_1 | VIRTIO_EVENT_INDEX | VIRTIO_INDIRECT | FEATURE_MAC |
                      FEATURE_CONTROL | FEATURE_RECEIVE;

    if (has_offloads)
        wanted |= FEATURE_SUMS | FEATURE_CUTS4 | FEATURE_CUTS6;
    if (!net->device.ops->interrupt(&net->device))
        return -ENODEV;
    net->agreed = virtio_begin(&net->device, wanted, has_offloads ? JOIN_FEATURES : 0);
    bool has_events = net->agreed & VIRTIO_EVENT_INDEX;
    bool has_control = (net->agreed & CONTROL_FEATURES) == CONTROL_FEATURES;

    if (!(net->agreed & FEATURE_MAC))
        return -ENODEV;
    for (unsigned i = 0; i < 6; i++)
        address[i] = net->device.ops->config(&net->device, i);
    int error =
        virtio_queue(&net->device, RECEIVE, &net->receive, VIRTQUEUE_SIZE_MAX, true, has_events);

    if (!error)
        error = virtio_queue(&net->device, SEND, &net->send, VIRTQUEUE_SIZE_MAX, false, has_events);
    if (!error && has_control)
        error = virtio_queue(&net->device, CONTROL, &net->control, COMMANDS, false, has_events);
    if (error)
        return error;
    virtio_run(&net->device);
    net->is_asked = false;
    if (has_control)
        all_receive();
    virtqueue_disarm(&net->send);
    receive_all();
    return 0;
}

static unsigned features(void)
{
    if (!(net->agreed & FEATURE_SUMS))
        return 0;
    return CARD_SUMS | (net->agreed & FEATURE_CUTS4 ? CARD_CUTS4 : 0) |
           (net->agreed & FEATURE_CUTS6 ? CARD_CUTS6 : 0);
}

/* What was sent comes back here, when room is asked for: sending needs no interrupt. */
static size_t room(void)
{
    unsigned index;
    size_t size;
    int result;

    do
        result = virtqueue_take(&net->send, &index, &size);
    while (result > 0);
    net->is_broken |= result < 0; /* the next look at what was received gives it up */
    virtqueue_disarm(&net->send);
    return net->send.free_count ? net->send.free_count * (size_t)VIRTQUEUE_BUFFER - HEADER : 0;
}

static void frame_send(struct io *frame, const struct card_task *task)
{
    uint8_t *buffer = virtqueue_buffer(&net->send, (unsigned)virtqueue_free(&net->send));
    size_t size = HEADER;
    struct virtio_net_head head = virtio_net_head_of(task);

    memcpy(buffer, &head, HEADER);
    for (;;) {
        size += (size_t)io_get(frame, buffer + size, VIRTQUEUE_BUFFER - size);
        if (!frame->remaining)
            break;
        virtqueue_part(&net->send, size);
        buffer = virtqueue_buffer(&net->send, (unsigned)virtqueue_free(&net->send));
        size = 0;
    }
    virtqueue_give(&net->send, size);
}

static void flush(void)
{
    if (virtqueue_must_notify(&net->send))
        net->device.ops->notify(&net->device, SEND);
}

/* A frame and what its header says: 1. A row of buffers comes at once, or a rule is broken. */
static int frame_take(struct io *frame, struct card_task *task)
{
    static struct io_segment pieces[CARD_PIECES_MAX];
    unsigned index, count = 1;
    struct virtio_net_head head;
    size_t size;
    int result = virtqueue_take(&net->receive, &index, &size);

    if (result <= 0)
        return result;
    memcpy(&head, virtqueue_buffer(&net->receive, index), HEADER);
    size -= size < HEADER ? size : HEADER;
    pieces[0] =
        (struct io_segment){(uintptr_t)virtqueue_buffer(&net->receive, index) + HEADER, size};
    *frame = (struct io){.segments = pieces, .remaining = size, .kernel = true};
    while (net->agreed & FEATURE_MERGE && count < head.buffers) {
        if (count == CARD_PIECES_MAX || virtqueue_take(&net->receive, &index, &size) <= 0)
            return -1;
        pieces[count++] =
            (struct io_segment){(uintptr_t)virtqueue_buffer(&net->receive, index), size};
        frame->remaining += size;
    }
    frame->count = count;
    virtio_net_task_of(&head, frame->remaining, task);
    return 1;
}

static bool is_frame(const struct io *frame, const struct card_task *task)
{
    size_t size = frame->remaining;

    if (task->data)
        return size <= CARD_JOINED_MAX && frame->segments[0].size >= CARD_HEAD_MAX;
    return frame->count == 1 && size >= FRAME_MIN && size <= CARD_FRAME_MAX;
}

static int take(struct io *frame, struct card_task *task)
{
    if (net->is_broken)
        return -1;
    receive_all(); /* the one before */
    int result = frame_take(frame, task);

    if (result > 0 && !is_frame(frame, task))
        frame->remaining = 0;
    return result;
}

static bool arm(void)
{
    if (net->is_asked)
        answer_look();
    if (net->device.ops->acknowledge)
        net->device.ops->acknowledge(&net->device);
    return virtqueue_arm(&net->receive);
}

const struct card_driver virtio_net = {
    .name = "virtio-net",
    .is = is,
    .choose = choose,
    .open = open,
    .quiet = quiet,
    .start = start,
    .features = features,
    .room = room,
    .send = frame_send,
    .flush = flush,
    .take = take,
    .arm = arm,
};
