/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/steer.c kernel/network/switch.c */
/*
 * What is read of frames, and a machine in small: nodes that die, come back, listen and stop to,
 * and an owner that changes, each with a late view of who listens. Whatever happens, a segment
 * comes to the node that has its connection, and nobody is asked twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/steer.h"

/* ---- frames ---- */

static const uint8_t ours[ADDRESS_SIZE] = {2, 0, 0x12, 0x34, 0x56, 0xff};
static uint8_t frame[STEER_HEAD_MAX];

static void segment_make(unsigned options, uint8_t flags)
{
    static const uint8_t ip[] = {0x08, 0x00, 0x45, 0,  0, 40, 0, 0,  0x40, 0, 64,
                                 6,    0,    0,    10, 0, 2,  2, 10, 0,    2, 100};
    static const uint8_t tcp[] = {0x12, 0x34, 0, 80, 0, 0, 0, 1, 1, 2, 3, 4, 0x50};
    size_t at = 34 + 4 * options;

    memset(frame, 0, sizeof(frame));
    memcpy(frame + 12, ip, sizeof(ip));
    frame[14] = (uint8_t)(0x45 + options);
    memcpy(frame + at, tcp, sizeof(tcp));
    frame[at + 13] = flags;
}

static void segments_are_read(void **state)
{
    struct segment segment, other;

    for (unsigned options = 0; options <= 10; options++) {
        size_t size = 54 + 4 * options;

        segment_make(options, 2);
        assert_int_equal(steer_read(frame, size, &segment), STEER_TCP);
        assert_memory_equal(&segment.from, frame + 26, 4);
        assert_memory_equal(&segment.to, frame + 30, 4);
        assert_int_equal(segment.from_port, 0x1234);
        assert_int_equal(segment.to_port, 80);
        assert_int_equal(segment.number, 1);
        assert_int_equal(segment.acknowledged, 0x01020304);
        assert_true(segment.begins);
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(steer_read(frame, cut, &other), STEER_OTHER);
    }
    segment_make(0, 0x12);
    assert_int_equal(steer_read(frame, 54, &other), STEER_TCP);
    assert_false(other.begins);
    assert_int_equal(other.hash, segment.hash); /* all of a connection have the same */
    segment_make(0, 0x10);
    frame[20] |= 0x20;
    assert_int_equal(steer_read(frame, 54, &other), STEER_PIECE);
    frame[20] = 0;
    frame[21] = 1;
    assert_int_equal(steer_read(frame, 54, &other), STEER_PIECE);
    frame[21] = 0;
    frame[14] = 0x44;
    assert_int_equal(steer_read(frame, 54, &other), STEER_OTHER);
    frame[14] = 0x65;
    assert_int_equal(steer_read(frame, 54, &other), STEER_OTHER);
    frame[14] = 0x45;
    frame[23] = 17;
    assert_int_equal(steer_read(frame, 54, &other), STEER_OTHER);
    frame[13] = 6;
    assert_int_equal(steer_read(frame, 54, &other), STEER_OTHER);
}

static void questions_are_answered(void **state)
{
    uint8_t question[ARP_FRAME] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x55, 10, 0, 2, 2, 8, 6, 0, 1, 8, 0,  6, 4, 0,
        1,    0x52, 0x55, 10,   0,    2,    2,    10,   0,  2, 2, 0, 0, 0, 0, 0, 0, 10, 0, 2, 100};
    static const uint8_t right[42] = {0x52, 0x55, 10,   0,    2,    2,    2,  0, 0x12, 0x34, 0x56,
                                      0xff, 8,    6,    0,    1,    8,    0,  6, 4,    0,    2,
                                      2,    0,    0x12, 0x34, 0x56, 0xff, 10, 0, 2,    100,  0x52,
                                      0x55, 10,   0,    2,    2,    10,   0,  2, 2};
    uint8_t answer[ARP_FRAME];
    uint32_t shared, other;

    memcpy(&shared, (const uint8_t[]){10, 0, 2, 100}, 4);
    memcpy(&other, (const uint8_t[]){10, 0, 2, 15}, 4);
    assert_true(steer_answers(question, 42, shared, ours, answer));
    assert_memory_equal(answer, right, sizeof(right));
    assert_false(steer_answers(question, 41, shared, ours, answer));
    assert_false(steer_answers(question, 42, other, ours, answer));
    question[21] = 2; /* an answer of somebody */
    assert_false(steer_answers(question, 42, shared, ours, answer));
}

/* ---- the order ---- */

static unsigned bits(uint64_t set)
{
    return (unsigned)__builtin_popcountl(set);
}

