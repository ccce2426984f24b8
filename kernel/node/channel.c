/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true between turns: a peer's sessions are with the life `incarnation` of it, or there are
 * none; `up` was told if and only if is_up. A turn drains every ring, bounded, and arms the bell:
 * after that whoever publishes a frame rings. A frame that is published before is seen, since after
 * arming all rings are looked at again. test/models/channel.pml checks that.
 */
#include "node/channel.h"

#include <asm/errno.h>

#include "lib/crc32c.h"
#include "lib/log.h"
#include "lib/string.h"
#include "node/doorbell.h"
#include "node/self.h"
#include "node/watch.h"
#include "panic.h"
#include "thread/thread.h"
#include "thread/timer.h"

#define TURN_BYTES      0x10000UL /* of one peer in one turn: programs must get their time, too */
#define TURNS           4         /* after one bell */
#define TURN_PAUSE_NS   100000UL  /* and then they get that much */
#define OFTEN_NS        50000UL   /* between two bells: then pauses are better */
#define SESSIONS_MAX    16        /* in one pair of lives: who breaks the rules so often is left */
#define NEVER_RUNG      UINT64_MAX
#define LINGER_US       100      /* unless option linger-us says otherwise; 0: halts at once */
#define LINGER_TRUST    3        /* waits in vain before it halts at once */
#define CROWDED_NS      300000UL /* no look takes so long: the core was away */
#define CROWDED_REST_NS 1000000000UL

struct peer {
    uint32_t incarnation; /* the life that we talk to; 0: none */
    uint32_t ended;       /* the last life that is known to have ended */
    bool is_up;
    bool waits;        /* out_waits is set: someone wants room */
    uint16_t number;   /* of our session */
    uint16_t refusals; /* by us, of this life's sessions */
    uint64_t refused;  /* its session that broke a rule */
    uint64_t bell;     /* its bell_armed when we last rang */
    struct ring_writer out;
    struct ring_reader in;
    struct channel_status status;
};

static struct peer peers[NODES_MAX];
static const struct channel_user *user;
static const struct channel_packets *packets;
static bool has_packets; /* since the last done */
/* The bell was rung, or frames were taken, since it was armed. A ring alone counts, too: it may
 * come late, for frames that were taken before the bell was armed, and uses up that arming. */
static bool is_disarmed, is_taken;
static struct timer rest_timer; /* set: it will look, so the bell need not be armed */
static nanoseconds rung_last;
static nanoseconds linger, linger_again; /* how long, not before */
static nanoseconds idle_since;           /* 0: frames came since */
static unsigned linger_trust;
static uint8_t payload[FRAME_PAYLOAD_MAX];

static uint32_t number_of(const struct peer *peer)
{
    return (uint32_t)(peer - peers);
}

/* ---- sessions ---- */

static void down(struct peer *peer)
{
    if (!peer->is_up)
        return;
    peer->is_up = false;
    user->down(number_of(peer));
}

static void session_begin(struct peer *peer)
{
    down(peer);
    peer->waits = false;
    peer->number++;
    peer->bell = NEVER_RUNG;
    if (peer->number > SESSIONS_MAX) {
        writer_end(&peer->out);
        user->down(number_of(peer));
        return;
    }
    writer_begin(&peer->out,
                 channel_session(self_start.incarnation, peer->incarnation, peer->number));
    peer->status.sessions++;
    doorbell_ring(number_of(peer));
}

static void life_end(struct peer *peer)
{
    if (peer->incarnation == 0)
        return;
    peer->incarnation = 0;
    peer->is_up = peer->waits = false;
    writer_end(&peer->out);
    reader_end(&peer->in);
    user->down(number_of(peer));
}

static void life_begin(struct peer *peer, uint32_t incarnation)
{
    peer->incarnation = incarnation;
    peer->number = peer->refusals = 0;
    peer->refused = CHANNEL_NO_SESSION;
    session_begin(peer);
}

