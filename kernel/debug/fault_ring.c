/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nonsense in this node's own ring to its neighbour, and in the positions that it publishes: all
 * that a mad kernel can do to another one. Only the flood is right; the rest knows the rings only
 * by abi/channel.h, and finds out from the ring what the right next frame would be, so that exactly
 * one thing is wrong with it.
 */
#include "abi/channel.h"
#include "arch/arch.h"
#include "debug/fault.h"
#include "lib/crc32c.h"
#include "lib/log.h"
#include "lib/string.h"
#include "node/channel.h"
#include "node/doorbell.h"
#include "thread/timer.h"

#define PAYLOAD      64U
#define FLOOD_BURST  64          /* frames in one interrupt */
#define FLOOD_PAUSE  200000U     /* ns between two */
#define FLOOD_FIRST  0x10000000U /* connections that nobody has */
#define FLOOD_NS     5000000000UL
#define READER_NS    5000000000UL /* that a reader may take to look */
#define READER_BEATS 100U         /* in which it has looked: each is an entry to its kernel */
#define BREAK_PAUSE  20000000U    /* ns between two sessions that are broken */

static char *ring(void)
{
    uint64_t index = (uint64_t)self_node() * machine->node_count + fault_neighbour();

    return (char *)(CHANNEL_BASE + index * machine->ring_size);
}

static struct channel_ends *ends(void)
{
    return &self_published->channels[fault_neighbour()];
}

static const struct channel_ends *theirs(void)
{
    return &published_of(fault_neighbour())->channels[self_node()];
}

/* Both sessions stand; else nobody would look at what is put into the ring. */
static bool is_connected(void)
{
    if (ends()->out_session != CHANNEL_NO_SESSION && theirs()->in_session == ends()->out_session &&
        ends()->in_session != CHANNEL_NO_SESSION && ends()->in_session == theirs()->out_session)
        return true;
    log_line("fault: there is no session with node %u", fault_neighbour());
    return false;
}

/* Nothing else of this kernel runs until the neighbour has met what was published: the next frame
 * would be written over it, and nobody would ever see it. The beat goes on: to wait is no hang. */
struct patience {
    nanoseconds end;
    uint64_t beats; /* of the neighbour: it ran meanwhile, and was told by its bell */
};

static struct patience patience_begin(void)
{
    return (struct patience){arch_clock() + READER_NS,
                             published_of(fault_neighbour())->beat + READER_BEATS};
}

static bool patience_more(const struct patience *patience)
{
    atomic_fetch_add_explicit(&self_published->beat, 1, memory_order_relaxed);
    asm volatile("pause");
    return arch_clock() < patience->end;
}

/* One that runs has looked, and lets a wrong word stand. */
static void answer_missing(const struct patience *patience)
{
    if (published_of(fault_neighbour())->beat >= patience->beats)
        log_line("fault: no answer of node %u, which runs", fault_neighbour());
    else
        log_line("fault: there is no look of node %u at it", fault_neighbour());
}

/* Until the neighbour has read so far. */
static bool read_await(uint64_t position)
{
    struct patience patience = patience_begin();

    while (theirs()->in_read != position) {
        if (!patience_more(&patience)) {
            log_line("fault: there is no look of node %u at it", fault_neighbour());
            return false;
        }
    }
    return true;
}

/* Until the neighbour as the writer has ended this session. */
static void end_await(uint64_t session)
{
    struct patience patience = patience_begin();

    doorbell_ring(fault_neighbour());
    while (theirs()->out_session == session) {
        if (!patience_more(&patience)) {
            answer_missing(&patience);
            return;
        }
    }
}

/* Until the neighbour as the reader has ended this session. If it reads on behind `right`, it took
 * what it had to refuse. */
static void refusal_await(uint64_t session, uint64_t right)
{
    struct patience patience = patience_begin();

    doorbell_ring(fault_neighbour());
    while (theirs()->in_session == session) {
        uint64_t read = theirs()->in_read;

        /* In that order: a new session's first position is not this one's. */
        if (read > right && theirs()->in_session == session) {
            log_line("fault: taken as right by node %u", fault_neighbour());
            return;
        }
        if (!patience_more(&patience)) {
            answer_missing(&patience);
            return;
        }
    }
}

