/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The look: a timer that every node has, which also makes a busy node come back to its own beat.
 * It looks at all other nodes' pages; a doorbell makes it look at once for lives that have changed.
 * Only words of published pages are read, each once, so nothing that a peer does can harm here.
 */
#include "node/watch.h"

#include "arch/arch.h"
#include "arch/doors.h"
#include "device/console.h"
#include "lib/log.h"
#include "node/channel.h"
#include "node/claim.h"
#include "node/control.h"
#include "node/death.h"
#include "node/doorbell.h"
#include "node/election.h"
#include "node/guardian.h"
#include "node/quarrel.h"
#include "node/suspicion.h"
#include "panic.h"
#include "thread/timer.h"

#define MS           1000000UL
#define SOON         (50 * MS)  /* between looks at a suspect, if looks are rarer */
#define AWAKE        (100 * MS) /* the same while there is work here: nobody is woken for it */
#define PROGRAM_STEP (2000 * MS)
#define CALM_MS      60000 /* who lives so long has no deaths in a row any more */

static struct suspicion_limits limits;
static nanoseconds period, planned, last_look; /* planned: from the last look to the next */
static struct suspicion peers[NODES_MAX];
static enum death_notice verdicts[NODES_MAX];
static uint32_t lives[NODES_MAX];
static struct {
    uint32_t state, incarnation;
} told[NODES_MAX];
static struct quarrel {
    uint32_t incarnation;       /* of the peer */
    nanoseconds lasts, waiting; /* waiting: for its beat */
} quarrels[NODES_MAX];
static nanoseconds quarrel_limit;
static struct watch_listener *listeners;
static struct timer look_timer, program_timer, calm_timer;
static uint64_t program_promise; /* ms */
/* An emulator has few cores for all of ours: the more, the longer one may stand still. */
static uint64_t crowd = 1;
static nanoseconds program_left;

void watch_listen(struct watch_listener *listener)
{
    listener->next = listeners;
    listeners = listener;
}

/* A verdict is about what was seen: a beat, a step or a life later it says nothing. */
static enum death_notice verdict_on(uint32_t node)
{
    const struct published *page = published_of(node);
    const struct suspicion_view *seen = &peers[node].seen;

    return page->incarnation == seen->incarnation && page->beat == seen->beat &&
                   page->state == seen->state
               ? verdicts[node]
               : NOTICE_NONE;
}

bool watch_is_live(uint32_t node)
{
    uint32_t state = node_state(node);

    return state >= NODE_KERNEL && state <= NODE_STOPPED && verdict_on(node) == NOTICE_NONE;
}

/* Does anybody else who could tell think so, too? With two nodes there is nobody to ask. */
static bool is_seconded(uint32_t node)
{
    bool asked = false;

    for (uint32_t other = 0; other < machine->node_count; other++) {
        const struct published *page = published_of(other);

        if (other == node || other == self_node() || page->state != NODE_RUNNING ||
            verdict_on(other) != NOTICE_NONE || self_published->suspects >> other & 1)
            continue;
        if (page->suspects >> node & 1)
            return true;
        asked = true;
    }
    return !asked;
}

enum death_notice watch_notice(uint32_t node)
{
    uint32_t state = published_of(node)->state;

    if (node == self_node())
        return NOTICE_NONE;
    if (state == NODE_DEAD)
        return NOTICE_LAST_WORDS;
    if (node_state(node) == NODE_DEAD) /* fenced by a guardian who got no further */
        return verdict_on(node) != NOTICE_NONE ? verdict_on(node) : NOTICE_ORDER;
    return is_seconded(node) ? verdict_on(node) : NOTICE_NONE;
}

uint32_t watch_life(uint32_t node)
{
    return lives[node];
}

nanoseconds node_beat_age(uint32_t node)
{
    return peers[node].silent;
}

static void change_tell(uint32_t node)
{
    uint32_t incarnation = published_of(node)->incarnation, state = node_state(node);

    if (state == told[node].state && incarnation == told[node].incarnation)
        return;
    told[node].state = state;
    told[node].incarnation = incarnation;
    for (struct watch_listener *listener = listeners; listener; listener = listener->next)
        listener->changed(node);
}

