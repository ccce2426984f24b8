/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's 82540EM, as QEMU, Bochs and VirtualBox have it (Intel's 8254x manual, chapter 13). It has
 * no messages, only a line, and where that ends at the I/O APIC only AML would tell. The firmware's
 * number of the line is right wherever PCI's lines also come as those of the old bus (PIIX, and
 * ICH9 in QEMU). So the card is asked for an interrupt at the start; until one comes, and when the
 * line is found to be another's, it is looked at without.
 */
#include <asm/errno.h>

#include "arch/arch.h"
#include "device/card.h"
#include "device/card_driver.h"
#include "device/e1000_ring.h"
#include "device/pci.h"
#include "lib/log.h"
#include "lib/string.h"
#include "memory/frames.h"
#include "memory/user_copy.h"

enum e1000_register {
    CONTROL = 0x0000,
    STATUS = 0x0008,
    CAUSES = 0x00c0, /* reading clears them */
    CAUSES_SET = 0x00c8,
    MASK_SET = 0x00d0,
    MASK_CLEAR = 0x00d8,
    RECEIVE_CONTROL = 0x0100,
    SEND_CONTROL = 0x0400,
    SEND_GAP = 0x0410,
    RECEIVE_RING = 0x2800,
    SEND_RING = 0x3800,
    GROUPS = 0x5200,
    ADDRESS_LOW = 0x5400,
    ADDRESS_HIGH = 0x5404,
    REGISTERS_SIZE = 0x6000,
};
enum ring_register {
    RING_LOW = 0,
    RING_HIGH = 4,
    RING_BYTES = 8,
    RING_HEAD = 0x10,
    RING_TAIL = 0x18
};
#define VENDOR_INTEL   0x8086
#define DEVICE_82540EM 0x100e
#define CONTROL_UP     0x00000060u /* link up, speed by itself */
#define CONTROL_RESET  0x04000000u
/* On; every address (nodes have their own) and group; broadcast; no checksum behind; 2 KiB. */
#define RECEIVE_ON    (1u << 1 | 1u << 3 | 1u << 4 | 1u << 15 | 1u << 26)
#define SEND_ON       (1u << 1 | 1u << 3 | 0x10u << 4 | 0x40u << 12) /* full duplex: 13.4.33 */
#define GAP           0x0060200au                                    /* 13.4.34 */
#define CAUSES_WANTED (1u << 4 | 1u << 6 | 1u << 7) /* few buffers, none, a frame */
#define ALL           0xffffffffu
#define GROUP_WORDS   128
#define PATIENCE      (100 * 1000000UL)
#define STRANGERS_MAX 64 /* interrupts in a row that are not the card's */
#define FRAME_MIN     14
#define GIVEN_LOW     (E1000_RING_SIZE * 3 / 4) /* telling the card is slow: many at once */

static struct e1000 {
    volatile uint8_t *registers;
    const struct machine_function *function;
    struct e1000_ring receive, send;
    bool is_heard;
    unsigned strangers;
    uint32_t told; /* up to here the card knows what is to be sent */
} cards[CARD_PLACES], *card = cards;

_Static_assert(E1000_RING_SIZE * sizeof(struct e1000_descriptor) == PAGE_SIZE, "a page");

static uint32_t read(uint32_t at)
{
    return *(volatile uint32_t *)(card->registers + at);
}

static void write(uint32_t at, uint32_t value)
{
    *(volatile uint32_t *)(card->registers + at) = value;
}

static void choose(enum card_place place)
{
    card = &cards[place];
}

static bool is(const struct machine_function *candidate)
{
    return pci_number(candidate, PCI_VENDOR, 2) == VENDOR_INTEL &&
           pci_number(candidate, PCI_DEVICE, 2) == DEVICE_82540EM;
}

static int open(const struct machine_function *candidate)
{
    card->function = candidate;
    card->registers = pci_map(card->function, 0, 0, REGISTERS_SIZE);
    return card->registers ? 0 : -ENODEV;
}

static bool quiet(void)
{
    nanoseconds end = arch_clock() + PATIENCE;

    write(MASK_CLEAR, ALL);
    write(RECEIVE_CONTROL, 0);
    write(SEND_CONTROL, 0);
    write(CONTROL, read(CONTROL) | CONTROL_RESET);
    while (read(CONTROL) & CONTROL_RESET) { /* all ones: no card is there */
        if (arch_clock() > end)
            return false;
    }
    write(MASK_CLEAR, ALL);
    (void)read(CAUSES);
    return true;
}

