/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One kernel thread that sleeps until somebody is dead and it is our turn. Everything that it knows
 * between two steps stands in published pages, so the next guardian can go on: a fence and a start
 * may be repeated, and a burial that is known is not made again.
 */
#include "node/guardian.h"

#include "arch/arch.h"
#include "device/card.h"
#include "device/console.h"
#include "lib/log.h"
#include "node/claim.h"
#include "node/control.h"
#include "node/death.h"
#include "node/doorbell.h"
#include "node/election.h"
#include "node/offline.h"
#include "node/repair.h"
#include "node/watch.h"
#include "panic.h"
#include "start/load.h"
#include "thread/wait.h"

#include <asm/errno.h>

#define MS         1000000UL
#define START_US   10000000 /* for a core from INIT to its kernel: emulated ones may have to wait */
#define TRIES      3        /* then a core is offline */
#define RETRY      (1000 * MS)
#define SELF_START (3000 * MS) /* for a core that starts itself */
#define SELF_ASK   (100 * MS)
#define TAKE_OVER  (5000 * MS) /* for each able node before us that does not do it */
#define REST_STEP  (1 * MS)
#define NEWS       (20 * MS) /* for our programs to hear of a death: loading keeps the core */
#define SPIN_MAX   (500 * 1000UL)
#define LAST_WORDS (500 * MS)  /* a dying node gets to say them */
#define LAST_DEED  (6000 * MS) /* and to end the machine, if it was told to */
#define IS_BACK    1           /* no enum start_error */

struct ward {
    uint32_t incarnation;
    nanoseconds noticed; /* 0: not now */
    nanoseconds retry;   /* not before */
    enum death_notice notice;
    unsigned failures; /* to start, one after the other */
    bool ordered;
    enum node_order order;
};

static struct ward wards[NODES_MAX];
static uint32_t buried[NODES_MAX]; /* lives: more of them than deaths are kept */
static struct wait_queue work = WAIT_QUEUE_INIT(work);
static uint64_t stay_down; /* nodes that the options leave dead */
static bool is_last;       /* we are dying, and nobody else lives: no thread runs any more */
static bool is_parked;     /* we are dead, wait for an order, and cannot be started by another */

/* ---- waiting ---- */

/* The others see that we work: a guardian whose beat stands still is taken for dead. */
static void spin(nanoseconds time)
{
    nanoseconds end = arch_clock() + time;

    do {
        if (is_last)
            asm volatile("pause");
        else
            arch_poll_interrupts();
    } while (arch_clock() < end);
}

static void rest(nanoseconds time)
{
    if (is_last || time < SPIN_MAX)
        spin(time);
    else
        (void)!wait_any(arch_clock() + time);
}

/* ---- what is known of a node ---- */

void guardian_stay_down(void)
{
    offline_set(self_node(), OFFLINE_ORDER);
}

static bool stays_down(uint32_t node)
{
    return stay_down >> node & 1 || offline_is(node, OFFLINE_CORE) ||
           offline_is(node, OFFLINE_ORDER);
}

/* An INIT of this one would go to the firmware for good: it starts itself. */
static bool starts_itself(uint32_t node)
{
    return node == machine->boot_node && !machine->warm_reset;
}

/* The loader is done: until then the trampoline page is its own. */
static bool machine_is_started(void)
{
    const struct published *page = published_of(machine->boot_node);

    return page->incarnation > 1 || page->state >= NODE_KERNEL;
}

static uint64_t nodes_able(void)
{
    uint64_t able = 0;

    for (uint32_t node = 0; node < machine->node_count; node++)
        able |= (uint64_t)(node == self_node() || watch_is_live(node)) << node;
    return able;
}