static enum death_notice verdict_of(enum suspicion_act act)
{
    switch (act) {
    case SUSPICION_HANG:
        return NOTICE_HANG;
    case SUSPICION_SILENCE:
        return NOTICE_SILENCE;
    case SUSPICION_NO_START:
        return NOTICE_NO_START;
    default:
        return NOTICE_NONE;
    }
}

/* true: it is suspected, so look again soon. */
static bool peer_look(uint32_t node, nanoseconds passed)
{
    const struct published *page = published_of(node);
    uint32_t incarnation = page->incarnation;
    const struct suspicion_view view = {
        .state = page->state,
        .incarnation = incarnation,
        .answers = page->nmi_answers,
        .sleeping = page->sleeping,
        .beat = page->beat,
    };
    lives[node] = life_later(lives[node], incarnation);
    enum suspicion_act act = suspicion_look(&peers[node], &view, passed, &limits);
    uint64_t bit = 1UL << node, suspects = self_published->suspects;

    if (act == SUSPICION_ASK)
        arch_nmi(machine->nodes[node].apic_id);
    verdicts[node] = verdict_of(act);
    atomic_store(&self_published->suspects,
                 act != SUSPICION_NONE ? suspects | bit : suspects & ~bit);
    return act != SUSPICION_NONE && node_state(node) != NODE_DEAD;
}

/* What may have changed at any doorbell. */
static bool changes_look(void)
{
    bool work = false;

    for (uint32_t node = 0; node < machine->node_count; node++) {
        if (node == self_node())
            continue;
        change_tell(node);
        death_look(node);
        work |= watch_notice(node) != NOTICE_NONE;
    }
    return work;
}

void watch_look(void)
{
    if (changes_look())
        guardian_wake();
}

static bool is_quarrel(uint32_t one, uint32_t other)
{
    const struct published *a = published_of(one), *b = published_of(other);

    return one != other && a->state == NODE_RUNNING && b->state == NODE_RUNNING &&
           quarrel_is_between(&a->channels[other], &b->channels[one]);
}

static struct quarrel_side side_of(uint32_t node)
{
    struct quarrel_side side = {.node = node, .started_ns = published_of(node)->started_ns};

    for (uint32_t other = 0; other < machine->node_count; other++)
        side.quarrels += is_quarrel(node, other);
    return side;
}

/* Time counts only as far as both made progress: who hangs is dealt with in another way. The one
 * that should end may be too much damaged to do so; then the other asks its guardian. */
static void quarrel_look(uint32_t node, nanoseconds passed)
{
    struct quarrel *quarrel = &quarrels[node];

    if (!is_quarrel(self_node(), node) || published_of(node)->incarnation != quarrel->incarnation) {
        *quarrel = (struct quarrel){.incarnation = published_of(node)->incarnation};
        return;
    }
    quarrel->waiting += passed;
    if (peers[node].silent != 0)
        return;
    quarrel->lasts += quarrel->waiting;
    quarrel->waiting = 0;
    if (quarrel->lasts < quarrel_limit)
        return;
    struct quarrel_side self = side_of(self_node()), peer = side_of(node);

    if (quarrel_ends(&self, &peer))
        node_fail("the channel with node %u does not come up (%u such, %u of that node's)", node,
                  self.quarrels, peer.quarrels);
    if (quarrel->lasts < 2 * quarrel_limit || guardian_order(node, ORDER_KILL) != 0)
        return;
    quarrel->lasts = quarrel_limit;
    log_line("watch: the channel with node %u does not come up: that node has to end", node);
}

