/* SPDX-License-Identifier: Apache-2.0 */
/* The claim in the published pages, of node 1: the others' pages are ours to play with. The rule
 * itself: election_test.c. */
/* TEST-SOURCES: kernel/node/claim.c kernel/node/election.c */
#include "node/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arch/arch.h"
#include "node/election.h"
#include "node/watch.h"

#define NODES 4
#define STEP  5000000UL

static struct machine fake_machine = {.node_count = NODES};
static struct published pages[NODES];
static enum death_notice notices[NODES];
static nanoseconds now;
static void (*while_resting)(void);

const struct machine *machine = &fake_machine;
struct start_info self_start = {.node = 1};
struct published *self_published = &pages[1];

const struct published *published_of(uint32_t node)
{
    return &pages[node];
}
nanoseconds arch_clock(void)
{
    return now;
}
enum death_notice watch_notice(uint32_t node)
{
    return notices[node];
}

static void rest(nanoseconds time)
{
    now += STEP;
    if (while_resting)
        while_resting();
}

static int setup(void **state)
{
    memset(pages, 0, sizeof(pages));
    memset(notices, 0, sizeof(notices));
    while_resting = NULL;
    now = STEP;
    for (uint32_t node = 0; node < NODES; node++)
        pages[node].incarnation = 1;
    return 0;
}

/* Its verdict is withdrawn, and its claim goes on: it has to be fenced. */
static void the_passed_are_told(void **state)
{
    pages[0].guardian_claim = 1;
    notices[0] = NOTICE_SILENCE;
    assert_int_equal(claim_win(rest, false), 1);
    assert_int_equal(pages[1].guardian_claim, 1);
    notices[0] = NOTICE_NONE;
    assert_true(claim_goes_on(0));
    pages[0].guardian_claim = 0; /* it has left */
    assert_false(claim_goes_on(0));
    pages[0].guardian_claim = 1;
    pages[0].incarnation = 2; /* somebody has started it anew, and it saw ours */
    assert_false(claim_goes_on(0));
    claim_leave();
    assert_int_equal(pages[1].guardian_claim, 0);
}

static void leave_of_three(void)
{
    if (now > 100 * STEP)
        pages[3].guardian_claim = 0;
}

static void the_living_are_waited_for(void **state)
{
    pages[3].guardian_claim = 1;
    while_resting = leave_of_three;
    assert_int_equal(claim_win(rest, false), 0);
    assert_true(now > 100 * STEP);
    claim_leave();
}

static void work_of_three(void)
{
    if (now < 10 * CLAIM_STUCK && now / STEP % 1000 == 0)
        pages[3].guardian_step++;
}

/* It works for ten minutes, and then does nothing more. */
static void but_not_for_ever(void **state)
{
    pages[3].guardian_claim = 1;
    while_resting = work_of_three;
    assert_int_equal(claim_win(rest, false), 8);
    assert_true(now >= 11 * CLAIM_STUCK - 10000 * STEP && now <= 11 * CLAIM_STUCK + 10 * STEP);
    claim_leave();
}

/* Node 2 has waited as long as we have, asks when we do, and gives way to us. */
static void wait_of_two(void)
{
    pages[2].guardian_claim = pages[1].guardian_claim && now / STEP % 4 == 0;
}

/* Who gives way to a lower one passes it over while it asks, too, whatever others who wait do then.
 */
static void nor_has_a_lower_one(void **state)
{
    pages[0].guardian_claim = 1;
    assert_int_equal(claim_win(rest, false), 1);
    assert_true(now >= 2 * CLAIM_STUCK && now <= 2 * CLAIM_STUCK + 10 * STEP);
    claim_leave();
    while_resting = wait_of_two;
    assert_int_equal(claim_win(rest, false), 1);
    claim_leave();
}

static void the_dying_wait_for_each_other(void **state)
{
    pages[3].guardian_claim = 1;
    notices[3] = NOTICE_LAST_WORDS;
    assert_int_equal(claim_win(rest, true), 8);
    assert_true(now >= 500000000);
    claim_leave();
}

/* Only a claim that is not meant. */
static void a_turned_bit_is_taken_back(void **state)
{
    pages[1].guardian_claim = 1;
    claim_check();
    assert_int_equal(pages[1].guardian_claim, 0);
    assert_int_equal(claim_win(rest, false), 0);
    claim_check();
    assert_int_equal(pages[1].guardian_claim, 1);
    claim_leave();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_passed_are_told, setup),
        cmocka_unit_test_setup(the_living_are_waited_for, setup),
        cmocka_unit_test_setup(but_not_for_ever, setup),
        cmocka_unit_test_setup(nor_has_a_lower_one, setup),
        cmocka_unit_test_setup(the_dying_wait_for_each_other, setup),
        cmocka_unit_test_setup(a_turned_bit_is_taken_back, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
