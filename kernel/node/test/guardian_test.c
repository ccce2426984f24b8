/* SPDX-License-Identifier: Apache-2.0 */
/* A guardian at work, and a dead node that comes back by itself at any moment of that. The machine
 * is made of nodes 0 (boot core, which no INIT brings back) and 1, and of more that stay down. Each
 * play is a process of its own: a guardian keeps what it knows. */
/* TEST-SOURCES: kernel/node/guardian.c kernel/node/offline.c kernel/node/claim.c kernel/node/election.c */
#include "node/guardian.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch/arch.h"
#include "device/card.h"
#include "device/console.h"
#include "lib/log.h"
#include "node/control.h"
#include "node/death.h"
#include "node/doorbell.h"
#include "node/repair.h"
#include "node/watch.h"
#include "panic.h"
#include "start/start.h"
#include "thread/wait.h"

#define MANY 48
#define KEPT 32 /* deaths, as kernel/node/death.c */
#define STEP 1000000UL
#define LONG (20000 * STEP)

static struct machine fake_machine;
static struct published *pages;
static nanoseconds now;
static struct { /* its core came to all of this by itself */
    uint32_t node;
    unsigned at[3]; /* moments: the state is STARTING, the number is the next one's, KERNEL */
    unsigned done, moment;
    bool is_stopped;
} comes;
static struct {
    unsigned buried[MANY], ended; /* ended: lives that had begun, or were about to */
} told;
static struct {
    nanoseconds ready, buried, loaded; /* our programs are ready for so long; when */
} news;
static unsigned ends_at, waits; /* our own Erlang ends in the midst of this wait */
static struct {
    unsigned refuses, refused, loads; /* so often the core of a loaded node does not come */
} core;
static bool forgets;                   /* no memory for deaths */
static bool fenced[MANY], quiet[MANY]; /* since it was loaded: its core, then its devices */
static struct burial kept[KEPT];
static unsigned deaths;
static void (*guard)(void *);
static jmp_buf end;

const struct machine *machine = &fake_machine;
struct start_info self_start;
struct published *self_published;

/* ---- the dead one comes back ---- */

static void moment(void)
{
    struct published *page = &pages[comes.node];

    comes.moment++;
    while (!comes.is_stopped && comes.done < 3 && comes.moment >= comes.at[comes.done]) {
        switch (comes.done++) {
        case 0:
            page->state = NODE_STARTING;
            page->epitaph_valid = 0;
            page->guardian_claim = 0;
            break;
        case 1:
            page->incarnation = 2;
            break;
        default:
            page->state = NODE_KERNEL;
        }
    }
}

void arch_nmi(uint32_t apic_id)
{
    if (apic_id == comes.node && comes.done > 0 && pages[apic_id].incarnation == 2 &&
        self_published->guardian_target == apic_id && self_published->guardian_incarnation == 2)
        told.ended++;
}

int start_fence(const struct machine *the_machine, uint32_t node, const struct start_host *host)
{
    if (node == 0)
        return START_BOOT_CORE;
    fenced[node] = true;
    if (node == comes.node) {
        told.ended += comes.done > 0;
        comes.is_stopped = true;
    }
    return START_OK;
}

/* ---- what is asked of the machine ---- */

