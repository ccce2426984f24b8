/* SPDX-License-Identifier: Apache-2.0 */
/* How long it takes until node 0 knows, with the limits of both detectors: the table of
 * docs/failure.md. Node 1 stops beating; node 2, if there is one, goes on, and seconds every doubt,
 * or in one test none.
 */
/* TEST-SOURCES: kernel/node/watch.c kernel/node/suspicion.c kernel/node/quarrel.c */
#include "node/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "arch/arch.h"
#include "arch/doors.h"
#include "lib/log.h"
#include "node/channel.h"
#include "node/claim.h"
#include "node/control.h"
#include "node/death.h"
#include "node/doorbell.h"
#include "node/guardian.h"
#include "panic.h"
#include "thread/timer.h"

#define MS     1000000UL
#define TIMERS 3
#define STOPS  (2000 * MS) /* node 1's last beat */
#define NEVER  (600000 * MS)

static struct machine fake_machine;
static struct published *pages;
static struct timer *timers[TIMERS];
static unsigned timer_count;
static nanoseconds now;
static bool is_metal, takes_nmi, is_fenced;
static bool is_doubted = true, is_second_lost; /* by node 2; node 2 stops beating, too */
static unsigned asked;

const struct machine *machine = &fake_machine;
struct start_info self_start = {.node = 0, .incarnation = 1};
struct published *self_published;

const struct published *published_of(uint32_t node)
{
    return &pages[node];
}
uint32_t node_state(uint32_t node)
{
    return node == 1 && is_fenced ? NODE_DEAD : pages[node].state;
}
bool node_is_fenced_by(uint32_t guardian, uint32_t node, uint32_t incarnation)
{
    return false;
}
bool self_page_check(void)
{
    return true;
}
bool option_is(const char *name, const char *value)
{
    return is_metal && strcmp(name, "detector") == 0;
}
uint64_t option_number(const char *name, uint64_t otherwise)
{
    return otherwise;
}
nanoseconds arch_clock(void)
{
    return now;
}
void arch_nmi(uint32_t apic_id)
{
    asked++;
    pages[apic_id].nmi_answers += takes_nmi;
}
int timer_init(struct timer *timer, void (*fire)(struct timer *))
{
    *timer = (struct timer){.fire = fire};
    timers[timer_count++] = timer;
    return 0;
}
void timer_set(struct timer *timer, nanoseconds deadline)
{
    timer->deadline = deadline;
    timer->position = 1;
}
void timer_cancel(struct timer *timer)
{
    timer->position = 0;
}
void doorbell_listen(struct doorbell_listener *listener)
{
}
void channel_look(void)
{
}
void channel_mend(void)
{
}
void console_mend(void)
{
}
void self_memory_publish(void)
{
}
void claim_check(void)
{
}
void death_look(uint32_t node)
{
}
void death_row_end(void)
{
}
void guardian_wake(void)
{
}
int guardian_order(uint32_t node, enum node_order order)
{
    return 0;
}
void guardian_called(void)
{
}
void log_line(const char *format, ...)
{
}
void node_fail(const char *text, ...)
{
    _exit(9);
}
void panic_fenced(const struct registers *registers, uint32_t guardian)
{
    _exit(9);
}

struct fault {
    bool metal;
    uint32_t nodes, state;
    bool sleeps, nmi;         /* its core was halted; it takes NMIs */
    nanoseconds least, most;  /* from the stop to the verdict */
    enum death_notice notice; /* NOTICE_NONE: never */
};

static struct timer *timer_next_due(void)
{
    struct timer *next = NULL;

    for (unsigned i = 0; i < timer_count; i++) {
        if (timers[i]->position && (!next || timers[i]->deadline < next->deadline))
            next = timers[i];
    }
    return next;
}

