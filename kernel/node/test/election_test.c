/* SPDX-License-Identifier: Apache-2.0 */
/* Who is alone, whose turn it is, how long to wait. test/models/guardian.pml checks the same rule
 * of claims in every order of steps; here it is the real code in random orders, up to 64 nodes. */
/* TEST-SOURCES: kernel/node/election.c */
#include "node/election.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "abi/published.h"

/* A node of the play: reads all claims one after another, decides, publishes. */
struct player {
    struct claim claim;
    uint32_t read_to;
    uint64_t claims;
    unsigned inside; /* steps that it stays */
};

static struct player players[64];
static bool bits[64];
static unsigned wins;

static void player_step(uint32_t self, uint32_t count, uint64_t dead)
{
    struct player *player = &players[self];

    if (player->claim.phase == CLAIM_WON) {
        if (--player->inside > 0)
            return;
        player->claim = (struct claim){.phase = CLAIM_IDLE};
        bits[self] = false;
        return;
    }
    if (player->read_to < count) {
        player->claims |= (uint64_t)bits[player->read_to] << player->read_to;
        player->read_to++;
        return;
    }
    claim_look(&player->claim, self, player->claims, dead);
    bits[self] = player->claim.bit;
    player->read_to = 0;
    player->claims = 0;
    if (player->claim.phase == CLAIM_WON) {
        for (uint32_t i = 0; i < count; i++)
            assert_true(i == self || players[i].claim.phase != CLAIM_WON || dead >> i & 1);
        player->inside = 1 + (unsigned)rand() % 50;
        wins++;
    }
}

static void play(uint32_t count, uint64_t dead, unsigned steps)
{
    for (uint32_t i = 0; i < 64; i++) {
        players[i] = (struct player){.claim = {.phase = CLAIM_IDLE}};
        bits[i] = dead >> i & 1; /* the dead left theirs set */
    }
    wins = 0;
    for (unsigned step = 0; step < steps; step++) {
        uint32_t who = (uint32_t)rand() % count;

        if (!(dead >> who & 1))
            player_step(who, count, dead);
    }
    assert_true(wins > 0 || steps == 0);
}

static void only_one_wins(void **state)
{
    srand(11);
    for (uint32_t count = 1; count <= 5; count++)
        play(count, 0, 200000);
    play(64, 0, 500000);
}

static void the_dead_hold_nothing(void **state)
{
    srand(12);
    play(4, 0x5, 100000);
    play(64, 0xfffffffffffffff0UL, 100000);
}

/* Verdicts come and are withdrawn, differently for each, and who is taken for dead goes on. The
 * winner stops those whose claims he passed over and who are still in them, and only then works:
 * nobody else does at that time. */
static void slow_step(uint32_t self, uint32_t count, uint64_t doubts)
{
    struct player *player = &players[self];
    bool fresh = player->claim.phase != CLAIM_WON;

    if (fresh && player->read_to < count) {
        player->claims |= (uint64_t)bits[player->read_to] << player->read_to;
        player->read_to++;
        return;
    }
    if (!fresh) {
        bits[self] = --player->inside > 0;
        if (!bits[self])
            *player = (struct player){.claim = {.phase = CLAIM_IDLE}};
        return;
    }
    claim_look(&player->claim, self, player->claims, doubts & ~(1UL << self));
    bits[self] = player->claim.bit;
    player->read_to = 0;
    player->claims = 0;
    if (player->claim.phase != CLAIM_WON)
        return;
    for (uint32_t i = 0; i < count; i++) {
        if (!(player->claim.passed >> i & 1) || !bits[i])
            continue;
        players[i] = (struct player){.claim = {.phase = CLAIM_IDLE}};
        bits[i] = false;
    }
    for (uint32_t i = 0; i < count; i++)
        assert_true(i == self || players[i].claim.phase != CLAIM_WON);
    player->inside = 1 + (unsigned)rand() % 50;
    wins++;
}

static void the_slow_are_stopped(void **state)
{
    srand(14);
    for (uint32_t count = 2; count <= 6; count++) {
        uint64_t doubts = 0;

        play(count, 0, 0);
        for (unsigned step = 0; step < 300000; step++) {
            if (rand() % 64 == 0)
                doubts = (uint64_t)rand() & (uint64_t)rand() & ((1UL << count) - 1);
            slow_step((uint32_t)rand() % count, count, doubts);
        }
        assert_true(wins > 1000);
    }
}

/* Node 2 has won and does nothing any more; nodes 1 and 3 want to, and somebody else's work gives
 * them patience. */