/* When to act for this node; UINT64_MAX: not at all. */
static nanoseconds ward_due(uint32_t node, uint64_t able)
{
    struct ward *ward = &wards[node];
    const struct published *page = published_of(node);
    uint32_t incarnation = page->incarnation;
    enum death_notice notice = watch_notice(node);

    if (death_of(node, incarnation))
        buried[node] = incarnation;
    if (ward->ordered)
        return 0;
    if (notice == NOTICE_NONE) {
        ward->noticed = 0;
        return UINT64_MAX;
    }
    if (ward->noticed == 0 || ward->incarnation != incarnation)
        *ward = (struct ward){.incarnation = incarnation,
                              .noticed = arch_clock(),
                              .notice = notice,
                              .failures = notice == NOTICE_NO_START ? ward->failures : 0};
    nanoseconds due =
        ward->noticed + turn_rank(node, self_node(), machine->node_count, able) * TAKE_OVER;

    if (due < ward->retry)
        due = ward->retry;
    if (buried[node] != incarnation)
        return due;
    if (stays_down(node))
        return UINT64_MAX;
    nanoseconds back_off =
        ward->noticed +
        back_off_ms(node_deaths_in_row(node) + 1, option_number("back-off-ms", 1000)) * MS;

    if (starts_itself(node))
        back_off += SELF_START; /* it had its time */
    return due < back_off ? back_off : due;
}

/* ---- alone in the machine ---- */

static void step(enum guardian_step now)
{
    atomic_store(&self_published->guardian_step, now);
    if (&fault_at_step)
        fault_at_step(now);
}

static void target_set(uint32_t node, uint32_t life)
{
    atomic_store(&self_published->guardian_target, node);
    atomic_store(&self_published->guardian_incarnation, life);
}

/* What we know is of another life than the one that runs or begins now: it started itself. */
static bool is_back(uint32_t node, uint32_t life, enum death_notice notice)
{
    return published_of(node)->incarnation != life ||
           (notice == NOTICE_LAST_WORDS && watch_notice(node) == NOTICE_NONE);
}

/* Is it the machine's end, by the options of the node that said its last words? */
static bool is_end_of_machine(uint32_t node)
{
    const struct published *page = published_of(node);
    int32_t status = page->epitaph.exit_status; /* as wait(2) gives it; -1: no program's end */
    bool exited = status != -1 && (status & 0x7f) == 0;

    return page->state == NODE_DEAD && (option_is_of(node, "on-death", "poweroff") ||
                                        (exited && option_is_of(node, "on-exit", "poweroff")));
}

/* It may be in the midst of its last words, or hang where an NMI still makes it say some. One that
 * ends the machine does so when all is shown: stopped before, it would leave the machine running.
 */
static void last_words_wait(uint32_t node, nanoseconds patience)
{
    const struct published *page = published_of(node);
    nanoseconds end = arch_clock() + patience;

    if (page->state != NODE_DEAD)
        arch_nmi(machine->nodes[node].apic_id);
    while (page->epitaph_valid != EPITAPH_COMPLETE && arch_clock() < end)
        rest(REST_STEP);
    end = arch_clock() + LAST_DEED;
    while (is_end_of_machine(node) && arch_clock() < end)
        rest(REST_STEP);
}

/* Of `life`, and only while that is the last one: IS_BACK. */
static int fence(uint32_t node, uint32_t life, enum death_notice notice)
{
    const struct published *page = published_of(node);

    if (is_back(node, life, notice))
        return IS_BACK;
    target_set(node, life);
    step(GUARDIAN_FENCE);
    if (page->state != NODE_STOPPED || notice != NOTICE_ORDER || starts_itself(node))
        last_words_wait(node, notice == NOTICE_SILENCE ? LAST_WORDS / 5 : LAST_WORDS);
    const struct start_host *host = repair_open(rest);
    int error = is_back(node, life, notice) ? IS_BACK : start_fence(machine, node, host);

    repair_close();
    if (error == IS_BACK)
        return error;
    /* Read again now that it runs no more: no other life will follow this one unseen. */
    if (!starts_itself(node))
        target_set(node, page->incarnation);
    atomic_store(&self_published->fenced[node], word_sealed(self_published->guardian_incarnation));
    console_owner_lost(node);
    card_owner_lost(node);
    doorbell_ring_all();
    watch_look();
    return error;
}

