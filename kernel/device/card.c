/* SPDX-License-Identifier: Apache-2.0 */
/* Who drives which card, and its turns: bounded, so that a flood of frames leaves time for
 * programs. */
#include "device/card.h"

#include "arch/arch.h"
#include "arch/doors.h"
#include "device/card_claim.h"
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

static struct card {
    const struct card_driver *driver;        /* NULL: there is no card */
    const struct machine_function *function; /* NULL: not on PCI */
    bool is_open;                            /* its registers are mapped: nobody else's are */
    bool is_wanted, is_ours;
    bool is_resting;   /* frames wait until programs had their time */
    unsigned features; /* enum card_feature, as long as it is ours */
    unsigned faults;
    struct timer pause;
    uint8_t address[6];
} cards[CARD_PLACES];
static const struct card_user *user; /* NULL: none yet, or the node has no network */
static struct card_known known = {.node = CARD_NOBODY};
static uint8_t numbers[NODES_MAX]; /* of the card that a node wants for itself; 0: none */

static void turn(struct card *card);

static const struct card_driver *chosen(const struct card *card)
{
    static const struct card *now;

    if (now != card)
        card->driver->choose((enum card_place)(card - cards));
    now = card;
    return card->driver;
}

static void pause_over(struct timer *timer)
{
    struct card *card = CONTAINER_OF(timer, struct card, pause);

    card->is_resting = false;
    turn(card);
}

/* ---- which is whose ---- */

static const struct card_driver *driver_of(const struct machine_function *function)
{
    static const struct card_driver *const drivers[] = {&virtio_net, &e1000};

    for (unsigned i = 0; i < COUNT_OF(drivers); i++) {
        if (drivers[i]->is(function))
            return drivers[i];
    }
    return NULL;
}

/* Cards that no driver knows have no number. NULL: there are not so many. */
static const struct machine_function *function_of(unsigned number)
{
    for (uint32_t i = 0; i < machine->card_count; i++) {
        if (driver_of(&machine->functions[i]) && number-- == 0)
            return &machine->functions[i];
    }
    return NULL;
}

/* Of several nodes that are given the same one, the first has it. */
static const struct machine_function *own_function(uint32_t node)
{
    for (uint32_t before = 0; before < node; before++) {
        if (numbers[before] == numbers[node])
            return NULL;
    }
    return numbers[node] ? function_of(numbers[node]) : NULL;
}

uint64_t card_own_nodes(void)
{
    uint64_t nodes = 0;

    for (uint32_t node = 0; node < machine->node_count; node++)
        nodes |= (uint64_t)(own_function(node) != NULL) << node;
    return nodes;
}

/* ---- who drives the shared one ---- */

/* What a node says of itself; one that is being started has the words of its last life. */
static uint64_t owner_word(uint32_t node)
{
    uint64_t word = atomic_load_explicit(&published_of(node)->card, memory_order_acquire);

    if (!(word & OWNED) || node == self_node())
        return word;
    uint32_t state = node_state(node);

    return state != NODE_DEAD && state != NODE_STARTING ? word : 0;
}

static struct card_claim claim_read(uint32_t node, uint32_t owner)
{
    const struct published *page = published_of(node);
    struct card_claim claim = {.is_made = owner_word(node) & OWNED};

    if (claim.is_made) {
        claim.life = page->incarnation;
        claim.ended = owner != CARD_NOBODY ? word_unsealed(page->fenced[owner]) : 0;
    }
    return claim;
}