const struct published *published_of(uint32_t node)
{
    return &pages[node];
}
nanoseconds arch_clock(void)
{
    moment();
    return now += STEP / 10;
}
void arch_poll_interrupts(void)
{
}
void arch_nmi_allow(void)
{
}
void arch_halt(void)
{
    longjmp(end, 1);
}
void arch_leave(void (*function)(void))
{
    longjmp(end, 1);
}
void arch_enter_copy(phys_addr page_table, uintptr_t entry, uintptr_t argument)
{
    longjmp(end, 1);
}
int wait_any(nanoseconds deadline)
{
    moment();
    now = deadline > now ? deadline : now;
    if (++waits == ends_at) {
        self_published->state = NODE_DEAD;
        guardian_last();
    }
    return 0;
}
/* Nothing to do until then: the story is over, unless it comes to something. */
int wait_on(struct wait_queue *queue, nanoseconds deadline)
{
    if (deadline > now + LONG)
        longjmp(end, 1);
    return wait_any(deadline);
}
bool schedule_others_ready(void)
{
    return now < news.buried + news.ready;
}
void wake_all(struct wait_queue *queue, unsigned events)
{
}
struct thread *thread_create_kernel(const char *name, void (*entry)(void *), void *argument)
{
    guard = entry;
    return (struct thread *)&guard;
}
enum death_notice watch_notice(uint32_t node)
{
    moment();
    if (node == self_start.node || pages[node].incarnation == 0)
        return NOTICE_NONE;
    if (pages[node].state == NODE_DEAD)
        return NOTICE_LAST_WORDS;
    if (pages[node].state == NODE_STARTING && core.refuses > 0)
        return NOTICE_NO_START;
    return word_unsealed(self_published->fenced[node]) == pages[node].incarnation ? NOTICE_ORDER
                                                                                  : NOTICE_NONE;
}
bool watch_is_live(uint32_t node)
{
    return pages[node].state >= NODE_KERNEL && pages[node].state <= NODE_STOPPED;
}
uint32_t watch_life(uint32_t node)
{
    return pages[node].incarnation;
}
uint32_t node_state(uint32_t node)
{
    return pages[node].state;
}
void watch_look(void)
{
    moment();
}
void doorbell_ring_all(void)
{
}
const struct burial *death_of(uint32_t node, uint32_t incarnation)
{
    for (unsigned i = 0; i < KEPT; i++) {
        if (!forgets && kept[i].incarnation == incarnation && kept[i].node == node)
            return &kept[i];
    }
    return NULL;
}
void death_bury(uint32_t node, uint32_t incarnation, enum death_notice notice)
{
    moment();
    if (++told.buried[node] > 1 && core.refuses == 0)
        longjmp(end, 1);
    news.buried = now;
    told.ended += node == comes.node && incarnation != 1;
    kept[deaths % KEPT].node = node;
    kept[deaths++ % KEPT].incarnation = incarnation;
}
uint32_t node_deaths_in_row(uint32_t node)
{
    return 0;
}
void death_row_add(uint32_t node, uint32_t incarnation)
{
}
const struct start_host *repair_open(void (*rest)(nanoseconds time))
{
    moment();
    return NULL;
}
const struct start_host *repair_open_self(void (*rest)(nanoseconds time))
{
    return NULL;
}
void repair_close(void)
{
    moment();
}
void repair_init(void)
{
}
bool repair_store(void)
{
    return true;
}
int start_load(const struct machine *the_machine, uint32_t node, uint32_t incarnation,
               const struct start_host *host)
{
    /* Its devices touched its memory no more before that is used again. */
    if (!quiet[node])
        _exit(9);
    fenced[node] = quiet[node] = false;
    pages[node].incarnation = incarnation;
    if (core.refuses > 0)
        pages[node].state = NODE_STARTING;
    news.loaded = now;
    core.loads++;
    return START_OK;
}
int start_load_beside(const struct machine *the_machine, const struct start_info *running,
                      uint32_t incarnation, const struct start_host *host,
                      const struct start_page **page)
{
    return START_OK;
}
int start_core(const struct machine *the_machine, uint32_t node, const struct start_host *host,
               unsigned timeout_us)
{
    if (core.refused < core.refuses) {
        core.refused++;
        return START_NO_ANSWER;
    }
    pages[node].state = NODE_KERNEL;
    return START_OK;
}
const char *start_error_text(int error)
{
    return "";
}
bool option_is(const char *name, const char *value)
{
    return false;
}
bool option_is_of(uint32_t node, const char *name, const char *value)
{
    return node > 1 && strcmp(name, "restart") == 0;
}
uint64_t option_number(const char *name, uint64_t otherwise)
{
    return otherwise;
}
bool card_is_wanted(void)
{
    return false;
}
void card_drive(void)
{
}
void card_quiet(void)
{
}
void card_owner_lost(uint32_t node)
{
    quiet[node] = fenced[node];
}
void console_owner_lost(uint32_t node)
{
}
void log_line(const char *format, ...)
{
}
void node_fail(const char *text, ...)
{
    _exit(9);
}
void node_power_off(int status)
{
    _exit(9);
}

/* ---- the plays ---- */

static void begin(uint32_t self, uint32_t count)
{
    fake_machine.node_count = count;
    self_start.node = self;
    self_start.incarnation = 1;
    self_published = &pages[self];
    for (uint32_t node = 0; node < count; node++) {
        fake_machine.nodes[node].apic_id = node;
        pages[node].incarnation = 1;
        pages[node].state = NODE_DEAD;
        pages[node].epitaph.exit_status = -1;
        pages[node].epitaph_valid = EPITAPH_COMPLETE;
    }
    guardian_start();
}

/* The guardian's thread until there is nothing left to do. */
static void guard_all(void)
{
    pages[self_start.node].state = NODE_RUNNING;
    if (setjmp(end) == 0)
        guard(NULL);
}

/* Node 1 guards node 0, which starts itself, or node 0 node 1, which was alone and does so. */
static void by_a_guardian(uint32_t self)
{
    begin(self, 2);
    pages[1 - self].epitaph_valid = 1; /* still speaking */
    guard_all();
}

/* Both die. Node 1 did so as the guardian of node 0, and starts itself, since nobody can start that
 * one; then its claim is gone, for which node 0 has waited. */
static void by_the_dying(uint32_t self)
{
    begin(self, 2);
    pages[1].guardian_claim = 1;
    if (setjmp(end) == 0)
        guardian_last();
}