static uint32_t hash_of(uint32_t i)
{
    struct segment segment;

    segment_make(0, 2);
    frame[34] = (uint8_t)(i >> 8);
    frame[35] = (uint8_t)i;
    frame[27] = (uint8_t)(i >> 16);
    assert_int_equal(steer_read(frame, 54, &segment), STEER_TCP);
    return segment.hash;
}

static void all_get_their_share(void **state)
{
    for (unsigned count = 1; count <= 16; count++) {
        unsigned of[16] = {0};

        for (uint32_t i = 0; i < 16000; i++)
            of[steer_next(hash_of(i), (1UL << count) - 1, ~0UL)]++;
        for (unsigned node = 0; node < count; node++) {
            assert_in_range(of[node], 16000 / count * 85 / 100, 16000 / count * 115 / 100 + 1);
        }
    }
}

/* Without one node all others keep their order. */
static void only_the_lost_ones_move(void **state)
{
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t hash = hash_of(i), first = steer_next(hash, 0xff, ~0UL);

        for (uint32_t dead = 0; dead < 8; dead++) {
            uint32_t now = steer_next(hash, 0xff & ~(1UL << dead), ~0UL);

            assert_true(dead == first ? now != dead : now == first);
        }
    }
    assert_int_equal(steer_next(7, 0, ~0UL), STEER_NONE);
    assert_int_equal(steer_next(7, 1UL << 63, 0), 63);
    assert_int_equal(steer_next(7, 0xff, 1UL << 5 | 1UL << 9), 5); /* who listens comes first */
}

/* ---- a machine in small ---- */

#define NODES       8
#define CONNECTIONS 64
static uint64_t alive, listens;        /* the truth */
static uint64_t seen_listening[NODES]; /* as each node sees it; late */
static uint32_t owner, holder[CONNECTIONS];

static uint32_t chance(uint32_t below)
{
    return (uint32_t)rand() % below;
}

static bool has(uint32_t node, uint32_t connection, bool begins)
{
    return holder[connection] == node || (begins && listens >> node & 1);
}

/* As network/shared.c does it. Where the segment ends; each step asks one more node. */
static uint32_t steer(uint32_t connection, bool begins, unsigned *steps)
{
    uint64_t asked = 0;
    uint32_t at = owner;

    for (*steps = 0;; ++*steps) {
        uint64_t able = alive & ~asked;
        uint32_t next = steer_next(hash_of(connection), able, seen_listening[at]);

        assert_int_not_equal(next, STEER_NONE);
        assert_false(asked >> next & 1);
        at = next;
        asked |= 1UL << at;
        if (has(at, connection, begins) || !(alive & ~asked))
            return at;
    }
}

static void one_dies(void)
{
    uint32_t node = chance(NODES);

    if (bits(alive) == 1 || !(alive >> node & 1))
        return;
    alive &= ~(1UL << node);
    listens &= alive;
    for (unsigned i = 0; i < CONNECTIONS; i++)
        holder[i] = holder[i] == node ? STEER_NONE : holder[i];
    while (!(alive >> owner & 1))
        owner = (owner + 1) % NODES;
}

static void something_happens(void)
{
    uint32_t node = chance(NODES);

    switch (chance(5)) {
    case 0:
        one_dies();
        break;
    case 1: /* comes back, without its connections */
        alive |= 1UL << node;
        break;
    case 2: /* stops to listen; its connections go on */
        listens &= ~(1UL << node);
        break;
    case 3:
        listens |= alive & 1UL << node;
        break;
    default:
        seen_listening[node] = listens;
    }
}

static void segments_find_their_node(void **state)
{
    unsigned steps, moved = 0, direct = 0, refused = 0;

    srand(1);
    alive = listens = (1UL << NODES) - 1;
    for (unsigned i = 0; i < CONNECTIONS; i++)
        holder[i] = STEER_NONE;
    for (unsigned round = 0; round < 300000; round++) {
        uint32_t connection = chance(CONNECTIONS), at;

        if (chance(4) == 0)
            something_happens();
        if (holder[connection] != STEER_NONE) {
            at = steer(connection, false, &steps);
            assert_int_equal(at, holder[connection]);
            moved += steps > 0;
            direct += steps == 0;
            holder[connection] = chance(20) ? at : STEER_NONE;
            continue;
        }
        at = steer(connection, true, &steps);
        assert_true(steps < NODES);
        /* Refused only when nobody listens. */
        if (listens >> at & 1)
            holder[connection] = at;
        else
            assert_int_equal(listens, 0);
        refused += !(listens >> at & 1);
    }
    assert_true(moved > 1000 && direct > 1000 && refused > 10);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_read),        cmocka_unit_test(questions_are_answered),
        cmocka_unit_test(all_get_their_share),      cmocka_unit_test(only_the_lost_ones_move),
        cmocka_unit_test(segments_find_their_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
