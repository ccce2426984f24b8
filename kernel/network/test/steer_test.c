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
static uint64_t key[STEER_KEY] = {0x9e3779b97f4a7c15, 0xd6e8feb86659fd93, 0xa0761d6478bd642f,
                                  0xe7037ed1a0b428db, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb};

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
        assert_int_equal(steer_read(key, frame, size, &segment), STEER_TCP);
        assert_memory_equal(segment.from, frame + 26, 4);
        assert_memory_equal(segment.to, frame + 30, 4);
        assert_false(segment.is_six);
        assert_int_equal(segment.from_port, 0x1234);
        assert_int_equal(segment.to_port, 80);
        assert_int_equal(segment.number, 1);
        assert_int_equal(segment.acknowledged, 0x01020304);
        assert_true(segment.begins);
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(steer_read(key, frame, cut, &other), STEER_OTHER);
    }
    segment_make(0, 0x12);
    assert_int_equal(steer_read(key, frame, 54, &other), STEER_TCP);
    assert_false(other.begins);
    assert_int_equal(other.hash, segment.hash); /* all of a connection have the same */
    segment_make(0, 0x10);
    frame[20] |= 0x20;
    assert_int_equal(steer_read(key, frame, 54, &other), STEER_PIECE);
    frame[20] = 0;
    frame[21] = 1;
    assert_int_equal(steer_read(key, frame, 54, &other), STEER_PIECE);
    frame[21] = 0;
    frame[14] = 0x44;
    assert_int_equal(steer_read(key, frame, 54, &other), STEER_OTHER);
    frame[14] = 0x65;
    assert_int_equal(steer_read(key, frame, 54, &other), STEER_OTHER);
    frame[14] = 0x45;
    frame[23] = 17; /* UDP: ports are all that counts */
    assert_int_equal(steer_read(key, frame, 42, &other), STEER_UDP);
    assert_int_equal(other.to_port, 80);
    assert_int_equal(other.hash, segment.hash);
    assert_int_equal(steer_read(key, frame, 41, &other), STEER_OTHER);
    frame[21] = 1;
    assert_int_equal(steer_read(key, frame, 54, &other), STEER_PIECE);
    frame[21] = 0;
    frame[23] = 1; /* an echo, in pieces too, is the owner's */
    assert_int_equal(steer_read(key, frame, 54, &other), STEER_OTHER);
    frame[13] = 6;
    assert_int_equal(steer_read(key, frame, 54, &other), STEER_OTHER);
}

static void six_make(uint8_t next, uint8_t flags)
{
    static const uint8_t tcp[] = {0x12, 0x34, 0, 80, 0, 0, 0, 1, 1, 2, 3, 4, 0x50};

    memset(frame, 0, sizeof(frame));
    memcpy(frame + 12, (const uint8_t[]){0x86, 0xdd, 0x60}, 3);
    frame[20] = next;
    for (uint8_t i = 0; i < 32; i++)
        frame[22 + i] = i;
    memcpy(frame + 54, tcp, sizeof(tcp));
    frame[67] = flags;
}

static void segments_of_six_are_read(void **state)
{
    struct segment segment, other;

    six_make(6, 2);
    assert_int_equal(steer_read(key, frame, 74, &segment), STEER_TCP);
    assert_true(segment.is_six && segment.begins);
    assert_memory_equal(segment.from, frame + 22, 16);
    assert_memory_equal(segment.to, frame + 38, 16);
    assert_int_equal(segment.from_port, 0x1234);
    assert_int_equal(segment.acknowledged, 0x01020304);
    for (size_t cut = 0; cut < 74; cut++)
        assert_int_equal(steer_read(key, frame, cut, &other), STEER_OTHER);
    for (unsigned i = 22; i < 38; i++) { /* each byte of the sender's address counts */
        frame[i] ^= 0x80;
        assert_int_equal(steer_read(key, frame, 74, &other), STEER_TCP);
        assert_int_not_equal(other.hash, segment.hash);
        frame[i] ^= 0x80;
    }
    frame[20] = 17;
    assert_int_equal(steer_read(key, frame, 62, &other), STEER_UDP);
    frame[20] = 44;
    assert_int_equal(steer_read(key, frame, 74, &other), STEER_PIECE);
    frame[20] = 58;
    assert_int_equal(steer_read(key, frame, 74, &other), STEER_OTHER);
    frame[14] = 0x45;
    assert_int_equal(steer_read(key, frame, 74, &other), STEER_OTHER);
}

