/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/node/channel_ring.c kernel/lib/crc32c.c kernel/memory/user_copy.c */
/*
 * Lives and sessions of a peer whose page may say anything: node 0 has the real channels, nodes 1
 * and 2 keep the rules, but words of node 1's page and bytes of its ring are altered at any moment.
 * Whatever they are: node 0 writes nowhere but in its own page and rings (all others are mapped
 * read-only for it), up and down are told in turns, what is handed up was sent, the channel with
 * node 2 stays up, and the one with node 1 comes back, with its next life at the latest.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "abi/layout.h"

static char *shared; /* as node 0 has it */
#undef CHANNEL_BASE
#define CHANNEL_BASE ((uintptr_t)shared + NODES * PUBLISHED_SIZE)
#define NODES        3UL

#include "kernel/node/channel.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define BAD             1U
#define PLAYS           200
#define TURNS_TO_SETTLE 12

struct node { /* 1 and 2: keep the rules */
    uint32_t life;
    uint16_t number;
    uint32_t sent, taken; /* of this life: frames, and what was in the last one */
    struct ring_writer out;
    struct ring_reader in;
};

static char *bare; /* the same memory, as its owners have it */
static struct machine fake_machine = {.node_count = NODES, .ring_size = RING_SIZE_MIN};
static struct node nodes[NODES];
static uint32_t sent_to[NODES], taken_from[NODES];
static bool told_up[NODES];
static unsigned downs[NODES], rings[NODES];
static uint64_t seed;
static nanoseconds now;

const struct machine *machine = &fake_machine;
struct start_info self_start = {.node = 0, .incarnation = 1};
struct published *self_published;

/* ---- what channel.c asks for ---- */

const struct published *published_of(uint32_t node)
{
    return (const struct published *)(shared + node * PUBLISHED_SIZE);
}
uint32_t node_state(uint32_t node)
{
    return published_of(node)->state;
}
nanoseconds arch_clock(void)
{
    return now += 1000;
}
void arch_poll_interrupts(void)
{
}
bool arch_has_crc32(void)
{
    return false;
}
int arch_copy_in(void *to, uintptr_t from, size_t size)
{
    return -EFAULT;
}
int arch_copy_out(uintptr_t to, const void *from, size_t size)
{
    return -EFAULT;
}
int arch_zero_out(uintptr_t to, size_t size)
{
    return -EFAULT;
}
long arch_string_length(uintptr_t text, size_t max)
{
    return -EFAULT;
}
void *heap_alloc(size_t size)
{
    return NULL;
}
void heap_free(void *object)
{
}
bool schedule_others_ready(void)
{
    return true;
}
uint64_t option_number(const char *name, uint64_t otherwise)
{
    return otherwise;
}
void doorbell_ring(uint32_t node)
{
    rings[node]++;
}
void doorbell_listen(struct doorbell_listener *listener)
{
}
void watch_listen(struct watch_listener *listener)
{
}
int timer_init(struct timer *timer, void (*fire)(struct timer *))
{
    timer->fire = fire;
    return 0;
}
void timer_set(struct timer *timer, nanoseconds deadline)
{
    timer->position = 1;
}
void timer_cancel(struct timer *timer)
{
    timer->position = 0;
}
void log_line(const char *format, ...)
{
}
void node_fail(const char *text, ...)
{
    abort();
}

/* ---- node 0's programs ---- */

static void peer_up(uint32_t node)
{
    assert_false(told_up[node]);
    told_up[node] = true;
}

static void peer_down(uint32_t node)
{
    told_up[node] = false;
    downs[node]++;
}

/* Each frame carries its number. Some may be missing, with what was in a ring that was refused. */
static bool peer_frame(uint32_t node, const struct frame *frame, const void *bytes,
                       enum violation *why)
{
    assert_true(told_up[node]);
    assert_true(frame->from > taken_from[node] && frame->from <= nodes[node].sent);
    assert_true(frame->to == nodes[node].life && frame->kind == FRAME_DATA);
    for (size_t i = 0; i < frame->size; i++)
        assert_int_equal(((const uint8_t *)bytes)[i], (uint8_t)frame->from);
    taken_from[node] = frame->from;
    return true;
}

static void peer_room(uint32_t node)
{
}

static void self_send(uint32_t node, size_t size)
{
    char bytes[FRAME_PAYLOAD_MAX];

    memset(bytes, (int)(uint8_t)(sent_to[node] + 1), size);
    sent_to[node] += channel_send(node, FRAME_DATA, 0, sent_to[node] + 1, bytes, size);
}