/* Memory is asked for once in a node's life. */
static int ring_make(struct e1000_ring *ring, uint32_t at, bool is_written)
{
    const size_t buffers_size = (size_t)E1000_RING_SIZE * E1000_BUFFER;
    phys_addr descriptors, buffers;

    if (ring->buffers) {
        descriptors = direct_phys((void *)(uintptr_t)ring->descriptors);
        buffers = ring->buffers_phys;
    } else {
        descriptors = frame_alloc_run(1, FRAME_KERNEL);
        buffers = frame_alloc_run(buffers_size / PAGE_SIZE, FRAME_KERNEL);
        if (!descriptors || !buffers)
            return -ENOMEM;
    }
    memset(direct_pointer(descriptors), 0, PAGE_SIZE);
    memset(direct_pointer(buffers), 0, buffers_size);
    e1000_ring_init(ring, direct_pointer(descriptors), direct_pointer(buffers), buffers,
                    is_written);
    write(at + RING_LOW, (uint32_t)descriptors);
    write(at + RING_HIGH, (uint32_t)(descriptors >> 32));
    write(at + RING_BYTES, PAGE_SIZE);
    write(at + RING_HEAD, 0);
    write(at + RING_TAIL, 0);
    return 0;
}

static void receive_all(void)
{
    bool is_more = false;

    for (; e1000_ring_free(&card->receive); is_more = true)
        e1000_ring_give(&card->receive, 0);
    if (is_more)
        write(RECEIVE_RING + RING_TAIL, e1000_ring_tail(&card->receive));
}

static int start(uint8_t address[6])
{
    uint32_t low = read(ADDRESS_LOW), high = read(ADDRESS_HIGH);

    for (unsigned i = 0; i < 6; i++)
        address[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
    int error = ring_make(&card->receive, RECEIVE_RING, true);

    if (!error)
        error = ring_make(&card->send, SEND_RING, false);
    if (error)
        return error;
    for (uint32_t i = 0; i < GROUP_WORDS; i++)
        write(GROUPS + 4 * i, 0);
    card->is_heard = false;
    card->strangers = card->told = 0;
    pci_line_interrupt(card->function);
    write(CONTROL, (read(CONTROL) & ~CONTROL_RESET) | CONTROL_UP);
    write(SEND_GAP, GAP);
    write(SEND_CONTROL, SEND_ON);
    write(RECEIVE_CONTROL, RECEIVE_ON);
    receive_all();
    write(MASK_SET, CAUSES_WANTED);
    write(CAUSES_SET, CAUSES_WANTED);
    return 0;
}

static size_t room(void)
{
    const uint8_t *sent;
    size_t size;

    while (e1000_ring_take(&card->send, &sent, &size) > 0)
        ;
    return e1000_ring_free(&card->send) ? CARD_FRAME_MAX : 0;
}

static void frame_send(struct io *frame, const struct card_task *task)
{
    e1000_ring_give(&card->send,
                    (size_t)io_get(frame, e1000_ring_free(&card->send), CARD_FRAME_MAX));
}

static void flush(void)
{
    if (card->told != e1000_ring_tail(&card->send)) {
        card->told = e1000_ring_tail(&card->send);
        write(SEND_RING + RING_TAIL, card->told);
    }
}

static int take(struct io *frame, struct card_task *task)
{
    const uint8_t *bytes;
    size_t size;

    if (card->receive.given - card->receive.done < GIVEN_LOW) /* the one before is among them */
        receive_all();
    int result = e1000_ring_take(&card->receive, &bytes, &size);

    if (result > 0)
        io_kernel(frame, (void *)(uintptr_t)bytes,
                  size < FRAME_MIN || size > CARD_FRAME_MAX ? 0 : size);
    return result;
}

static bool arm(void)
{
    receive_all();
    (void)read(CAUSES);
    write(MASK_SET, CAUSES_WANTED);
    return !e1000_ring_has(&card->receive);
}

/* Nothing more until all was taken: the line stays up as long as there is a cause. */
static void interrupted(void)
{
    uint32_t causes = read(CAUSES);

    write(MASK_CLEAR, ALL);
    if (causes & CAUSES_WANTED) {
        if (!card->is_heard)
            log_line("card: its line is input %u of the I/O APIC",
                     pci_number(card->function, PCI_LINE, 1));
        card->is_heard = true;
        card->strangers = 0;
    } else if (++card->strangers == STRANGERS_MAX) {
        pci_line_mask(card->function);
        card->is_heard = false;
        log_line("card: its line is another's; it is looked at without");
    }
}

static bool is_unheard(void)
{
    return !card->is_heard;
}

const struct card_driver e1000 = {
    .name = "e1000",
    .is = is,
    .choose = choose,
    .open = open,
    .quiet = quiet,
    .start = start,
    .room = room,
    .send = frame_send,
    .flush = flush,
    .take = take,
    .arm = arm,
    .interrupted = interrupted,
    .is_unheard = is_unheard,
};