/* Whose claim was passed over may still write where we are going to. It may have come back to life
 * since, so what it is taken for now is not asked; but if it has left its claim, or this is its
 * next life, it has seen ours. */
static void claimants_fence(uint64_t passed)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        uint32_t life = published_of(node)->incarnation;
        enum death_notice notice = watch_notice(node);

        if (!(passed >> node & 1) || !claim_goes_on(node))
            continue;
        if (notice == NOTICE_NONE) {
            log_line("node %u stood still within its claim: fenced", node);
            notice = NOTICE_HANG;
            wards[node].incarnation = life; /* an order for it stands */
            wards[node].noticed = arch_clock();
            wards[node].notice = NOTICE_HANG;
        }
        (void)fence(node, life, notice);
    }
}

static void leave(void)
{
    step(GUARDIAN_IDLE);
    claim_leave();
}

/* ---- for one node ---- */

static void bury(uint32_t node, enum death_notice notice)
{
    uint32_t incarnation = self_published->guardian_incarnation;

    step(GUARDIAN_BURY);
    buried[node] = incarnation; /* also without memory for its death */
    if (!death_of(node, incarnation)) {
        static const char *const texts[] = {
            "?", "its last words", "it hangs", "its core is silent", "ordered", "it did not start"};

        death_bury(node, incarnation, notice);
        log_line("node %u, incarnation %u is dead: %s", node, incarnation, texts[notice]);
    }
    doorbell_ring_all();
    if (is_end_of_machine(node) ||
        (notice != NOTICE_LAST_WORDS && option_is("on-death", "poweroff")))
        node_power_off(PANIC_STATUS);
}

/* It does it by itself, soon after its last words. One that stays down waits for this NMI; asked
 * more than once, since it may still be at its last words. It takes no other one on its way. */
static int start_await(uint32_t node)
{
    const struct published *page = published_of(node);
    uint32_t ended = self_published->guardian_incarnation;
    nanoseconds begun = arch_clock(), asked = 0;

    step(GUARDIAN_START);
    while (page->incarnation == ended || page->state < NODE_KERNEL) {
        nanoseconds now = arch_clock();

        if (now >= begun + SELF_START)
            return START_BOOT_CORE;
        if (stays_down(node) && now >= asked + SELF_ASK) {
            arch_nmi(machine->nodes[node].apic_id);
            asked = now;
        }
        rest(REST_STEP);
    }
    return START_OK;
}

/* Its page may be damaged, and no number comes twice. */
static uint32_t next_life(uint32_t node)
{
    uint32_t last = life_later(watch_life(node), published_of(node)->incarnation);

    for (uint32_t other = 0; other < machine->node_count; other++)
        last = life_later(last, word_unsealed(published_of(other)->fenced[node]));
    return last + 1;
}

static int start(uint32_t node)
{
    uint32_t incarnation = next_life(node);
    const struct start_host *host = repair_open(rest);
    int error = START_KERNEL_ALTERED;

    step(GUARDIAN_LOAD);
    if (repair_store())
        error = start_load(machine, node, incarnation, host);
    if (error == START_OK) {
        step(GUARDIAN_START);
        if (published_of(node)->state != NODE_STOPPED)
            death_row_add(node, incarnation);
        error = start_core(machine, node, host, START_US);
    }
    repair_close();
    return error;
}

static void programs_run(void)
{
    nanoseconds end = arch_clock() + NEWS;

    do
        rest(REST_STEP);
    while (schedule_others_ready() && arch_clock() < end);
}