/* The life of a peer that runs now; 0: none. */
static uint32_t life_of(const struct peer *peer)
{
    const struct published *page = published_of(number_of(peer));
    uint32_t life = atomic_load_explicit(&page->incarnation, memory_order_acquire);
    uint32_t state = atomic_load_explicit(&page->state, memory_order_acquire);

    return (state == NODE_KERNEL || state == NODE_RUNNING) && life != peer->ended ? life : 0;
}

static void violation_note(struct peer *peer, enum violation why)
{
    /* One who finds all others wrong is perhaps wrong himself, and would be cut off for good. */
    if (why == VIOLATION_CHECKSUM && !crc32c_is_sound())
        node_fail("the tables for CRC32C are altered");
    if (peer->status.violations[why]++ == 0)
        log_line("channel: node %u broke a rule (%s); the connections with it end", number_of(peer),
                 violation_text(why));
}

/* The peer's session, when it has a new one for us. */
static void their_session_follow(struct peer *peer)
{
    uint64_t session = atomic_load_explicit(&peer->in.theirs->out_session, memory_order_acquire);
    uint64_t lives = channel_session(peer->incarnation, self_start.incarnation, 0);

    if (session == peer->in.session)
        return;
    if (peer->in.session != CHANNEL_NO_SESSION) {
        down(peer);
        reader_end(&peer->in);
        doorbell_ring(number_of(peer)); /* if it did not mean that, it begins anew */
    }
    if (session == peer->refused || session >> 16 != lives >> 16 || peer->refusals >= SESSIONS_MAX)
        return;
    reader_begin(&peer->in, session);
    doorbell_ring(number_of(peer));
}

static void our_session_follow(struct peer *peer)
{
    uint32_t refused = atomic_load_explicit(&peer->out.theirs->in_refused, memory_order_acquire);

    bool was_answered = peer->out.is_answered;

    if (peer->out.session == CHANNEL_NO_SESSION)
        return;
    if (!writer_look(&peer->out)) {
        violation_note(peer, VIOLATION_READ);
        session_begin(peer);
    } else if (refused == (uint32_t)peer->out.session || (was_answered && !peer->out.is_answered)) {
        session_begin(peer);
    }
}

/* Does the peer look at its rings by itself? Asked behind a fence, as its bell. */
static bool is_wakeful(const struct peer *peer)
{
    return atomic_load_explicit(&published_of(number_of(peer))->wakeful, memory_order_relaxed);
}

/* Whatever the peer did with its life and with the two sessions. */
static void peer_follow(struct peer *peer)
{
    uint32_t life = life_of(peer);

    if (life != peer->incarnation) {
        life_end(peer);
        if (life != 0)
            life_begin(peer, life);
    }
    if (life == 0)
        return;
    their_session_follow(peer);
    our_session_follow(peer);
    bool is_up = peer->out.is_answered && peer->in.session != CHANNEL_NO_SESSION;

    if (!is_up) {
        down(peer);
    } else if (!peer->is_up) {
        peer->is_up = true;
        user->up(number_of(peer));
    }
}

/* ---- frames from a peer ---- */

static void refuse(struct peer *peer, enum violation why)
{
    violation_note(peer, why);
    peer->refused = peer->in.session;
    peer->refusals++;
    peer->status.refusals++;
    reader_refuse(&peer->in);
    down(peer);
    doorbell_ring(number_of(peer));
}

/* The wait for a frame is over: was it short enough to have lingered for it? */
static void linger_learn(void)
{
    if (idle_since == 0)
        return;
    if (arch_clock() - idle_since < linger)
        linger_trust = LINGER_TRUST;
    idle_since = 0;
}