/* ---- nodes that keep the rules ---- */

static struct published *page_of(uint32_t node)
{
    return (struct published *)(bare + node * PUBLISHED_SIZE);
}

static char *ring_of(uint32_t writer, uint32_t reader)
{
    return bare + NODES * PUBLISHED_SIZE + (writer * NODES + reader) * RING_SIZE_MIN;
}

static void session_new(struct node *node)
{
    writer_begin(&node->out, channel_session(node->life, self_start.incarnation, ++node->number));
}

static void life_new(uint32_t number)
{
    struct node *node = &nodes[number];
    struct published *page = page_of(number);

    page->state = NODE_STARTING;
    page->bell_armed = page->wakeful = 0;
    *node = (struct node){.life = node->life + 1};
    node->out.bytes = ring_of(number, 0);
    node->in.bytes = ring_of(0, number);
    node->out.size = node->in.size = RING_SIZE_MIN;
    node->out.mine = node->in.mine = &page->channels[0];
    node->out.theirs = node->in.theirs = &page_of(0)->channels[number];
    page->channels[0].in_refused = 0;
    reader_end(&node->in);
    writer_end(&node->out);
    taken_from[number] = 0;
    page->incarnation = node->life;
    page->state = NODE_RUNNING;
    session_new(node);
}

static bool is_answered(struct node *node)
{
    return node->out.is_answered && node->in.session != CHANNEL_NO_SESSION;
}

/* As peer_follow and peer_drain, for one peer that keeps the rules: node 0. But what node 0 says of
 * a position may be an answer to an altered one. */
static void node_turn(uint32_t number)
{
    static char bytes[FRAME_PAYLOAD_MAX];
    struct node *node = &nodes[number];
    uint64_t session = node->in.theirs->out_session;
    struct frame frame;
    enum violation why;
    int taken;

    if (session != node->in.session) {
        reader_end(&node->in);
        if (session >> 16 == channel_session(self_start.incarnation, node->life, 0) >> 16)
            reader_begin(&node->in, session);
    }
    bool was_answered = node->out.is_answered;

    if (!writer_look(&node->out) || node->out.theirs->in_refused == (uint32_t)node->out.session ||
        (was_answered && !node->out.is_answered))
        session_new(node);
    while (is_answered(node) && (taken = reader_take(&node->in, &frame, bytes, &why)) != 0) {
        if (taken < 0) {
            assert_int_equal(number, BAD);
            reader_refuse(&node->in);
            return;
        }
        assert_true(frame.from > node->taken && frame.from <= sent_to[number]);
        node->taken = frame.from;
        reader_publish(&node->in);
    }
}

static void node_send(uint32_t number, size_t size)
{
    struct node *node = &nodes[number];
    struct ring_piece pieces[2];

    if (!is_answered(node) || writer_room(&node->out, 0) < size)
        return;
    writer_pieces(&node->out, size, pieces);
    node->sent++;
    memset(pieces[0].at, (int)(uint8_t)node->sent, pieces[0].size);
    memset(pieces[1].at, (int)(uint8_t)node->sent, pieces[1].size);
    writer_publish(&node->out, FRAME_DATA, node->life, node->sent, size);
}

/* ---- what is altered ---- */

static uint64_t any(uint64_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % limit;
}

/* Nothing of it, little of it, or what could be meant. */
static uint64_t altered(uint64_t word)
{
    switch (any(6)) {
    case 0:
        return word ^ 1UL << any(64);
    case 1:
        return word + FRAME_ALIGN * (any(64) - 32);
    case 2:
        return channel_session(nodes[BAD].life - 1 + (uint32_t)any(3), (uint32_t)any(3),
                               (uint16_t)any(4));
    case 3:
        return page_of(0)->channels[BAD].out_session;
    case 4:
        return any(8);
    default:
        return any(UINT64_MAX);
    }
}

/* One word, or a byte of the ring. who: also what would end that node at its own next look. */
static bool page_alter(bool who)
{
    struct published *page = page_of(BAD);
    struct channel_ends *ends = &page->channels[0];
    _Atomic uint64_t *const words[] = {&ends->out_session, &ends->out_written, &ends->in_session,
                                       &ends->in_read, &page->bell_armed};
    _Atomic uint32_t *const halves[] = {&ends->out_waits, &ends->in_refused, &page->wakeful,
                                        &page->state, &page->incarnation};
    size_t choice = any(COUNT_OF(words) + COUNT_OF(halves) + 6);

    if (choice < COUNT_OF(words)) {
        *words[choice] = altered(*words[choice]);
        return false;
    }
    choice -= COUNT_OF(words);
    if (choice >= COUNT_OF(halves)) {
        ring_of(BAD, 0)[any(RING_SIZE_MIN)] ^= (char)(1 + any(255));
        return false;
    }
    if (choice >= 3 && !who)
        return false;
    *halves[choice] = (uint32_t)altered(*halves[choice]);
    return choice >= 3;
}