/* Of the frames in the ring the one that ends at `written` tells the next sequence. */
static uint32_t sequence_next(void)
{
    uint64_t written = ends()->out_written, session = ends()->out_session;

    for (uint64_t back = FRAME_ALIGN; back <= written && back < machine->ring_size;
         back += FRAME_ALIGN) {
        struct frame frame;
        memcpy(&frame, ring() + (written - back) % machine->ring_size, sizeof(frame));
        uint64_t size = (sizeof(frame) + frame.size + FRAME_ALIGN - 1) & ~(FRAME_ALIGN - 1);
        if (frame.session == session && frame.size <= FRAME_PAYLOAD_MAX && size == back)
            return frame.sequence + 1;
    }
    return 0;
}

/* A right frame for a connection that does not exist, with a payload that is not there yet. */
static struct frame frame_make(void)
{
    return (struct frame){.size = PAYLOAD,
                          .sequence = sequence_next(),
                          .session = ends()->out_session,
                          .kind = FRAME_DATA,
                          .to = 0xfffffff0,
                          .from = 0xfffffff0};
}

static void frame_sign(struct frame *frame)
{
    static const char payload[PAYLOAD];
    frame->checksum = 0;
    frame->checksum = crc32c(crc32c(0, frame, sizeof(*frame)), payload, PAYLOAD);
}

/* Puts it into the ring; publishes so many bytes. */
static bool frame_put(const struct frame *frame, uint64_t bytes)
{
    uint64_t written = ends()->out_written, at = written % machine->ring_size;

    if (!is_connected())
        return false;
    memcpy(ring() + at, frame, sizeof(*frame));
    for (unsigned i = 0; i < PAYLOAD; i++)
        ring()[(at + sizeof(*frame) + i) % machine->ring_size] = 0;
    atomic_store(&ends()->out_written, written + bytes);
    doorbell_ring(fault_neighbour());
    return true;
}

/* One that the reader must refuse. */
static void frame_put_wrong(const struct frame *frame, uint64_t bytes)
{
    uint64_t session = ends()->out_session, right = ends()->out_written;

    if (frame_put(frame, bytes))
        refusal_await(session, right);
}

#define FRAME_BYTES (sizeof(struct frame) + PAYLOAD)

static NO_INLINE void fault_ring_size(void)
{
    struct frame frame = frame_make();
    frame.size = FRAME_PAYLOAD_MAX + 1;
    frame_sign(&frame);
    frame_put_wrong(&frame, FRAME_BYTES);
}

/* Longer than what is written. */
static NO_INLINE void fault_ring_torn(void)
{
    struct frame frame = frame_make();
    frame_sign(&frame);
    frame_put_wrong(&frame, sizeof(frame));
}

static NO_INLINE void fault_ring_sequence(void)
{
    struct frame frame = frame_make();
    frame.sequence += 7;
    frame_sign(&frame);
    frame_put_wrong(&frame, FRAME_BYTES);
}

static NO_INLINE void fault_ring_duplicate(void)
{
    struct frame frame = frame_make();
    frame_sign(&frame);
    if (frame_put(&frame, FRAME_BYTES))
        frame_put_wrong(&frame, FRAME_BYTES);
}

static NO_INLINE void fault_ring_checksum(void)
{
    struct frame frame = frame_make();
    frame_sign(&frame);
    frame.checksum ^= 1;
    frame_put_wrong(&frame, FRAME_BYTES);
}

static NO_INLINE void fault_ring_kind(void)
{
    struct frame frame = frame_make();
    frame.kind = 99;
    frame_sign(&frame);
    frame_put_wrong(&frame, FRAME_BYTES);
}

/* Of a life that is over. */
static NO_INLINE void fault_ring_session(void)
{
    struct frame frame = frame_make();
    frame.session -= 1UL << 40;
    frame_sign(&frame);
    frame_put_wrong(&frame, FRAME_BYTES);
}

static NO_INLINE void fault_stale_session(void)
{
    uint64_t session = ends()->out_session;

    if (!is_connected())
        return;
    atomic_store(&ends()->out_session, session - (1UL << 40));
    refusal_await(session, ends()->out_written);
}

static void position_move(uint64_t by)
{
    uint64_t right = ends()->out_written;

    if (!is_connected())
        return;
    atomic_store(&ends()->out_written, right + by);
    refusal_await(ends()->out_session, right);
}