static void a_claim_does_not_last_for_ever(void **state)
{
    struct claim asks = {.phase = CLAIM_ASKING, .bit = true}, yields = {.phase = CLAIM_YIELDING};
    uint64_t look = 5000000, looks = CLAIM_STUCK / look;

    for (uint64_t i = 0; i < 3 * looks; i++)
        assert_int_equal(claim_stuck(&asks, 1, 0x6, i / (looks - 1), look), 0);
    asks.still = 0;
    for (uint64_t i = 1; i < looks; i++)
        assert_int_equal(claim_stuck(&asks, 1, 0x6, asks.picture, look), 0);
    assert_int_equal(claim_stuck(&asks, 1, 0x6, asks.picture, look), 0x4);
    /* Node 1 waits rightly: node 3 leaves it the time to do what is to be done. */
    for (uint64_t i = 1; i < 2 * looks; i++)
        assert_int_equal(claim_stuck(&yields, 3, 0x6, 0, look), 0);
    assert_int_equal(claim_stuck(&yields, 3, 0x6, 0, look), 0x6);
    /* Who stood still himself has not waited. */
    asks.still = 0;
    asks.stuck = 0;
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(claim_stuck(&asks, 1, 0x6, asks.picture, CLAIM_STUCK), 0);
}

static void the_next_in_the_ring(void **state)
{
    assert_int_equal(turn_rank(1, 2, 4, 0xd), 0);
    assert_int_equal(turn_rank(1, 3, 4, 0xd), 1);
    assert_int_equal(turn_rank(1, 0, 4, 0xd), 2);
    assert_int_equal(turn_rank(3, 0, 4, 0x7), 0);
    assert_int_equal(turn_rank(1, 0, 4, 0x1), 0); /* 2 and 3 are dead, too */
    assert_int_equal(turn_rank(63, 0, 64, 1), 0);
    assert_int_equal(turn_rank(0, 63, 64, ~0UL), 62);
}

/* Of those who are able exactly one has rank 0, and all ranks differ. */
static void ranks_differ(void **state)
{
    srand(13);
    for (unsigned round = 0; round < 1000; round++) {
        uint32_t count = 2 + (uint32_t)rand() % 63, node = (uint32_t)rand() % count;
        uint64_t able = ((uint64_t)rand() << 33 | (uint64_t)rand()) & ~(1UL << node), seen = 0;

        for (uint32_t self = 0; self < count; self++) {
            if (!(able >> self & 1))
                continue;
            uint64_t bit = 1UL << turn_rank(node, self, count, able);

            assert_false(seen & bit);
            seen |= bit;
        }
        assert_true(seen == 0 || seen & 1);
        assert_int_equal(seen & (seen + 1), 0);
    }
}

static void back_off_grows(void **state)
{
    const uint64_t wanted[] = {0, 0, 0, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};

    for (unsigned deaths = 0; deaths < 11; deaths++)
        assert_int_equal(back_off_ms(deaths, 1000), wanted[deaths]);
    assert_int_equal(back_off_ms(1000000, 1000), 30000);
}

static void words_are_of_one_life(void **state)
{
    const uint32_t words[] = {deaths_word(7, 3), deaths_word(6, 9), deaths_word(8, 4)};

    assert_int_equal(deaths_read(7, 0, words, 3), 3);
    assert_int_equal(deaths_read(8, deaths_word(7, 0), words, 3), 4);
    assert_int_equal(deaths_read(8, deaths_word(8, 0), words, 3), 0); /* it has lived long enough */
    assert_int_equal(deaths_read(9, 0, words, 3), 0);
    assert_int_equal(deaths_read(1, deaths_word(1, 999), words, 3), 255);
}

/* What one turned bit, or a wild write, makes of a page's words. */
static void damaged_words_say_nothing(void **state)
{
    for (uint32_t value = 0; value < 1000; value++) {
        assert_int_equal(word_unsealed(word_sealed(value)), value);
        for (unsigned bit = 0; bit < 64; bit++)
            assert_int_equal(word_unsealed(word_sealed(value) ^ 1UL << bit), 0);
    }
    assert_int_equal(word_unsealed(0), 0);
    assert_int_equal(word_unsealed(1), 0); /* as "fenced in life 1" was before */
    assert_int_equal(life_later(7, 7), 7);
    assert_int_equal(life_later(7, 9), 9);
    assert_int_equal(life_later(7, 6), 7);
    assert_int_equal(life_later(7, 0), 7);
    for (unsigned bit = 0; bit < 32; bit++)
        assert_true(life_later(7, 7U ^ 1U << bit) >= 7);
    assert_int_equal(life_later(7, UINT32_MAX), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_wins),
        cmocka_unit_test(the_dead_hold_nothing),
        cmocka_unit_test(the_next_in_the_ring),
        cmocka_unit_test(ranks_differ),
        cmocka_unit_test(back_off_grows),
        cmocka_unit_test(words_are_of_one_life),
        cmocka_unit_test(damaged_words_say_nothing),
        cmocka_unit_test(the_slow_are_stopped),
        cmocka_unit_test(a_claim_does_not_last_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