static void start_and_tell(uint32_t node, int error)
{
    struct ward *ward = &wards[node];

    programs_run();
    nanoseconds begun = arch_clock();

    if (starts_itself(node))
        error = start_await(node);
    else if (error == START_OK)
        error = start(node);

    if (error == START_OK) {
        atomic_fetch_add(&self_published->restarts, 1);
        log_line("node %u: incarnation %u started in %lu us", node,
                 (uint32_t)published_of(node)->incarnation, (arch_clock() - begun) / 1000);
        /* An order may have come meanwhile. */
        *ward = (struct ward){.ordered = ward->ordered, .order = ward->order};
        return;
    }
    ward->retry = arch_clock() + RETRY;
    log_line("node %u: %s", node, start_error_text(error));
    if (++ward->failures < TRIES && error != START_BOOT_CORE)
        return;
    offline_set(node, OFFLINE_CORE);
    log_line("node %u is offline now; \"restart %u\" to /dev/hydros tries again", node, node);
}

/* We are alone: looks again whether all this is still so, and does what is left to do. */
static void act(uint32_t node, uint64_t able)
{
    struct ward *ward = &wards[node];
    bool ordered = ward->ordered;
    uint32_t life = published_of(node)->incarnation; /* before it is judged */

    if (ward_due(node, able) > arch_clock())
        return;
    uint32_t state = published_of(node)->state;
    enum death_notice notice = ordered ? NOTICE_ORDER : ward->notice;

    if (ordered && ward->order == ORDER_RESTART && watch_notice(node) == NOTICE_NONE &&
        (state == NODE_RUNNING || state == NODE_KERNEL)) {
        ward->ordered = false; /* somebody has started it meanwhile */
        return;
    }
    if (ordered && ward->order == ORDER_STOP)
        offline_set(node, OFFLINE_ORDER);
    ward->ordered = false;
    int error = fence(node, life, notice);

    if (error == IS_BACK) {
        ward->ordered = ordered && ward->order == ORDER_STOP; /* whichever life it is */
        return;
    }
    if ((state != NODE_STOPPED || !ordered || starts_itself(node)) && state != NODE_ABSENT)
        bury(node, notice);
    /* The back-off may not be over. */
    if ((ordered && ward->order == ORDER_RESTART) || ward_due(node, able) <= arch_clock())
        start_and_tell(node, error);
}

/* The node to act for, or the count of nodes and *due, the time when there may be one. */
static uint32_t choose(uint64_t able, nanoseconds *due)
{
    nanoseconds now = arch_clock();

    *due = UINT64_MAX;
    for (uint32_t i = 1; i < machine->node_count; i++) {
        uint32_t node = (self_node() + i) % machine->node_count;
        nanoseconds at = ward_due(node, able);

        if (at <= now)
            return node;
        if (at < *due)
            *due = at;
    }
    return machine->node_count;
}

/* Whoever makes a card work is alone in the machine, too. */
static void card_work(void)
{
    if (!machine_is_started()) {
        rest(100 * MS);
        return;
    }
    claimants_fence(claim_win(rest, is_last));
    card_drive();
    leave();
}

static void guard(void *argument)
{
    for (;;) {
        nanoseconds due;
        uint64_t able = nodes_able();
        uint32_t node = choose(able, &due);

        /* After BEAM's end the kernel lives on until it is fenced, but it is no guardian. */
        if (card_is_wanted() && self_published->state != NODE_DEAD) {
            card_work();
        } else if (node == machine->node_count || self_published->state == NODE_DEAD) {
            (void)!wait_on(&work, due);
        } else if (!machine_is_started()) {
            rest(100 * MS);
        } else {
            atomic_store(&self_published->guardian_target, node);
            step(GUARDIAN_INTENT);
            claimants_fence(claim_win(rest, is_last));
            act(node, able);
            leave();
        }
    }
}

/* ---- from outside ---- */

void guardian_wake(void)
{
    wake_all(&work, EVENT_IN);
}

