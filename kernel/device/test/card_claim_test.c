/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/device/card_claim.c */
/* Who is believed to drive the card: owners that die and are followed by who fenced them, nodes
 * that say it and were not chosen, and one that has slept through it all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/card_claim.h"

#define NODES  4
#define SECOND 1000000000UL
static struct {
    bool says;
    uint32_t life, fenced[NODES];
} pages[NODES];
static struct card_known known;
static nanoseconds now;

static struct card_claim read(uint32_t node, uint32_t owner)
{
    return (struct card_claim){.is_made = pages[node].says,
                               .life = pages[node].life,
                               .ended = owner < NODES ? pages[node].fenced[owner] : 0};
}

static uint32_t owner(void)
{
    card_claim_look(&known, NODES, now, read);
    return known.over ? CARD_NOBODY : known.node;
}

static int begin(void **state)
{
    memset(pages, 0, sizeof(pages));
    for (unsigned node = 0; node < NODES; node++)
        pages[node].life = 1;
    known = (struct card_known){.node = CARD_NOBODY};
    now = SECOND;
    return 0;
}

/* As a guardian does it: the fence, then the card. */
static void taken(uint32_t from, uint32_t by)
{
    pages[by].fenced[from] = pages[from].life;
    pages[from].says = false;
    pages[by].says = true;
}

static void guardians_follow(void **state)
{
    assert_int_equal(owner(), CARD_NOBODY);
    pages[0].says = true;
    assert_int_equal(owner(), 0);
    taken(0, 1);
    assert_int_equal(owner(), 1);
    pages[0].life = 2; /* comes back, an ordinary node */
    assert_int_equal(owner(), 1);
    taken(1, 2);
    assert_int_equal(owner(), 2);
    taken(2, 0);
    assert_int_equal(owner(), 0);
    assert_int_equal(known.life, 2);
}

static void others_are_not_believed(void **state)
{
    pages[2].says = true;
    assert_int_equal(owner(), 2);
    pages[0].says = pages[3].says = true; /* while the owner lives */
    assert_int_equal(owner(), 2);
    pages[2].says = false; /* it is dead, and its guardian at work */
    assert_int_equal(owner(), CARD_NOBODY);
    now += 5 * SECOND;
    assert_int_equal(owner(), CARD_NOBODY);
    taken(2, 1);
    assert_int_equal(owner(), 1);
    now += 60 * SECOND;
    assert_int_equal(owner(), 1);
}

/* A fence of an earlier life says nothing of this one. */
static void an_old_fence_is_not_enough(void **state)
{
    pages[3].fenced[1] = 4;
    pages[1].life = 5;
    pages[1].says = true;
    assert_int_equal(owner(), 1);
    pages[3].says = true;
    assert_int_equal(owner(), 1);
    pages[1].says = false;
    assert_int_equal(owner(), CARD_NOBODY);
}

/* The owner begins its card anew. */
static void a_pause_is_no_end(void **state)
{
    pages[0].says = true;
    assert_int_equal(owner(), 0);
    pages[0].says = false;
    assert_int_equal(owner(), CARD_NOBODY);
    pages[0].says = true;
    assert_int_equal(owner(), 0);
}

static void who_slept_believes_in_the_end(void **state)
{
    pages[0].says = true;
    assert_int_equal(owner(), 0);
    taken(0, 1);
    pages[0].life = 2;
    taken(1, 2); /* 2 has never fenced 0 */
    assert_int_equal(owner(), CARD_NOBODY);
    now += 9 * SECOND;
    assert_int_equal(owner(), CARD_NOBODY);
    now += 2 * SECOND;
    assert_int_equal(owner(), 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(guardians_follow, begin),
        cmocka_unit_test_setup(others_are_not_believed, begin),
        cmocka_unit_test_setup(an_old_fence_is_not_enough, begin),
        cmocka_unit_test_setup(a_pause_is_no_end, begin),
        cmocka_unit_test_setup(who_slept_believes_in_the_end, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
