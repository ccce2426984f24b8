/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two nodes ends whose channel does not come up. */
/* TEST-SOURCES: kernel/node/quarrel.c */
#include "node/quarrel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT 8

static void up_is_two_answers(void **state)
{
    struct channel_ends one = {.out_session = 11, .in_session = 22};
    struct channel_ends other = {.out_session = 22, .in_session = 11};

    assert_false(quarrel_is_between(&one, &other));
    assert_false(quarrel_is_between(&other, &one));
    one.in_session = 21;
    assert_true(quarrel_is_between(&one, &other));
    assert_true(quarrel_is_between(&other, &one));
}

static void closed_is_not_up(void **state)
{
    struct channel_ends one = {.out_session = CHANNEL_NO_SESSION, .in_session = 22};
    struct channel_ends other = {.out_session = 22, .in_session = CHANNEL_NO_SESSION};

    assert_true(quarrel_is_between(&one, &other));
    assert_true(quarrel_is_between(&other, &one));
}

static void alone_against_two_ends(void **state)
{
    struct quarrel_side one = {.node = 0, .quarrels = 2, .started_ns = 9};
    struct quarrel_side other = {.node = 1, .quarrels = 1, .started_ns = 1};

    assert_true(quarrel_ends(&one, &other));
    assert_false(quarrel_ends(&other, &one));
}

/* And if the older one was not to blame, the other one is the older one the next time. */
static void of_two_the_older_life_ends(void **state)
{
    struct quarrel_side one = {.node = 0, .quarrels = 1, .started_ns = 5};
    struct quarrel_side other = {.node = 1, .quarrels = 1, .started_ns = 7};

    assert_true(quarrel_ends(&one, &other));
    one.started_ns = 20;
    assert_false(quarrel_ends(&one, &other));
    assert_true(quarrel_ends(&other, &one));
}

/* Whatever the quarrels are: of each two exactly one ends, the same for both; and who quarrels with
 * several that quarrel with nobody else ends alone. */
static void random_machines(void **state)
{
    srand(5);
    for (unsigned round = 0; round < 20000; round++) {
        struct quarrel_side sides[COUNT] = {0};
        bool quarrels[COUNT][COUNT] = {{false}};
        unsigned bad = (unsigned)rand() % COUNT;
        bool many = round % 2;

        for (unsigned i = 0; i < COUNT; i++) {
            sides[i].node = i;
            sides[i].started_ns = (uint64_t)rand() % 4;
            for (unsigned j = 0; j < i; j++) {
                bool is = (many || i == bad || j == bad) && rand() % 2;
                quarrels[i][j] = quarrels[j][i] = is;
                sides[i].quarrels += is;
                sides[j].quarrels += is;
            }
        }
        for (unsigned i = 0; i < COUNT; i++) {
            for (unsigned j = 0; j < COUNT; j++) {
                if (!quarrels[i][j])
                    continue;
                assert_int_not_equal(quarrel_ends(&sides[i], &sides[j]),
                                     quarrel_ends(&sides[j], &sides[i]));
                if (!many && sides[bad].quarrels > 1)
                    assert_int_equal(quarrel_ends(&sides[i], &sides[j]), i == bad);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_is_two_answers),      cmocka_unit_test(closed_is_not_up),
        cmocka_unit_test(alone_against_two_ends), cmocka_unit_test(of_two_the_older_life_ends),
        cmocka_unit_test(random_machines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