uint32_t card_owner(uint8_t address[6])
{
    if (!cards[CARD_SHARED].driver)
        return UINT32_MAX;
    card_claim_look(&known, machine->node_count, arch_clock(), claim_read);
    if (known.node == CARD_NOBODY || known.over != 0)
        return UINT32_MAX;
    uint64_t word = owner_word(known.node);

    for (unsigned i = 0; i < 6; i++)
        address[i] = (uint8_t)(word >> (8 * (5 - i)));
    return known.node;
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

static void word_set(uint64_t word)
{
    atomic_store_explicit(&self_published->card, word, memory_order_release);
}

/* ---- work ---- */

/* Of a function on PCI nobody needs the registers for that: it reaches no memory without being its
 * bus's master. */
static bool quiet(struct card *card)
{
    card->is_ours = false;
    if (card->function)
        pci_master(card->function, false);
    if (!card->is_open && !card->function)
        card->is_open = chosen(card)->open(NULL) == 0;
    return !card->is_open || chosen(card)->quiet();
}

/* Quiet first: another life, or the firmware, may have left it at work. */
static void drive(struct card *card)
{
    bool is_shared = card == &cards[CARD_SHARED];
    const uint8_t *a = card->address;
    uint64_t word = OWNED;

    card->is_wanted = false;
    if (!card->is_open)
        card->is_open = chosen(card)->open(card->function) == 0;
    if (!quiet(card)) {
        log_line("card: it does not stop; it stays off until the machine is reset");
        return;
    }
    if (card->function)
        pci_master(card->function, true);
    if (!card->is_open || chosen(card)->start(card->address) != 0) {
        log_line("card: it cannot be used");
        (void)quiet(card);
        return;
    }
    card->is_ours = true;
    for (unsigned i = 0; i < 6; i++)
        word |= (uint64_t)a[i] << (8 * (5 - i));
    card->features = card->driver->features ? chosen(card)->features() : 0;
    word |= (uint64_t)card->features << FEATURES;
    if (is_shared) {
        word_set(word);
        known = (struct card_known){.node = self_node(), .life = self_start.incarnation};
    }
    log_line("card: %s %02x:%02x:%02x:%02x:%02x:%02x is driven by this node%s", card->driver->name,
             a[0], a[1], a[2], a[3], a[4], a[5], is_shared ? "" : " for itself");
    if (is_shared)
        doorbell_ring_all();
    user->owned();
    turn(card);
}

static void want(struct card *card)
{
    card->is_wanted = true;
    user->wanted();
}

static void give_up(struct card *card)
{
    card->is_ours = false;
    if (card == &cards[CARD_SHARED])
        word_set(0);
    (void)chosen(card)->quiet();
    log_line("card: it broke the rules of its queues%s",
             ++card->faults < FAULTS_MAX ? "; it is begun anew" : " too often, and stays off");
    if (card->faults < FAULTS_MAX)
        want(card);
}

static void turn(struct card *card)
{
    enum card_place place = (enum card_place)(card - cards);
    struct io frame;
    struct card_task task = {0};
    unsigned count = 0;
    int result;

    if (!card->is_ours)
        return;
    /* Who gets a frame may send another one, to either card. */
    do {
        for (result = 1; count < TURN_FRAMES && (result = chosen(card)->take(&frame, &task)) > 0;
             count += frame.count) {
            if (frame.remaining)
                user->received(place, &frame, &task);
            task = (struct card_task){0};
        }
    } while (result == 0 && !chosen(card)->arm());
    card->is_resting = result > 0;
    if (count)
        user->done();
    if (result < 0)
        give_up(card);
    else if (result > 0)
        timer_set(&card->pause, arch_clock() + PAUSE_NS);
    else if (card->driver->is_unheard && chosen(card)->is_unheard())
        timer_set(&card->pause, arch_clock() + LOOK_NS);
}

void device_enter(void)
{
    for (struct card *card = cards; card < cards + CARD_PLACES; card++) {
        if (card->is_ours && card->driver->interrupted)
            chosen(card)->interrupted();
        if (!card->is_resting)
            turn(card);
    }
}

size_t card_room(enum card_place place)
{
    size_t room = cards[place].is_ours ? chosen(&cards[place])->room() : 0;

    return room < CARD_CUT_MAX ? room : CARD_CUT_MAX;
}

static bool can_do(unsigned features, const struct card_task *task, size_t size)
{
    unsigned wanted = task->sum_from ? CARD_SUMS : 0;

    if (task->data)
        wanted |= task->is_v6 ? CARD_CUTS6 : CARD_CUTS4;
    return !(wanted & ~features) && size <= (task->data ? CARD_CUT_MAX : CARD_FRAME_MAX);
}

bool card_send(enum card_place place, struct io *frame, const struct card_task *task)
{
    if (!can_do(cards[place].features, task, frame->remaining) ||
        card_room(place) < frame->remaining)
        return false;
    chosen(&cards[place])->send(frame, task);
    return true;
}

void card_flush(void)
{
    for (struct card *card = cards; card < cards + CARD_PLACES; card++) {
        if (card->is_ours)
            chosen(card)->flush();
    }
}

/* ---- beginnings and ends ---- */

void card_quiet(void)
{
    uint8_t address[6];
    uint32_t owner = card_owner(address);

    word_set(0);
    if (cards[CARD_OWN].driver)
        (void)quiet(&cards[CARD_OWN]);
    if (cards[CARD_SHARED].driver && (owner == self_node() || owner == UINT32_MAX))
        (void)quiet(&cards[CARD_SHARED]);
}

void card_owner_lost(uint32_t node)
{
    const struct machine_function *own = own_function(node);
    struct card *card = &cards[CARD_SHARED];
    uint8_t address[6];
    uint32_t owner = card_owner(address);

    if (own)
        pci_master(own, false);
    /* Another guardian may have been here before us: a fence may be made twice. */
    if (!card->driver || !(atomic_load(&published_of(node)->card) & OWNED) ||
        (owner != UINT32_MAX && owner != node))
        return;
    /* Who is dying, too, leaves it to whoever starts next. */
    if (self_published->state == NODE_DEAD || !user)
        (void)quiet(card);
    else
        drive(card);
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

bool card_find(void)
{
    struct card *shared = &cards[CARD_SHARED], *own = &cards[CARD_OWN];

    for (uint32_t node = 0; node < machine->node_count; node++) {
        uint64_t number = option_number_of(node, "card", 0);

        numbers[node] = number < CARDS_MAX ? (uint8_t)number : 0;
    }
    shared->function = function_of(0);
    own->function = own_function(self_node());
    if (shared->function)
        shared->driver = driver_of(shared->function);
    else if (option_number("virtio-mmio", 0))
        shared->driver = &virtio_net;
    if (own->function)
        own->driver = driver_of(own->function);
    else if (option_number("card", 0))
        log_line("card: option card=%lu names no card that this node can have for itself",
                 option_number("card", 0));
    return (shared->driver || own->driver) && !option_is("net", "no") &&
           timer_init(&shared->pause, pause_over) == 0 && timer_init(&own->pause, pause_over) == 0;
}

void card_start(const struct card_user *card_user)
{
    bool is_first = self_node() == machine->boot_node && self_start.incarnation == 1;

    user = card_user;
    if (cards[CARD_SHARED].driver && (is_first || (self_start.incarnation > 1 && !others_live())))
        want(&cards[CARD_SHARED]);
    if (cards[CARD_OWN].driver)
        want(&cards[CARD_OWN]);
}

bool card_is_wanted(void)
{
    return cards[CARD_SHARED].is_wanted || cards[CARD_OWN].is_wanted;
}

void card_drive(void)
{
    struct card *shared = &cards[CARD_SHARED], *own = &cards[CARD_OWN];
    uint8_t address[6];

    if (shared->is_wanted && card_owner(address) == UINT32_MAX)
        drive(shared);
    shared->is_wanted = false;
    if (own->is_wanted)
        drive(own);
}

unsigned card_own_features(void)
{
    return cards[CARD_OWN].is_ours ? cards[CARD_OWN].features : 0;
}

bool card_own(uint8_t address[6])
{
    for (unsigned i = 0; i < 6; i++)
        address[i] = cards[CARD_OWN].address[i];
    return cards[CARD_OWN].is_ours;
}