static void begin(const struct fault *fault)
{
    pages = mmap(NULL, fault->nodes * sizeof(*pages), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    self_published = &pages[0];
    self_published->sleeping = fault->sleeps; /* all are idle, or all are busy */
    is_metal = fault->metal;
    takes_nmi = fault->nmi;
    fake_machine.node_count = fault->nodes;
    for (uint32_t node = 0; node < fault->nodes; node++) {
        fake_machine.nodes[node].apic_id = node;
        pages[node].state = NODE_RUNNING;
        pages[node].incarnation = 1;
    }
    watch_start();
}

static void look(const struct fault *fault)
{
    struct timer *timer = timer_next_due();

    now = timer->deadline;
    timer->position = 0;
    for (uint32_t node = 1; node < fault->nodes; node++) {
        pages[node].beat += now <= STOPS || (node != 1 && !is_second_lost);
        pages[node].suspects = node != 1 && is_doubted ? pages[0].suspects : 0;
    }
    pages[1].state = now < STOPS ? NODE_RUNNING : fault->state;
    pages[1].sleeping = fault->sleeps;
    timer->fire(timer);
}

/* How it ends: 0, or the number of the thing that is wrong. */
static int play(const struct fault *fault)
{
    begin(fault);
    while (now < STOPS) {
        look(fault);
        if (asked != 0 || watch_notice(1) != NOTICE_NONE)
            return 1;
    }
    while (watch_notice(1) == NOTICE_NONE && now < STOPS + NEVER)
        look(fault);
    if (watch_notice(1) != fault->notice)
        return 2;
    if (fault->notice == NOTICE_NONE)
        return 0;
    return now < STOPS + fault->least ? 3 : now > STOPS + fault->most ? 4 : 0;
}

static void notice_comes_in_time(void **state)
{
    static const struct fault faults[] = {
        {false, 2, NODE_RUNNING, false, true, 750 * MS, 1100 * MS, NOTICE_HANG},
        {false, 4, NODE_RUNNING, true, true, 1250 * MS, 1850 * MS, NOTICE_HANG},
        {false, 2, NODE_RUNNING, false, false, 3000 * MS, 3600 * MS, NOTICE_SILENCE},
        {false, 2, NODE_KERNEL, false, true, 20000 * MS, 20600 * MS, NOTICE_NO_START},
        {false, 2, NODE_STARTING, false, true, 20000 * MS, 20600 * MS, NOTICE_NO_START},
        {false, 2, 77, false, true, 20000 * MS, 20600 * MS, NOTICE_NO_START},
        {false, 2, NODE_STOPPED, true, true, 1250 * MS, 1850 * MS, NOTICE_HANG},
        {false, 2, NODE_ABSENT, false, true, 0, 0, NOTICE_NONE},
        {false, 8, NODE_RUNNING, false, true, 1500 * MS, 1900 * MS, NOTICE_HANG},
        {false, 8, NODE_RUNNING, false, false, 6000 * MS, 6600 * MS, NOTICE_SILENCE},
        {false, 64, NODE_RUNNING, false, false, 48000 * MS, 48600 * MS, NOTICE_SILENCE},
        {false, 64, NODE_KERNEL, false, true, 320000 * MS, 320600 * MS, NOTICE_NO_START},
        {true, 2, NODE_RUNNING, false, true, 35 * MS, 60 * MS, NOTICE_HANG},
        {true, 4, NODE_RUNNING, true, true, 35 * MS, 60 * MS, NOTICE_HANG},
        {true, 2, NODE_RUNNING, false, false, 100 * MS, 120 * MS, NOTICE_SILENCE},
        {true, 64, NODE_RUNNING, false, false, 100 * MS, 120 * MS, NOTICE_SILENCE},
        {true, 2, NODE_KERNEL, false, true, 5000 * MS, 5020 * MS, NOTICE_NO_START},
    };

    for (unsigned i = 0; i < COUNT_OF(faults); i++) {
        int status;
        pid_t child = fork();

        if (child == 0)
            _exit(play(&faults[i]));
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("row %u: %d", i, WEXITSTATUS(status));
    }
}

/* A silent core that stays down after its fence never says that it is dead; nobody is kept awake.
 */
static void who_is_fenced_is_let_be(void **state)
{
    static const struct fault fault = {.nodes = 2, .state = NODE_RUNNING, .sleeps = true};
    int status;
    pid_t child = fork();

    if (child == 0) {
        begin(&fault);
        while (watch_notice(1) == NOTICE_NONE)
            look(&fault);
        is_fenced = true;
        look(&fault);
        nanoseconds before = now;
        for (unsigned i = 0; i < 10; i++)
            look(&fault);
        _exit(watch_notice(1) != NOTICE_SILENCE || now < before + 10 * 500 * MS);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Node 0's own verdict stands long since. */
static bool is_noticed_alone(uint32_t second_state)
{
    static const struct fault fault = {.nodes = 3, .state = NODE_RUNNING, .nmi = true};

    is_doubted = false;
    begin(&fault);
    pages[2].state = second_state;
    while (now < STOPS + 10000 * MS)
        look(&fault);
    if (watch_notice(1) != NOTICE_NONE)
        return true;
    is_doubted = true;
    look(&fault);
    if (watch_notice(1) != NOTICE_HANG)
        _exit(2);
    return false;
}

/* Whom another one who could tell does not suspect is left alone, until it does. Who does not run,
 * or is suspected himself, is not asked. */
static void a_second_opinion_is_asked_for(void **state)
{
    static const struct {
        uint32_t second_state;
        bool second_lost, noticed;
    } rows[] = {
        {NODE_RUNNING, false, false}, {NODE_STOPPED, false, true}, {NODE_RUNNING, true, true}};

    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        int status;
        pid_t child = fork();

        if (child == 0) {
            is_second_lost = rows[i].second_lost;
            _exit(is_noticed_alone(rows[i].second_state) != rows[i].noticed);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("row %u: %d", i, WEXITSTATUS(status));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notice_comes_in_time),
        cmocka_unit_test(who_is_fenced_is_let_be),
        cmocka_unit_test(a_second_opinion_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