static NO_INLINE void fault_ring_position(void)
{
    position_move(1UL << 40);
}

/* Behind what the reader has seen. */
static NO_INLINE void fault_ring_position_back(void)
{
    struct frame frame = frame_make();

    frame_sign(&frame);
    if (frame_put(&frame, FRAME_BYTES) && read_await(ends()->out_written))
        position_move(-FRAME_BYTES);
}

static NO_INLINE void fault_ring_position_odd(void)
{
    position_move(1);
}

/* As the reader of the neighbour's ring: more than was ever written. */
static NO_INLINE void fault_ring_read_position(void)
{
    uint64_t session = theirs()->out_session;

    if (!is_connected())
        return;
    atomic_store(&ends()->in_read, ends()->in_read + (1UL << 40));
    end_await(session);
}

static NO_INLINE void fault_ring_noise(void)
{
    uint64_t state = self_node() + 1, words = machine->ring_size / sizeof(state);

    if (!is_connected())
        return;
    for (uint64_t i = 0; i < words; i++) {
        state = state * 6364136223846793005UL + 1442695040888963407UL;
        ((volatile uint64_t *)ring())[i] = state ^ state >> 29;
    }
    position_move(machine->ring_size / 2);
}

/* Its page says that it is awake, and looks at its rings by itself. */
static NO_INLINE void fault_bell_silenced(void)
{
    atomic_store(&self_published->wakeful, 2);
}

/* Asks for a program that is not there, as often as there is room, for some seconds. */
static void flood_more(struct timer *timer)
{
    static const char name[] = "nobody";
    static nanoseconds end;
    static uint32_t connection;
    static uint64_t sent;
    nanoseconds now = arch_clock();

    if (!end)
        end = now + FLOOD_NS;
    for (unsigned i = 0; i < FLOOD_BURST; i++) {
        if (!channel_send(fault_neighbour(), FRAME_CONNECT, 0, FLOOD_FIRST + connection++ % 0xffff,
                          name, sizeof(name) - 1))
            break;
        sent++;
    }
    if (now < end)
        timer_set(timer, now + FLOOD_PAUSE);
    else
        log_line("fault: the flood of %lu frames is over", sent);
}

static NO_INLINE void fault_flood(void)
{
    static struct timer timer;

    if (timer_init(&timer, flood_more) != 0)
        panic("no memory for a timer");
    flood_more(&timer);
}

/* Breaks each session with these nodes as soon as it stands, until none is begun any more. */
static uint64_t broken_with;

static void sessions_break(struct timer *timer)
{
    bool more = false;

    for (uint32_t node = 0; node < machine->node_count; node++) {
        struct channel_ends *ours = &self_published->channels[node];

        if (!(broken_with >> node & 1) || ours->out_session == CHANNEL_NO_SESSION)
            continue;
        atomic_store(&ours->out_written, ours->out_written | 1);
        doorbell_ring(node);
        more = true;
    }
    if (more)
        timer_set(timer, arch_clock() + BREAK_PAUSE);
}

static void sessions_break_with(uint64_t nodes)
{
    static struct timer timer;

    broken_with = nodes & ~(1UL << self_node());
    if (timer_init(&timer, sessions_break) != 0)
        panic("no memory for a timer");
    sessions_break(&timer);
}

static NO_INLINE void fault_quarrel(void)
{
    sessions_break_with(1UL << fault_neighbour());
}

static NO_INLINE void fault_outcast(void)
{
    sessions_break_with(UINT64_MAX);
}

const struct fault faults_ring[] = {
    {"ring_size", fault_ring_size},
    {"ring_torn", fault_ring_torn},
    {"ring_sequence", fault_ring_sequence},
    {"ring_duplicate", fault_ring_duplicate},
    {"ring_checksum", fault_ring_checksum},
    {"ring_kind", fault_ring_kind},
    {"ring_session", fault_ring_session},
    {"stale_session", fault_stale_session},
    {"ring_position", fault_ring_position},
    {"ring_position_back", fault_ring_position_back},
    {"ring_position_odd", fault_ring_position_odd},
    {"ring_read_position", fault_ring_read_position},
    {"ring_noise", fault_ring_noise},
    {"bell_silenced", fault_bell_silenced},
    {"flood", fault_flood},
    {"quarrel", fault_quarrel},
    {"outcast", fault_outcast},
    {NULL, NULL},
};