/* true: one life has followed the other, and nobody has touched it. */
static bool is_well(void (*play)(uint32_t self), uint32_t self, const unsigned at[3])
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        comes.node = 1 - self;
        memcpy(comes.at, at, sizeof(comes.at));
        play(self);
        _exit(told.ended != 0 || (comes.done == 3 && pages[comes.node].incarnation != 2));
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static void at_any_moment(void (*play)(uint32_t self), uint32_t self, unsigned moments)
{
    static const unsigned lasts[][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {3, 2}, {40, 40}};

    for (unsigned at = 1; at < moments; at += at < 100 ? 1 : 17) {
        for (unsigned i = 0; i < COUNT_OF(lasts); i++) {
            unsigned number = at + lasts[i][0], kernel = number + lasts[i][1];

            if (!is_well(play, self, (unsigned[3]){at, number, kernel}))
                fail_msg("ended when it began at moment %u, %u, %u", at, number, kernel);
        }
    }
}

static void a_boot_core_that_starts_itself(void **state)
{
    at_any_moment(by_a_guardian, 1, 100);
}

static void the_last_one_that_starts_itself(void **state)
{
    at_any_moment(by_a_guardian, 0, 100);
}

static void another_one_that_dies(void **state)
{
    at_any_moment(by_the_dying, 0, 100);
}

/* A play that says itself whether it went well. */
static bool goes_well(bool (*play)(unsigned how), unsigned how)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        comes.done = 3; /* nobody comes by himself */
        _exit(!play(how));
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static bool stay_down(unsigned how)
{
    begin(0, MANY);
    guard_all();
    for (uint32_t node = 2; node < MANY; node++) {
        if (told.buried[node] != 1)
            return false;
    }
    return true;
}

/* More than there is room for deaths. */
static void many_that_stay_down(void **state)
{
    assert_true(goes_well(stay_down, 0));
}

static bool without_memory(unsigned how)
{
    forgets = true;
    begin(0, 3);
    guard_all();
    return pages[1].incarnation == 2 && pages[2].incarnation == 1 && told.buried[2] == 1;
}

static void one_that_stays_down_without_memory_for_its_death(void **state)
{
    assert_true(goes_well(without_memory, 0));
}

/* Our Erlang ends while the guardian rests: node 1 is started by one of both, and not twice. */
static bool erlang_ends(unsigned how)
{
    ends_at = how;
    fake_machine.warm_reset = true;
    begin(0, 2);
    pages[1].epitaph_valid = how % 2 ? 1 : EPITAPH_COMPLETE;
    guard_all();
    return (waits >= how || how % 2 == 0) && core.loads == 1 && pages[1].incarnation == 2;
}

static void our_erlang_ends_meanwhile(void **state)
{
    for (unsigned wait = 1; wait < 12; wait++) {
        if (!goes_well(erlang_ends, wait))
            fail_msg("when it ended in wait %u", wait);
    }
}

static bool core_refuses(unsigned how)
{
    core.refuses = how;
    begin(0, 2);
    guard_all();
    if (how < 3)
        return core.loads == how + 1 && pages[1].state == NODE_KERNEL && !node_is_offline(1);
    if (core.loads != 3 || !node_is_offline(1))
        return false;
    core.refuses = core.refused + 1; /* an order gives it three tries again */
    if (guardian_order(1, ORDER_RESTART) != 0)
        return false;
    guard_all();
    return core.loads == 5 && pages[1].state == NODE_KERNEL && !node_is_offline(1);
}

static void a_core_that_does_not_start(void **state)
{
    for (unsigned times = 1; times < 5; times++) {
        if (!goes_well(core_refuses, times))
            fail_msg("%u times", times);
    }
}

/* Loading takes the core: before it those who are told of the death get their turn, and not for
 * ever. */
static bool programs_are_ready(unsigned how)
{
    static const struct {
        unsigned ready, least, most; /* in steps */
    } cases[] = {{0, 0, 3}, {6, 6, 9}, {20000, 20, 24}};

    news.ready = cases[how].ready * STEP;
    begin(0, 2);
    guard_all();
    nanoseconds taken = news.loaded - news.buried;

    return core.loads == 1 && taken >= cases[how].least * STEP && taken <= cases[how].most * STEP;
}

static void programs_have_the_news(void **state)
{
    for (unsigned how = 0; how < 3; how++)
        assert_true(goes_well(programs_are_ready, how));
}

static int setup(void **state)
{
    pages = mmap(NULL, MANY * sizeof(*pages), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
    return pages == MAP_FAILED;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boot_core_that_starts_itself),
        cmocka_unit_test(the_last_one_that_starts_itself),
        cmocka_unit_test(another_one_that_dies),
        cmocka_unit_test(many_that_stay_down),
        cmocka_unit_test(one_that_stays_down_without_memory_for_its_death),
        cmocka_unit_test(our_erlang_ends_meanwhile),
        cmocka_unit_test(a_core_that_does_not_start),
        cmocka_unit_test(programs_have_the_news),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