/* ---- the play ---- */

static void look_check(void)
{
    for (uint32_t node = 1; node < NODES; node++) {
        struct peer *peer = &peers[node];

        assert_true(peer->is_up == told_up[node] && channel_is_up(node) == told_up[node]);
        assert_true(peer->number <= SESSIONS_MAX + 1 && peer->refusals <= SESSIONS_MAX);
        if (peer->incarnation != 0) {
            uint32_t state = page_of(node)->state;

            assert_true(state == NODE_KERNEL || state == NODE_RUNNING);
            assert_int_equal(page_of(node)->incarnation, peer->incarnation);
        }
        if (peer->incarnation == 0)
            assert_true(!peer->is_up && peer->out.mine->out_session == CHANNEL_NO_SESSION &&
                        peer->in.mine->in_session == CHANNEL_NO_SESSION);
        if (peer->is_up)
            assert_true(peer->out.is_answered &&
                        peer->in.session >> 16 == channel_session(peer->incarnation, 1, 0) >> 16);
    }
    assert_int_equal(downs[2], 0);
}

static void self_turn(void)
{
    switch (any(5)) {
    case 0:
        bell_rung();
        break;
    case 1:
        channel_linger();
        channel_look();
        break;
    case 2:
        peer_changed(BAD);
        break;
    case 3:
        channel_mend();
        break;
    default:
        if (rest_timer.position) {
            timer_cancel(&rest_timer);
            rest_fire(&rest_timer);
        } else {
            channel_look();
        }
    }
    look_check();
}

static void settle(void)
{
    for (unsigned i = 0; i < TURNS_TO_SETTLE; i++) {
        for (uint32_t node = 1; node < NODES; node++)
            node_turn(node);
        channel_look();
        look_check();
    }
}

static void all_goes_over(uint32_t node)
{
    node_send(node, 100);
    self_send(node, 100);
    settle();
    assert_true(channel_is_up(node) && is_answered(&nodes[node]));
    assert_int_equal(taken_from[node], nodes[node].sent);
    assert_int_equal(nodes[node].taken, sent_to[node]);
}

static void step_any(bool *is_ended)
{
    size_t size = any(4) == 0 ? any(FRAME_PAYLOAD_MAX) : any(200);
    uint32_t node = 1 + (uint32_t)any(NODES - 1);

    switch (any(8)) {
    case 0:
        *is_ended |= page_alter(any(16) == 0);
        break;
    case 1:
        self_send(node, size);
        break;
    case 2:
        node_send(node, size);
        break;
    case 3:
    case 4:
        node_turn(node);
        break;
    default:
        self_turn();
    }
}

/* Words that say who it is or what it does would end that node, and one that its own side does not
 * look at any more may leave both waiting: watch.c ends one of them. So the next life counts. */
static void anything_may_stand_there(void **state)
{
    unsigned ended = 0, closed = 0, mended = 0;

    for (unsigned play = 0; play < PLAYS; play++) {
        bool is_ended = false;

        seed = 0x9e3779b97f4a7c15 * (play + 1);
        for (unsigned steps = 50U << play % 6; steps > 0; steps--)
            step_any(&is_ended);
        for (unsigned i = 0; i < 4; i++)
            self_turn();
        all_goes_over(2);
        ended += is_ended;
        closed += !is_ended && !channel_can_be(BAD);
        mended += channel_is_up(BAD);
        if (any(4) == 0)
            channel_peer_lost(BAD, nodes[BAD].life);
        life_new(BAD);
        settle();
        all_goes_over(BAD);
    }
    assert_true(ended > 0 && closed > 0 && mended > 0);
}

/* One word, once, while all is well: the channel comes back within the same life. */
static void one_word_is_mended(void **state)
{
    for (unsigned play = 0; play < PLAYS; play++) {
        life_new(BAD);
        settle();
        all_goes_over(BAD);
        seed = 0xbf58476d1ce4e5b9 * (play + 1);
        (void)page_alter(false);
        settle();
        node_send(BAD, any(FRAME_PAYLOAD_MAX));
        settle();
        all_goes_over(BAD);
        all_goes_over(2);
    }
}

