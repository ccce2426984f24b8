/* SPDX-License-Identifier: Apache-2.0 */
/* Who drives the card, and its turns: bounded, so that a flood of frames leaves time for programs.
 */
#include "device/card.h"

#include "arch/arch.h"
#include "arch/doors.h"
#include "device/card_driver.h"
#include "device/pci.h"
#include "lib/log.h"
#include "memory/user_copy.h"
#include "node/doorbell.h"
#include "node/self.h"
#include "thread/timer.h"

#define TURN_FRAMES 64        /* or pieces of larger ones */
#define PAUSE_NS    20000UL   /* between turns, for programs */
#define LOOK_NS     2000000UL /* of a card whose interrupts do not come */
#define FAULTS_MAX  16        /* broken rules; then the card stays off */
#define OWNED       (1UL << 63)
#define FEATURES    48 /* the first of their bits, behind the address */

static const struct card_user *user;
static const struct machine_function *function; /* NULL: not on PCI */
static const struct card_driver *driver;        /* NULL: there is no card */
static bool is_ours;
static unsigned features; /* as long as it is */
static unsigned faults;
static struct timer pause;
static bool is_resting; /* frames wait until programs had their time */

static void turn(void);

static void pause_over(struct timer *timer)
{
    is_resting = false;
    turn();
}

static uint64_t owner_word(uint32_t node)
{
    uint64_t word = atomic_load_explicit(&published_of(node)->card, memory_order_acquire);

    return node == self_node() || node_state(node) != NODE_DEAD ? word : 0;
}

uint32_t card_owner(uint8_t address[6])
{
    for (uint32_t node = 0; driver && node < machine->node_count; node++) {
        uint64_t word = owner_word(node);

        if (!(word & OWNED))
            continue;
        for (unsigned i = 0; i < 6; i++)
            address[i] = (uint8_t)(word >> (8 * (5 - i)));
        return node;
    }
    return UINT32_MAX;
}

unsigned card_features(uint32_t owner)
{
    return owner == UINT32_MAX ? 0 : (owner_word(owner) & ~OWNED) >> FEATURES;
}

uint64_t card_claims(void)
{
    uint64_t claims = 0;

    for (uint32_t node = 0; node < machine->node_count; node++) {
        uint64_t word = atomic_load_explicit(&published_of(node)->card, memory_order_acquire);

        claims |= word >> 63 << node;
    }
    return claims;
}

/* Our guardian has it by now, when there is one. */
static bool is_of_another(void)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        if (node != self_node() && owner_word(node) & OWNED)
            return true;
    }
    return false;
}

void card_quiet(void)
{
    if (!driver)
        return;
    is_ours = false;
    atomic_store_explicit(&self_published->card, 0, memory_order_release);
    if (is_of_another())
        return;
    (void)driver->quiet();
    if (function)
        pci_master(function, false);
}

/* Quiet first: another life, or the firmware, may have left it at work. */
static void drive(void)
{
    uint8_t address[6];
    uint64_t word = OWNED;

    if (function)
        pci_master(function, false);
    if (!driver->quiet()) {
        log_line("card: it does not stop; this machine has no network until it is reset");
        return;
    }
    if (function)
        pci_master(function, true);
    if (driver->start(address) != 0) {
        log_line("card: it cannot be used");
        (void)driver->quiet();
        return;
    }
    is_ours = true;
    for (unsigned i = 0; i < 6; i++)
        word |= (uint64_t)address[i] << (8 * (5 - i));
    features = driver->features ? driver->features() : 0;
    word |= (uint64_t)features << FEATURES;
    atomic_store_explicit(&self_published->card, word, memory_order_release);
    log_line("card: %s %02x:%02x:%02x:%02x:%02x:%02x is driven by this node", driver->name,
             address[0], address[1], address[2], address[3], address[4], address[5]);
    doorbell_ring_all();
    user->owned();
    turn();
}

static void give_up(void)
{
    is_ours = false;
    atomic_store_explicit(&self_published->card, 0, memory_order_release);
    log_line("card: it broke the rules of its queues%s",
             ++faults < FAULTS_MAX ? "; it is begun anew" : " too often, and stays off");
    if (faults < FAULTS_MAX)
        drive();
    else
        (void)driver->quiet();
}

static void turn(void)
{
    struct io frame;
    struct card_task task = {0};
    unsigned count = 0;
    int result;

    if (!is_ours)
        return;
    do {
        for (result = 1; count < TURN_FRAMES && (result = driver->take(&frame, &task)) > 0;
             count += frame.count) {
            user->received(&frame, &task);
            task = (struct card_task){0};
        }
    } while (result == 0 && !driver->arm());
    is_resting = result > 0;
    if (count)
        user->done();
    if (result < 0)
        give_up();
    else if (result > 0)
        timer_set(&pause, arch_clock() + PAUSE_NS);
    else if (driver->is_unheard && driver->is_unheard())
        timer_set(&pause, arch_clock() + LOOK_NS);
}

void device_enter(void)
{
    if (is_ours && driver->interrupted)
        driver->interrupted();
    if (!is_resting)
        turn();
}

size_t card_room(void)
{
    size_t room = is_ours ? driver->room() : 0;

    return room < CARD_CUT_MAX ? room : CARD_CUT_MAX;
}

static bool can_do(const struct card_task *task, size_t size)
{
    unsigned wanted = task->sum_from ? CARD_SUMS : 0;

    if (task->data)
        wanted |= task->is_v6 ? CARD_CUTS6 : CARD_CUTS4;
    return !(wanted & ~features) && size <= (task->data ? CARD_CUT_MAX : CARD_FRAME_MAX);
}

bool card_send(struct io *frame, const struct card_task *task)
{
    if (!can_do(task, frame->remaining) || card_room() < frame->remaining)
        return false;
    driver->send(frame, task);
    return true;
}

void card_flush(void)
{
    if (is_ours)
        driver->flush();
}

void card_owner_lost(uint32_t node)
{
    uint8_t address[6];

    /* Another guardian may have been here before us: a fence may be made twice. */
    if (!driver || !(atomic_load(&published_of(node)->card) & OWNED) ||
        card_owner(address) != UINT32_MAX)
        return;
    if (self_published->state == NODE_DEAD)
        card_quiet(); /* we are dying, too: whoever starts next drives it */
    else
        drive();
}

static bool others_live(void)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        uint32_t state = node_state(node);

        if (node != self_node() && (state == NODE_KERNEL || state == NODE_RUNNING))
            return true;
    }
    return false;
}

static const struct card_driver *driver_of(const struct machine_function *candidate)
{
    static const struct card_driver *const drivers[] = {&virtio_net, &e1000};

    for (unsigned i = 0; i < COUNT_OF(drivers); i++) {
        if (drivers[i]->is(candidate))
            return drivers[i];
    }
    return NULL;
}

bool card_find(void)
{
    const struct card_driver *found = NULL;

    for (uint32_t i = 0; i < machine->function_count && !found; i++) {
        found = driver_of(&machine->functions[i]);
        function = found ? &machine->functions[i] : NULL;
    }
    if (!found && option_number("virtio-mmio", 0))
        found = &virtio_net;
    if (found && !option_is("net", "no") && timer_init(&pause, pause_over) == 0 &&
        found->open(function) == 0)
        driver = found;
    return driver;
}

void card_start(const struct card_user *card_user)
{
    user = card_user;
    bool is_first = self_node() == machine->boot_node && self_start.incarnation == 1;

    if (is_first || (self_start.incarnation > 1 && !others_live()))
        drive();
}
