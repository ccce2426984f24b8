/* SPDX-License-Identifier: Apache-2.0 */
/* When silence is death. Time is in units of 1 here; a look each 10. */
/* TEST-SOURCES: kernel/node/suspicion.c */
#include "node/suspicion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "abi/published.h"

#define LOOK 10

static const struct suspicion_limits limits = {
    .suspect = 15, .idle = 45, .grace = 40, .silence = 100, .start = 300};

static struct suspicion suspicion;
static struct suspicion_view view;

static int reset(void **state)
{
    suspicion = (struct suspicion){0};
    view = (struct suspicion_view){.state = NODE_RUNNING, .incarnation = 1, .beat = 1};
    return suspicion_look(&suspicion, &view, LOOK, &limits) != SUSPICION_NONE;
}

static enum suspicion_act look(void)
{
    return suspicion_look(&suspicion, &view, LOOK, &limits);
}

/* Looks until something else than waiting is to be done; how many looks it took. */
static unsigned wait_for(enum suspicion_act wanted)
{
    for (unsigned looks = 1; looks < 1000; looks++) {
        enum suspicion_act act = look();

        if (act == wanted)
            return looks;
        assert_true(act == SUSPICION_NONE || act == SUSPICION_WAIT);
    }
    fail();
    return 0;
}

static void a_beat_is_life(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        view.beat++;
        assert_int_equal(look(), SUSPICION_NONE);
    }
}

static void one_late_look_is_nothing(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        view.beat += i % 2;
        assert_int_equal(look(), SUSPICION_NONE);
    }
}

static void a_hang_answers_twice(void **state)
{
    assert_int_equal(wait_for(SUSPICION_ASK), 2);
    view.answers++;
    assert_int_equal(wait_for(SUSPICION_ASK), 3);
    view.answers++;
    assert_int_equal(wait_for(SUSPICION_HANG), 3);
    for (unsigned i = 0; i < 100; i++) /* others may have to agree first */
        assert_int_equal(look(), SUSPICION_HANG);
    view.beat++;
    assert_int_equal(look(), SUSPICION_NONE);
}

static void a_silent_core_is_given_time(void **state)
{
    assert_int_equal(wait_for(SUSPICION_ASK), 2);
    assert_int_equal(wait_for(SUSPICION_SILENCE), 8);
}

/* A halted core beats only when it looks itself. */
static void a_halted_core_is_asked_later(void **state)
{
    view.sleeping = 1;
    assert_int_equal(wait_for(SUSPICION_ASK), 5);
    view.answers++;
    view.sleeping = 0;
    view.beat++;
    assert_int_equal(look(), SUSPICION_NONE);
    assert_int_equal(wait_for(SUSPICION_ASK), 2);
}

/* It was away, answers when it is back, and then beats: no verdict at any time. */
static void a_slow_core_lives(void **state)
{
    for (unsigned away = 2; away < 9; away++) {
        reset(state);
        for (unsigned i = 0; i < away; i++)
            assert_true(look() <= SUSPICION_ASK);
        view.answers++;
        assert_true(look() <= SUSPICION_ASK);
        view.beat++;
        assert_int_equal(look(), SUSPICION_NONE);
    }
}

/* It answers once and is away again: silence is counted from the answer. */
static void an_answer_begins_the_silence_anew(void **state)
{
    wait_for(SUSPICION_ASK);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(look(), SUSPICION_WAIT);
    view.answers++;
    wait_for(SUSPICION_ASK);
    assert_int_equal(wait_for(SUSPICION_SILENCE), 8);
}

/* Probes of other watchers are answers, too, but never without a question of ours. */
static void answers_to_others(void **state)
{
    view.answers = 17;
    assert_int_equal(look(), SUSPICION_NONE);
    assert_int_equal(look(), SUSPICION_ASK);
    view.answers += 5;
    assert_int_equal(look(), SUSPICION_WAIT);
    assert_int_equal(suspicion.answers, 1);
}

static void a_new_life_is_not_the_old_one(void **state)
{
    wait_for(SUSPICION_ASK);
    view.incarnation++;
    assert_int_equal(look(), SUSPICION_NONE);
    assert_int_equal(suspicion.silent, 0);
}

/* Also a core that stops in its first stores, and one whose state is no word at all. */
static void a_start_takes_its_time(void **state)
{
    const uint32_t states[] = {NODE_KERNEL, NODE_STARTING, 77};

    for (unsigned i = 0; i < sizeof(states) / sizeof(*states); i++) {
        view.state = states[i];
        look();
        assert_int_equal(wait_for(SUSPICION_NO_START), 30);
    }
}

/* Its kernel goes on, and guards. */
static void a_stopped_node_is_watched(void **state)
{
    view.state = NODE_STOPPED;
    view.sleeping = 1;
    look();
    assert_int_equal(wait_for(SUSPICION_ASK), 5);
    assert_int_equal(wait_for(SUSPICION_SILENCE), 5);
}

static void others_are_not_watched(void **state)
{
    const uint32_t states[] = {NODE_ABSENT, NODE_DEAD};

    for (unsigned i = 0; i < sizeof(states) / sizeof(*states); i++) {
        view.state = states[i];
        for (unsigned n = 0; n < 100; n++)
            assert_int_equal(look(), SUSPICION_NONE);
    }
}

/* Whatever happens: a verdict only after the silence that it needs, and a beat ends it. */
static void anything(void **state)
{
    srand(7);
    for (unsigned round = 0; round < 2000; round++) {
        uint64_t silent = 0;

        reset(state);
        for (unsigned i = 0; i < 60; i++) {
            unsigned chance = (unsigned)rand() % 16;
            uint64_t passed = 1 + (uint64_t)rand() % LOOK;

            if (chance == 0)
                view.beat++;
            view.answers += chance > 10;
            silent = chance == 0 ? 0 : silent + passed;
            enum suspicion_act act = suspicion_look(&suspicion, &view, passed, &limits);

            assert_true(act != SUSPICION_HANG || silent >= limits.suspect + limits.grace);
            assert_true(act != SUSPICION_SILENCE || silent >= limits.silence);
            assert_true(act == SUSPICION_NONE || silent >= limits.suspect);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_beat_is_life, reset),
        cmocka_unit_test_setup(one_late_look_is_nothing, reset),
        cmocka_unit_test_setup(a_hang_answers_twice, reset),
        cmocka_unit_test_setup(a_silent_core_is_given_time, reset),
        cmocka_unit_test_setup(a_halted_core_is_asked_later, reset),
        cmocka_unit_test_setup(a_slow_core_lives, reset),
        cmocka_unit_test_setup(an_answer_begins_the_silence_anew, reset),
        cmocka_unit_test_setup(answers_to_others, reset),
        cmocka_unit_test_setup(a_new_life_is_not_the_old_one, reset),
        cmocka_unit_test_setup(a_start_takes_its_time, reset),
        cmocka_unit_test_setup(a_stopped_node_is_watched, reset),
        cmocka_unit_test_setup(others_are_not_watched, reset),
        cmocka_unit_test_setup(anything, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