int guardian_order(uint32_t node, enum node_order order)
{
    if (node >= machine->node_count)
        return -EINVAL;
    uint32_t state = node_state(node);
    bool lives = state == NODE_RUNNING || state == NODE_KERNEL;

    if (order == ORDER_RESTART && lives)
        return -EALREADY;
    if (order != ORDER_RESTART && !lives)
        return -ESRCH;
    if (node == self_node()) {
        if (order == ORDER_STOP)
            guardian_stay_down();
        node_fail("%s by order of a program", order == ORDER_STOP ? "stopped" : "killed");
    }
    wards[node].order = order;
    wards[node].ordered = true;
    wards[node].failures = 0;
    guardian_wake();
    return 0;
}

static bool is_buried(void)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        const struct burial *burials = published_of(node)->burials;

        for (unsigned i = 0; node != self_node() && i < BURIALS; i++) {
            if (burials[i].node == self_node() && burials[i].number % 2 == 0 &&
                burials[i].incarnation == self_start.incarnation)
                return true;
        }
    }
    return false;
}

/* On the stack of the start: what is overwritten now is not in use. */
static NO_RETURN void self_load(void)
{
    const struct start_page *page = NULL;
    int error = START_KERNEL_ALTERED;
    const struct start_host *host = repair_open_self(rest);

    if (repair_store())
        error = start_load_beside(machine, &self_start, self_start.incarnation + 1, host, &page);
    if (error == START_OK)
        arch_enter_copy(page->info.page_table, page->entry, (uintptr_t)page);
    log_line("node %u: %s", self_node(), start_error_text(error));
    arch_halt();
}

/* Left by an order or after a stop, and called for now. */
static NO_RETURN void self_restart_now(void)
{
    card_quiet();
    arch_leave(self_load);
}

static NO_RETURN void self_restart(bool others)
{
    unsigned deaths = node_deaths_in_row(self_node()) + 1;
    nanoseconds end = arch_clock() + LAST_WORDS;

    if (!others)
        death_bury(self_node(), self_start.incarnation, NOTICE_LAST_WORDS);
    while (others && !is_buried() && arch_clock() < end)
        rest(REST_STEP);
    rest(back_off_ms(deaths, option_number("back-off-ms", 1000)) * MS);
    death_row_add(self_node(), self_start.incarnation + 1);
    self_restart_now();
}

void guardian_called(void)
{
    if (!is_parked)
        return;
    is_last = true;
    self_restart_now();
}

/* Somebody in the ring who can be started by us, and then does for us what we cannot. Or it has
 * done so itself while we waited for the claim: it was as alone as we are. */
static bool other_start(void)
{
    for (uint32_t i = 1; i < machine->node_count; i++) {
        uint32_t node = (self_node() + i) % machine->node_count;
        uint32_t life = published_of(node)->incarnation;

        if (published_of(node)->state != NODE_DEAD || stays_down(node) || starts_itself(node))
            continue;
        claimants_fence(claim_win(rest, is_last));
        bool lives = fence(node, life, NOTICE_LAST_WORDS) == IS_BACK || start(node) == START_OK;

        leave();
        if (lives)
            return true;
    }
    return false;
}

void guardian_last(void)
{
    uint64_t able = nodes_able() & ~(1UL << self_node());

    is_parked = stays_down(self_node()) && starts_itself(self_node());
    if (is_parked)
        arch_nmi_allow();
    if (stays_down(self_node()) || !machine_is_started() ||
        (able != 0 && !starts_itself(self_node())))
        return;
    is_last = true;
    bool others = able != 0 || other_start();

    if (!others || starts_itself(self_node()))
        self_restart(others);
    arch_halt(); /* a guardian of ours in the midst of its work would go on without its claim */
}

void guardian_start(void)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        if (option_is_of(node, "restart", "no") || option_is_of(node, "on-death", "poweroff"))
            stay_down |= 1UL << node;
    }
    repair_init();
    if (!thread_create_kernel("guardian", guard, NULL))
        node_fail("this node has too little memory for its guardian; use fewer nodes or more "
                  "memory");
}