static void look(struct timer *timer)
{
    nanoseconds now = arch_clock(), passed = now - last_look;
    bool suspect = false;

    claim_check();
    if (!self_page_check())
        node_fail("its published page was altered: state or incarnation");
    channel_mend();
    console_mend();
    self_memory_publish();
    last_look = now;
    /* We ourselves stood still for the rest. */
    if (passed > planned + planned / 2)
        passed = planned + planned / 2;
    for (uint32_t node = 0; node < machine->node_count; node++) {
        if (node == self_node())
            continue;
        suspect |= peer_look(node, passed);
        quarrel_look(node, passed);
    }
    watch_look();
    planned = suspect ? SOON : self_published->sleeping ? period : AWAKE;
    if (planned > period)
        planned = period;
    timer_set(timer, now + planned);
}

/* An NMI asks whether this core takes interrupts at all. Who has fenced this life of ours means us
 * to stop: then we leave our last words and never come back, unless we are at that already. On a
 * stack of its own, in the midst of anything. */
void nmi_enter(struct registers *registers)
{
    if (!self_published)
        return;
    atomic_store(&self_published->nmi_instruction, registers->rip);
    atomic_fetch_add(&self_published->nmi_answers, 1);
    for (uint32_t node = 0; node < machine->node_count; node++) {
        const struct published *page = published_of(node);

        bool meant = page->guardian_target == self_node() &&
                     page->guardian_incarnation == self_start.incarnation;

        if (node == self_node())
            continue;
        if (self_published->state == NODE_DEAD) {
            if (meant && page->guardian_step == GUARDIAN_START)
                guardian_called();
        } else if ((meant && page->guardian_step == GUARDIAN_FENCE) ||
                   node_is_fenced_by(node, self_node(), self_start.incarnation)) {
            panic_fenced(registers,
                         node); /* fenced already: it comes late, from a core that stood */
        }
    }
}

/* The promise runs out in steps, of which each counts as it was planned: while this core stands
 * still, its program does, too. */
static void program_look(struct timer *timer)
{
    if (program_left == 0)
        node_fail("the program did not beat for %lu ms", program_promise);
    nanoseconds step = program_left < PROGRAM_STEP ? program_left : PROGRAM_STEP;

    program_left -= step;
    timer_set(timer, arch_clock() + step);
}

void watch_program_beat(uint64_t ms)
{
    program_promise = ms * crowd;
    program_left = program_promise * MS;
    if (ms == 0)
        timer_cancel(&program_timer);
    else
        program_look(&program_timer);
}

static void calm(struct timer *timer)
{
    death_row_end();
}

static nanoseconds limit(const char *name, uint64_t ms)
{
    return option_number(name, ms) * MS;
}

void watch_start(void)
{
    static struct doorbell_listener listener = {.ring = watch_look};
    bool metal = option_is("detector", "metal");

    if (!metal)
        crowd = (machine->node_count + 3) / 4;
    period = limit("look-ms", metal ? 10 : 500);
    limits.suspect = limit("suspect-ms", metal ? 15 : 250 * crowd);
    limits.idle = limit("idle-ms", metal ? 15 : 750);
    limits.grace = limit("grace-ms", metal ? 20 : 500 * crowd);
    limits.silence = limit("silence-ms", metal ? 100 : 3000 * crowd);
    limits.start = limit("start-ms", metal ? 5000 : 20000 * crowd);
    quarrel_limit = limit("quarrel-ms", metal ? 1000 : 5000 * crowd);
    if (timer_init(&look_timer, look) != 0 || timer_init(&program_timer, program_look) != 0 ||
        timer_init(&calm_timer, calm) != 0)
        node_fail("this node has too little memory for its timers; use fewer nodes or more memory");
    last_look = arch_clock();
    planned = period;
    for (uint32_t node = 0; node < machine->node_count; node++) {
        told[node].state = node_state(node);
        told[node].incarnation = lives[node] = published_of(node)->incarnation;
    }
    doorbell_listen(&listener);
    death_look(self_node());     /* what we have buried in an earlier life, perhaps ourselves */
    if (machine->node_count > 1) /* else there is nobody to look at, and nobody who looks */
        timer_set(&look_timer, last_look + period);
    timer_set(&calm_timer, last_look + limit("calm-ms", CALM_MS));
}