static void positions_are_not_believed(void **state)
{
    struct channel_ends *ends = &page_of(BAD)->channels[0];

    life_new(BAD);
    settle();
    for (unsigned i = 0; i < 3; i++) {
        struct channel_status before, after;
        const uint64_t reads[] = {1, FRAME_ALIGN * 1000, (uint64_t)-FRAME_ALIGN};

        all_goes_over(BAD);
        channel_status(BAD, &before);
        ends->in_read = reads[i];
        channel_look();
        channel_status(BAD, &after);
        assert_int_equal(after.violations[VIOLATION_READ], before.violations[VIOLATION_READ] + 1);
        assert_int_equal(after.sessions, before.sessions + 1);
        assert_false(channel_is_up(BAD));
        settle();
    }
}

/* Nobody has seen that it was answered. */
static void a_refusal_at_once_is_seen(void **state)
{
    struct node *node = &nodes[BAD];

    life_new(BAD);
    channel_look();
    reader_begin(&node->in, node->in.theirs->out_session);
    reader_refuse(&node->in);
    channel_look();
    assert_int_equal(peers[BAD].number, 2);
    settle();
    all_goes_over(BAD);
}

/* Each frame is damaged, so each session is refused, and none any more after the last. */
static void who_goes_on_is_left(void **state)
{
    life_new(BAD);
    for (unsigned refused = 0; refused <= SESSIONS_MAX; refused++) {
        settle();
        assert_int_equal(channel_is_up(BAD), refused < SESSIONS_MAX);
        assert_int_equal(channel_can_be(BAD), refused < SESSIONS_MAX);
        node_send(BAD, 100);
        ring_of(BAD, 0)[sizeof(struct frame)] ^= 1;
        channel_look();
        assert_int_equal(peers[BAD].refusals, refused + (refused < SESSIONS_MAX));
    }
    life_new(BAD);
    settle();
    all_goes_over(BAD);
}

static void assert_rings(bool frame, unsigned wanted)
{
    rings[BAD] = 0;
    if (frame)
        self_send(BAD, 100);
    else
        node_send(BAD, 100);
    channel_look();
    assert_int_equal(rings[BAD], wanted);
    node_turn(BAD);
}

/* For a frame, a reader that has armed its bell since the last ring, and for room, a writer that
 * waits for it. Nobody who looks by himself. */
static void only_who_sleeps_is_rung(void **state)
{
    struct published *page = page_of(BAD);

    life_new(BAD);
    settle();
    all_goes_over(BAD);
    page->bell_armed++;
    assert_rings(true, 1);
    assert_rings(true, 0);
    page->bell_armed++;
    page->wakeful = 1;
    assert_rings(true, 0);
    page->wakeful = 0;
    assert_rings(true, 1);
    assert_rings(false, 0);
    page->channels[0].out_waits = 1;
    assert_rings(false, 1);
    page->wakeful = 1;
    assert_rings(false, 0);
    page->wakeful = 0;
    all_goes_over(BAD);
}

static int setup(void **state)
{
    static const struct channel_user user = {peer_up, peer_down, peer_frame, peer_room};
    size_t size = NODES * PUBLISHED_SIZE + NODES * NODES * RING_SIZE_MIN,
           row = NODES * RING_SIZE_MIN;
    int file = memfd_create("published", 0);

    if (file < 0 || ftruncate(file, (off_t)size) != 0)
        return -1;
    bare = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    shared = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    if (bare == MAP_FAILED || shared == MAP_FAILED ||
        mprotect(shared, PUBLISHED_SIZE, PROT_READ | PROT_WRITE) != 0 ||
        mprotect(shared + NODES * PUBLISHED_SIZE, row, PROT_READ | PROT_WRITE) != 0)
        return -1;
    self_published = (struct published *)shared;
    self_published->incarnation = 1;
    self_published->state = NODE_RUNNING;
    if (channel_init() != 0)
        return -1;
    channel_listen(&user);
    for (uint32_t node = 1; node < NODES; node++)
        life_new(node);
    settle();
    downs[2] = 0;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_word_is_mended),        cmocka_unit_test(positions_are_not_believed),
        cmocka_unit_test(a_refusal_at_once_is_seen), cmocka_unit_test(who_goes_on_is_left),
        cmocka_unit_test(only_who_sleeps_is_rung),   cmocka_unit_test(anything_may_stand_there),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