static bool frame_hand_up(struct peer *peer, const struct frame *frame, enum violation *why)
{
    if (frame->kind != FRAME_PACKET && frame->kind != FRAME_STEERED)
        return user->frame(number_of(peer), frame, payload, why);
    if (!packets)
        return true;
    has_packets = true;
    if (frame->kind == FRAME_PACKET)
        packets->packet(number_of(peer), frame->to, frame->from, payload, frame->size);
    else
        packets->steered(number_of(peer), (uint64_t)frame->to << 32 | frame->from, payload,
                         frame->size);
    return true;
}

/* The peer's frames, bounded. true: there may be more. */
static bool peer_drain(struct peer *peer)
{
    uint64_t start = peer->in.read;
    struct frame frame;
    enum violation why;
    int taken = 0;

    /* Before both sessions stand, nobody could be answered: the ring keeps what is there. */
    while (peer->is_up && peer->in.read - start < TURN_BYTES) {
        taken = reader_take(&peer->in, &frame, payload, &why);
        if (taken == 0)
            break;
        if (taken > 0) {
            is_disarmed = is_taken = true;
            linger_learn();
            peer->status.frames_in++;
            peer->status.bytes_in += frame.size;
            if (frame_hand_up(peer, &frame, &why)) {
                reader_publish(&peer->in);
                continue;
            }
        }
        refuse(peer, why);
        return false;
    }
    if (has_packets) {
        has_packets = false;
        packets->done();
    }
    if (peer->in.read != start && peer->is_up) {
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load_explicit(&peer->in.theirs->out_waits, memory_order_relaxed) &&
            !is_wakeful(peer))
            doorbell_ring(number_of(peer));
    }
    return taken > 0;
}

static void room_look(struct peer *peer)
{
    if (!peer->waits || peer->out.size - (peer->out.written - peer->out.read) < peer->out.size / 4)
        return;
    peer->waits = false;
    atomic_store_explicit(&peer->out.mine->out_waits, 0, memory_order_relaxed);
    user->room(number_of(peer));
}

#define PEER_EACH(peer)                                                                            \
    for (struct peer *peer = peers; peer < peers + machine->node_count; peer++)                    \
        if (peer != &peers[self_node()])

static bool peers_turn(void)
{
    bool more = false;

    PEER_EACH(peer)
    {
        peer_follow(peer);
        more |= peer_drain(peer);
        room_look(peer);
    }
    return more;
}

/* Frames, or room that was waited for: what a bell would have been rung for. */
static bool has_news(void)
{
    PEER_EACH(peer)
    {
        if (peer->is_up &&
            (reader_has_more(&peer->in) || (peer->waits && writer_has_more_room(&peer->out))))
            return true;
    }
    return false;
}

/* may_rest: when frames come often, the bell stays unarmed for a pause. Each would else interrupt
 * the program that is busy with those before it. */
static void look(bool may_rest)
{
    is_taken = false;
    for (unsigned turns = 0; turns < TURNS && !peers_turn(); turns++) {
        if (!is_disarmed || rest_timer.position)
            return;
        if (may_rest && is_taken)
            break;
        is_disarmed = false;
        atomic_fetch_add_explicit(&self_published->bell_armed, 1, memory_order_seq_cst);
        if (!has_news())
            return;
    }
    timer_set(&rest_timer, arch_clock() + TURN_PAUSE_NS);
}

void channel_look(void)
{
    look(false);
}