/* Folded, the sum of a right packet and its pseudo header is all ones. */
static uint16_t sum_of(const uint8_t *packet, size_t size)
{
    uint32_t sum = 58 + (uint32_t)(size - 54);

    for (size_t i = 22; i < size; i += 2)
        sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static void neighbours_are_answered(void **state)
{
    struct steer_shared shared = {.has_six = true, .six = {0xfe, 0xc0, [15] = 0x64}};
    static const uint8_t asker[] = {0x52, 0x55, 10, 0, 2, 2}, nobody[16];
    uint8_t answer[STEER_ANSWER_MAX];

    memcpy(shared.hardware, ours, ADDRESS_SIZE);
    six_make(58, 0);
    memcpy(frame + 6, asker, sizeof(asker));
    frame[21] = 255;
    memset(frame + 54, 0, sizeof(frame) - 54);
    frame[54] = 135;
    memcpy(frame + 62, shared.six, 16);
    assert_int_equal(steer_answers(frame, 86, &shared, answer), 86);
    assert_memory_equal(answer, asker, 6);
    assert_memory_equal(answer + 6, ours, 6);
    assert_memory_equal(answer + 22, shared.six, 16);
    assert_memory_equal(answer + 38, frame + 22, 16);
    assert_int_equal(answer[54], 136);
    assert_int_equal(answer[58], 0x60);
    assert_memory_equal(answer + 62, shared.six, 16);
    assert_memory_equal(answer + 80, ours, 6);
    assert_int_equal(sum_of(answer, 86), 0xffff);
    assert_int_equal(steer_answers(frame, 77, &shared, answer), 0);
    memcpy(frame + 22, nobody, 16); /* it would take the address */
    assert_int_equal(steer_answers(frame, 78, &shared, answer), 86);
    assert_int_equal(answer[0], 0x33);
    assert_int_equal(answer[53], 1);
    assert_int_equal(answer[58], 0x20);
    assert_int_equal(sum_of(answer, 86), 0xffff);
    frame[77]++;
    assert_int_equal(steer_answers(frame, 86, &shared, answer), 0);
    frame[77]--;
    frame[21] = 64; /* it came over a router */
    assert_int_equal(steer_answers(frame, 86, &shared, answer), 0);
    frame[21] = 255;
    shared.has_six = false;
    assert_int_equal(steer_answers(frame, 86, &shared, answer), 0);
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
    uint8_t answer[STEER_ANSWER_MAX];
    struct steer_shared shared = {.has_six = false}, other;

    memcpy(shared.hardware, ours, ADDRESS_SIZE);
    other = shared;
    memcpy(&shared.four, (const uint8_t[]){10, 0, 2, 100}, 4);
    memcpy(&other.four, (const uint8_t[]){10, 0, 2, 15}, 4);
    assert_int_equal(steer_answers(question, 42, &shared, answer), ARP_FRAME);
    assert_memory_equal(answer, right, sizeof(right));
    assert_int_equal(steer_answers(question, 41, &shared, answer), 0);
    assert_int_equal(steer_answers(question, 42, &other, answer), 0);
    question[21] = 2; /* an answer of somebody */
    assert_int_equal(steer_answers(question, 42, &shared, answer), 0);
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
    assert_int_equal(steer_read(key, frame, 54, &segment), STEER_TCP);
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

/* Whoever finds ports that lead to node 0 of one machine has found nothing out about another. */
static void nobody_chooses_a_node(void **state)
{
    static uint32_t chosen[1000];
    unsigned count = 0, of[8] = {0};

    for (uint32_t i = 0; count < COUNT_OF(chosen); i++) {
        if (steer_next(hash_of(i), 0xff, ~0UL) == 0)
            chosen[count++] = i;
    }
    for (unsigned i = 0; i < STEER_KEY; i++)
        key[i] = key[i] * 0xd1342543de82ef95 + 1;
    for (unsigned i = 0; i < count; i++)
        of[steer_next(hash_of(chosen[i]), 0xff, ~0UL)]++;
    for (unsigned node = 0; node < 8; node++)
        assert_in_range(of[node], 80, 170);
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
        cmocka_unit_test(segments_are_read),       cmocka_unit_test(segments_of_six_are_read),
        cmocka_unit_test(neighbours_are_answered), cmocka_unit_test(questions_are_answered),
        cmocka_unit_test(all_get_their_share),     cmocka_unit_test(nobody_chooses_a_node),
        cmocka_unit_test(only_the_lost_ones_move), cmocka_unit_test(segments_find_their_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
