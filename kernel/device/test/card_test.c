/* SPDX-License-Identifier: Apache-2.0 */
/* Before a dead node's memory is used again its cards are quiet: its own one, and the shared one,
 * which its guardian drives from then on, or only stops when it is dying itself. The same before a
 * node loads itself anew. Nodes 0 to 2, of which we are the first. */
/* TEST-SOURCES: kernel/device/card_claim.c */
#include "device/card.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NODES 3
#define CARDS 3

static struct machine fake_machine = {
    .node_count = NODES, .card_count = CARDS, .function_count = CARDS};
static struct published pages[NODES];
static uint64_t given[NODES]; /* option card@NODE */
static struct {
    bool is_master, works; /* reaches memory; its queues run */
} played[CARDS];
static unsigned starts[CARDS];
static const struct machine_function *opened[CARD_PLACES];
static enum card_place place_chosen;
static bool is_quick = true; /* a card that stops when it is told to */

const struct machine *machine = &fake_machine;
struct start_info self_start;
struct published *self_published;

const struct published *published_of(uint32_t node)
{
    return &pages[node];
}
uint32_t node_state(uint32_t node)
{
    return pages[node].state;
}
bool option_is(const char *name, const char *value)
{
    return false;
}
uint64_t option_number_of(uint32_t node, const char *name, uint64_t otherwise)
{
    return strcmp(name, "card") == 0 && given[node] ? given[node] : otherwise;
}
uint64_t option_number(const char *name, uint64_t otherwise)
{
    return option_number_of(self_node(), name, otherwise);
}
nanoseconds arch_clock(void)
{
    return 1;
}
int timer_init(struct timer *timer, void (*fire)(struct timer *))
{
    return 0;
}
void timer_set(struct timer *timer, nanoseconds deadline)
{
}
void doorbell_ring_all(void)
{
}
void log_line(const char *format, ...)
{
}

/* ---- three cards of one kind ---- */

static unsigned number_of(const struct machine_function *function)
{
    return (unsigned)(function - fake_machine.functions);
}
void pci_master(const struct machine_function *function, bool on)
{
    played[number_of(function)].is_master = on;
}
static bool driver_is(const struct machine_function *function)
{
    return true;
}
static bool driver_is_not(const struct machine_function *function)
{
    return false;
}
static void driver_choose(enum card_place place)
{
    place_chosen = place;
}
static int driver_open(const struct machine_function *function)
{
    opened[place_chosen] = function;
    return 0;
}
static bool driver_quiet(void)
{
    played[number_of(opened[place_chosen])].works &= !is_quick;
    return is_quick;
}
static int driver_start(uint8_t address[6])
{
    unsigned number = number_of(opened[place_chosen]);

    assert_true(played[number].is_master && !played[number].works);
    played[number].works = true;
    starts[number]++;
    memset(address, 2, 6);
    return 0;
}
static int driver_take(struct io *frame, struct card_task *task)
{
    return 0;
}
static bool driver_arm(void)
{
    return true;
}
const struct card_driver virtio_net = {.name = "played",
                                       .is = driver_is,
                                       .choose = driver_choose,
                                       .open = driver_open,
                                       .quiet = driver_quiet,
                                       .start = driver_start,
                                       .take = driver_take,
                                       .arm = driver_arm};
const struct card_driver e1000 = {.is = driver_is_not};

static void nothing(void)
{
}
static const struct card_user network = {.done = nothing, .owned = nothing, .wanted = nothing};

/* ---- the plays ---- */

static int forget(void **state)
{
    memset(cards, 0, sizeof(cards));
    memset(pages, 0, sizeof(pages));
    memset(given, 0, sizeof(given));
    memset(starts, 0, sizeof(starts));
    known = (struct card_known){.node = CARD_NOBODY};
    is_quick = true;
    return 0;
}

/* All cards are at work: the shared one for `owner`, the last one for node 2. */
static void begin(uint32_t owner)
{
    self_published = &pages[0];
    self_start.incarnation = 2;
    given[2] = 2;
    for (uint32_t node = 0; node < NODES; node++) {
        pages[node].state = NODE_RUNNING;
        pages[node].incarnation = 2;
    }
    pages[owner].card = OWNED;
    for (unsigned i = 0; i < CARDS; i++)
        played[i].is_master = played[i].works = true;
    assert_true(card_find());
    card_start(&network);
    uint8_t address[6];

    assert_int_equal(card_owner(address), owner);
}

/* As the guardian does, kernel/node/guardian.c. */
static void fence(uint32_t node)
{
    pages[node].state = NODE_DEAD;
    self_published->fenced[node] = word_sealed(pages[node].incarnation);
    card_owner_lost(node);
}

static void own_one(void **state)
{
    begin(1);
    fence(2);
    assert_false(played[2].is_master);
    assert_true(played[0].is_master && played[0].works && played[1].is_master);
    assert_int_equal(starts[0], 0);
}

/* Of two nodes that are given the same one, the second never had it. */
static void not_its_own(void **state)
{
    given[1] = 2;
    begin(0);
    fence(2);
    assert_true(played[2].is_master);
    fence(1);
    assert_false(played[2].is_master);
}

static void shared_one(void **state)
{
    uint8_t address[6];

    begin(1);
    fence(1);
    assert_int_equal(starts[0], 1); /* driver_start saw it stand still */
    assert_int_equal(card_owner(address), 0);
    fence(1); /* another guardian was here before: once is enough */
    assert_int_equal(starts[0], 1);
    assert_true(played[2].is_master && played[2].works);
}

static void of_the_dying(void **state)
{
    begin(1);
    self_published->state = NODE_DEAD;
    fence(1);
    assert_false(played[0].is_master);
    assert_int_equal(starts[0], 0);
}

/* It is no bus's master, at least, and nobody begins it. */
static void that_does_not_stop(void **state)
{
    begin(1);
    is_quick = false;
    fence(1);
    assert_false(played[0].is_master);
    assert_int_equal(starts[0], 0);
}

static void of_another_node(void **state)
{
    begin(1);
    fence(2);
    assert_true(played[0].is_master && played[0].works);
    card_quiet(); /* we load ourselves anew; node 1 goes on */
    assert_true(played[0].is_master && played[0].works);
}

static void our_own(void **state)
{
    given[0] = 1;
    begin(0);
    card_quiet();
    for (unsigned i = 0; i < CARDS; i++)
        assert_int_equal(played[i].is_master, i == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(own_one, forget),
        cmocka_unit_test_setup(not_its_own, forget),
        cmocka_unit_test_setup(shared_one, forget),
        cmocka_unit_test_setup(of_the_dying, forget),
        cmocka_unit_test_setup(that_does_not_stop, forget),
        cmocka_unit_test_setup(of_another_node, forget),
        cmocka_unit_test_setup(our_own, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