void channel_mend(void)
{
    atomic_store_explicit(&self_published->wakeful, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    channel_look();
}

/* Under an emulator a halted core comes back late, and the bell costs its ringer as much. So a node
 * that was answered soon lately stays awake for a moment, and says so. When it stops, it looks once
 * more: who published before that did not ring. A core that stood still while it only looked is
 * shared with others on its host, who need the time. */
void channel_linger(void)
{
    nanoseconds now = linger ? arch_clock() : 0, end = now + linger, before;
    bool news;

    if (rest_timer.position) {
        timer_cancel(&rest_timer);
        channel_look();
    }
    idle_since = now;
    if (linger == 0 || linger_trust == 0 || now < linger_again)
        return;
    linger_trust--;
    atomic_store_explicit(&self_published->wakeful, 1, memory_order_relaxed);
    do {
        news = has_news();
        if (news)
            channel_look();
        arch_poll_interrupts();
        before = now;
        now = arch_clock();
        if (!news && now - before > CROWDED_NS)
            linger_again = now + CROWDED_REST_NS;
    } while (!schedule_others_ready() && now < end);
    atomic_store_explicit(&self_published->wakeful, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    if (has_news())
        channel_look();
}

static void bell_rung(void)
{
    nanoseconds now = arch_clock();
    bool is_often = now - rung_last < OFTEN_NS;

    rung_last = now;
    is_disarmed = true;
    look(is_often);
}

static void rest_fire(struct timer *timer)
{
    look(true);
}

/* ---- frames to a peer ---- */

/* The frame is published: the fence keeps the look at the bell behind that. */
static void announce(struct peer *peer, size_t size)
{
    const struct published *page = published_of(number_of(peer));

    peer->status.frames_out++;
    peer->status.bytes_out += size;
    atomic_thread_fence(memory_order_seq_cst);
    uint64_t armed = atomic_load_explicit(&page->bell_armed, memory_order_relaxed);

    if (armed == peer->bell || is_wakeful(peer))
        return;
    peer->bell = armed;
    peer->status.bells++;
    doorbell_ring(number_of(peer));
}

/* Is there room for so many payload bytes? If not, room() will be called. */
static bool has_room(struct peer *peer, uint64_t reserve, size_t wanted)
{
    uint64_t least = sizeof(struct frame) + wanted + FRAME_ALIGN + reserve;

    if (!peer->is_up)
        return false;
    for (unsigned look = 0;; look++) {
        if (peer->out.size - (peer->out.written - peer->out.read) >= least)
            return true;
        if (look == 2)
            return false;
        if (look == 1) {
            peer->waits = true;
            peer->status.full++;
            atomic_store_explicit(&peer->out.mine->out_waits, 1, memory_order_relaxed);
            atomic_thread_fence(memory_order_seq_cst);
        }
        if (!writer_look(&peer->out) || !peer->out.is_answered) {
            timer_set(&rest_timer, arch_clock()); /* a turn will deal with that */
            return false;
        }
    }
}

size_t channel_room(uint32_t node)
{
    struct peer *peer = &peers[node];
    uint64_t reserve = peer->out.size / CHANNEL_RESERVE;

    return has_room(peer, reserve, FRAME_PAYLOAD_MAX / 4) ? writer_room(&peer->out, reserve) : 0;
}

long channel_send_data(uint32_t node, uint32_t to, uint32_t from, struct io *io, size_t size)
{
    struct peer *peer = &peers[node];
    const struct ring_writer *out = &peer->out;
    uint64_t written = out->written, session = out->session;
    struct ring_piece pieces[2];
    struct io start = *io;
    long moved;

    writer_pieces(out, size, pieces);
    moved = io_get(io, pieces[0].at, pieces[0].size);
    if (moved == (long)pieces[0].size && pieces[1].size > 0) {
        long second = io_get(io, pieces[1].at, pieces[1].size);

        moved += second > 0 ? second : 0;
    }
    if (moved <= 0)
        return moved;
    /* A copy may fault, and then a doorbell may have put a frame where these bytes stand. */
    if (out->written != written || out->session != session) {
        *io = start;
        return 0;
    }
    writer_publish(&peer->out, FRAME_DATA, to, from, (size_t)moved);
    announce(peer, (size_t)moved);
    return moved;
}

static bool kernel_send(uint32_t node, enum frame_kind kind, uint32_t to, uint32_t from,
                        struct io *io)
{
    struct peer *peer = &peers[node];
    struct ring_piece pieces[2];
    size_t size = io->remaining;

    if (!has_room(peer, 0, size))
        return false;
    writer_pieces(&peer->out, size, pieces);
    (void)io_get(io, pieces[0].at, pieces[0].size);
    (void)io_get(io, pieces[1].at, pieces[1].size);
    writer_publish(&peer->out, kind, to, from, size);
    announce(peer, size);
    return true;
}

bool channel_send(uint32_t node, enum frame_kind kind, uint32_t to, uint32_t from,
                  const void *bytes, size_t size)
{
    struct io io;

    io_kernel(&io, (void *)(uintptr_t)bytes, size);
    return kernel_send(node, kind, to, from, &io);
}

void channel_packets(const struct channel_packets *packet_user)
{
    packets = packet_user;
}

static bool packet_send(uint32_t node, enum frame_kind kind, uint64_t number, struct io *io)
{
    if (!peers[node].is_up)
        return true;
    return channel_room(node) >= io->remaining &&
           kernel_send(node, kind, (uint32_t)(number >> 32), (uint32_t)number, io);
}

bool channel_send_packet(uint32_t node, enum packet_port port, uint32_t task, struct io *frame)
{
    return packet_send(node, FRAME_PACKET, (uint64_t)port << 32 | task, frame);
}

bool channel_send_steered(uint32_t node, uint64_t asked, const void *bytes, size_t size)
{
    struct io io;

    io_kernel(&io, (void *)(uintptr_t)bytes, size);
    return packet_send(node, FRAME_STEERED, asked, &io);
}

/* ---- the rest ---- */

bool channel_is_up(uint32_t node)
{
    return peers[node].is_up;
}

bool channel_can_be(uint32_t node)
{
    const struct peer *peer = &peers[node];
    uint32_t life = life_of(peer);

    return life != 0 && (life != peer->incarnation || (peer->out.session != CHANNEL_NO_SESSION &&
                                                       peer->refusals < SESSIONS_MAX));
}

void channel_peer_lost(uint32_t node, uint32_t incarnation)
{
    struct peer *peer = &peers[node];

    if (incarnation != 0)
        peer->ended = incarnation;
    if (peer->incarnation == incarnation)
        life_end(peer);
}

/* A fenced one cannot say itself that it is dead. */
static void peer_changed(uint32_t node)
{
    if (node != self_node() && node_state(node) == NODE_DEAD)
        channel_peer_lost(node, peers[node].incarnation);
    channel_look();
}

void channel_status(uint32_t node, struct channel_status *status)
{
    const struct peer *peer = &peers[node];

    *status = peer->status;
    status->is_up = peer->is_up;
    status->waits = peer->waits;
    status->unread_out = peer->out.written - peer->out.read;
    status->unread_in = peer->in.written - peer->in.read;
}

void channel_listen(const struct channel_user *channel_user)
{
    static struct doorbell_listener bell = {.ring = bell_rung};
    static struct watch_listener watch = {.changed = peer_changed};

    user = channel_user;
    doorbell_listen(&bell);
    watch_listen(&watch);
    channel_look();
}

int channel_init(void)
{
    uint64_t count = machine->node_count, size = machine->ring_size;

    crc32c_init(arch_has_crc32());
    for (uint32_t node = 0; node < count; node++) {
        struct peer *peer = &peers[node];
        const struct published *page = published_of(node);

        peer->out.bytes = (char *)(CHANNEL_BASE + (self_node() * count + node) * size);
        peer->in.bytes = (const char *)(CHANNEL_BASE + (node * count + self_node()) * size);
        peer->out.size = peer->in.size = size;
        peer->out.mine = peer->in.mine = &self_published->channels[node];
        peer->out.theirs = peer->in.theirs = &page->channels[self_node()];
    }
    linger = count > 1 ? option_number("linger-us", LINGER_US) * 1000 : 0;
    return timer_init(&rest_timer, rest_fire);
}
