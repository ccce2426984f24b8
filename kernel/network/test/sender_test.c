/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/sender.c kernel/network/switch.c */
/* Frames that a node may send, and each of their lies; every frame cut anywhere is none, and not
 * read beyond its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network/sender.h"

static const uint8_t card[ADDRESS_SIZE] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static struct sender node = {.hardware = {2, 0, 0x12, 0x34, 0x56, 1}};
static const struct sender_sixes none;
static uint8_t frame[128];
static size_t size;

/* The low half of an address of node 1: 0x00 is 2 ^ 2. */
static const uint8_t low[8] = {0, 0, 0x12, 0xff, 0xfe, 0x34, 0x56, 1};

static bool is_true(void)
{
    uint8_t *copy = malloc(size); /* as long as it is: ASan sees the end */

    memcpy(copy, frame, size);
    bool result = sender_is_true(&node, copy, size);

    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut ? cut : 1);

        memcpy(part, frame, cut);
        (void)sender_is_true(&node, part, cut);
        (void)sender_says(part, cut);
        (void)sender_says_node(card, 4, &none, part, cut);
        free(part);
    }
    free(copy);
    return result;
}

static void begin(uint16_t type, size_t whole)
{
    memset(frame, 0, sizeof(frame));
    memset(frame, 0xff, ADDRESS_SIZE);
    memcpy(frame + 6, node.hardware, ADDRESS_SIZE);
    frame[12] = (uint8_t)(type >> 8);
    frame[13] = (uint8_t)type;
    size = whole;
}

static void arp(uint8_t last)
{
    static const uint8_t kinds[] = {0, 1, 8, 0, 6, 4, 0, 2};
    const uint8_t address[] = {10, 0, 2, last};

    begin(0x0806, 42);
    memcpy(frame + 14, kinds, sizeof(kinds));
    memcpy(frame + 22, node.hardware, ADDRESS_SIZE);
    memcpy(frame + 28, address, 4);
}

static void v4(uint8_t last, uint8_t protocol, uint16_t port)
{
    const uint8_t address[] = {10, 0, 2, last};

    begin(0x0800, 64);
    frame[14] = 0x45;
    frame[23] = protocol;
    memcpy(frame + 26, address, 4);
    frame[34] = (uint8_t)(port >> 8);
    frame[35] = (uint8_t)port;
}

static void v6(uint8_t next)
{
    begin(0x86dd, 94);
    frame[14] = 0x60;
    frame[20] = next;
    frame[22] = 0xfe;
    frame[23] = 0x80;
    memcpy(frame + 30, low, sizeof(low));
}

/* A neighbour says where it is, with one option. */
static void neighbour(uint8_t type, uint8_t option)
{
    v6(58);
    size = 86;
    frame[54] = type;
    memcpy(frame + 62, frame + 22, 16);
    frame[78] = option;
    frame[79] = 1;
    memcpy(frame + 80, node.hardware, ADDRESS_SIZE);
}

/* Somebody who is no node says so of himself. */
static void stranger(uint8_t type)
{
    neighbour(type, 2);
    frame[19] = 32;
    frame[37] = frame[77] = 9;
}

static int setup(void **state)
{
    memcpy(&node.address, (const uint8_t[]){10, 0, 2, 16}, 4);
    node.shared = 0;
    node.shared_six = NULL;
    node.is_to_wire = false;
    return 0;
}

static void ethernet(void **state)
{
    v4(16, 6, 80);
    assert_true(is_true());
    frame[11] = 2; /* another node's */
    assert_false(is_true());
    v4(16, 6, 80);
    frame[12] = 0x81; /* a VLAN's: nodes send none */
    assert_false(is_true());
}

static void questions_and_answers(void **state)
{
    arp(16);
    assert_true(is_true());
    arp(0);
    memset(frame + 28, 0, 4); /* is it free? */
    assert_true(is_true());
    arp(15);
    assert_false(is_true());
    arp(16);
    frame[27] = 2;
    assert_false(is_true());
    arp(16);
    frame[18] = 8; /* longer addresses */
    assert_false(is_true());
    arp(16);
    size = 41;
    assert_false(is_true());
    node.address = 0;
    assert_false(is_true());
}

static void packets(void **state)
{
    v4(15, 6, 80);
    assert_false(is_true());
    v4(16, 17, 67); /* no node gives others addresses */
    assert_false(is_true());
    node.is_to_wire = true;
    assert_true(is_true());
    node.is_to_wire = false;
    frame[20] = 0x20; /* nor by a first piece */
    assert_false(is_true());
    frame[21] = 9; /* a later one has no ports, */
    assert_true(is_true());
    size = 35; /* and the last one may have a single byte */
    assert_true(is_true());
    v4(16, 17, 0);
    frame[14] = 0x46; /* behind options */
    frame[39] = 67;
    assert_false(is_true());
    v4(16, 6, 80);
    memset(frame + 26, 0, 4); /* DHCP, before there is one */
    assert_true(is_true());
    v4(100, 6, 80);
    assert_false(is_true());
    memcpy(&node.shared, frame + 26, 4);
    assert_true(is_true());
}

static void packets_of_six(void **state)
{
    static const uint8_t nexts[] = {6, 17};

    for (unsigned i = 0; i < sizeof(nexts); i++) {
        v6(nexts[i]);
        assert_true(is_true());
        frame[37] = 2; /* node 2's */
        assert_false(is_true());
        memset(frame + 22, 0, 16);
        assert_true(is_true());
    }
    v6(0); /* a report of groups behind its option */
    frame[54] = 58;
    frame[62] = 143;
    assert_true(is_true());
    frame[62] = 136;
    assert_false(is_true());
    v6(60);
    frame[54] = 58;
    assert_false(is_true());
    v6(44);
    frame[54] = 17;
    assert_true(is_true());
    frame[54] = 58;
    assert_false(is_true());
    node.is_to_wire = true;
    assert_true(is_true());
}

static void shared_of_six(void **state)
{
    static const uint8_t shared[16] = {0xfe, 0xc0, [15] = 100};

    v6(17);
    memcpy(frame + 22, shared, 16);
    assert_false(is_true());
    node.shared_six = shared;
    assert_true(is_true());
    frame[37]++;
    assert_false(is_true());
}

static void neighbours(void **state)
{
    neighbour(136, 2);
    assert_true(is_true());
    frame[77] = 2; /* that node 2 is here */
    assert_false(is_true());
    neighbour(136, 2);
    frame[85] = 2; /* that it is there */
    assert_false(is_true());
    neighbour(136, 2);
    frame[79] = 0; /* an option that does not end */
    assert_false(is_true());
    frame[79] = 2;
    assert_false(is_true());
    neighbour(135, 1);
    frame[77] = 2; /* it asks for node 2 */
    assert_true(is_true());
    frame[85] = 2;
    assert_false(is_true());
    neighbour(134, 1); /* a router */
    assert_false(is_true());
    node.is_to_wire = true;
    assert_false(is_true());
    neighbour(137, 2);
    assert_false(is_true());
    neighbour(133, 1);
    size = 62;
    assert_true(is_true());
    neighbour(128, 9);
    assert_true(is_true());
}

static void what_the_wire_says(void **state)
{
    uint32_t address;

    memcpy(&address, (const uint8_t[]){10, 0, 2, 16}, 4);
    arp(16);
    assert_true(sender_says(frame, size) == address);
    assert_true(sender_says(frame, 41) == 0);
    v4(16, 6, 80);
    assert_true(sender_says(frame, size) == 0);
    stranger(136);
    assert_false(sender_says_node(card, 2, &none, frame, size));
    frame[77] = 1; /* node 1 is where it is */
    assert_true(sender_says_node(card, 2, &none, frame, size));
    assert_false(sender_says_node(card, 1, &none, frame, size));
    frame[74] = 0xfd;
    assert_false(sender_says_node(card, 2, &none, frame, size));
    neighbour(135, 1);
    assert_false(sender_says_node(card, 1, &none, frame, size)); /* node 1 is none of them */
    assert_true(sender_says_node(card, 2, &none, frame, size));
    stranger(135);
    frame[77] = 1; /* it asks for node 1 */
    assert_false(sender_says_node(card, 2, &none, frame, size));
}

/* Nor what a boot option gives a node. */
static void nobody_has_the_shared_one(void **state)
{
    struct sender_sixes sixes = {.count = 2};
    uint8_t *shared = sixes.address[1];

    memset(sixes.address[0], 0x20, 16);
    for (unsigned type = 135; type <= 136; type++) {
        stranger((uint8_t)type);
        memcpy(shared, frame + 22, 16);
        assert_false(sender_says_node(card, 2, &none, frame, size));
        assert_true(sender_says_node(card, 2, &sixes, frame, size)); /* it comes from there */
        shared[0]++;
        memcpy(frame + 62, shared, 16);
        assert_int_equal(sender_says_node(card, 2, &sixes, frame, size), type == 136);
        assert_false(sender_says_node(card, 2, &none, frame, size));
    }
}

/* It is its own like those of its hardware address, and no other node's. */
static void an_option_gives_one(void **state)
{
    uint8_t six[16] = {0x20, 1, 0xd, 0xb8, [15] = 7};

    for (unsigned type = 135; type <= 136; type++) {
        neighbour((uint8_t)type, 1);
        node.six = NULL;
        assert_true(is_true());
        memcpy(frame + 22, six, 16);
        assert_false(is_true());
        node.six = six;
        assert_true(is_true());
        memcpy(frame + 62, six, 16);
        assert_true(is_true());
        frame[37]++;
        assert_false(is_true());
        frame[37]--;
        frame[77]++; /* it may ask for any, */
        assert_int_equal(is_true(), type == 135);
        memset(frame + 22, 0, 16); /* but not as one that is about to have it */
        assert_false(is_true());
        frame[77]--;
        assert_true(is_true());
    }
    node.six = NULL;
}

/* Headers of eight bytes each, the kinds in order, and then what there was. */
static void behind(const uint8_t *kinds, size_t count)
{
    memmove(frame + 54 + 8 * count, frame + 54, size - 54);
    memset(frame + 54, 0, 8 * count);
    for (size_t i = 0; i < count; i++)
        frame[54 + 8 * i] = i + 1 < count ? kinds[i + 1] : frame[20];
    frame[20] = kinds[0];
    size += 8 * count;
    frame[19] = (uint8_t)(size - 54);
}

/* A stranger's, of any kind, behind each of these and behind two of them. */
static void nothing_hides(void **state)
{
    static const uint8_t kinds[] = {0, 43, 44, 60};

    for (unsigned type = 120; type < 150; type++) {
        for (unsigned i = 0; i < 16; i++) {
            stranger((uint8_t)type);
            assert_false(sender_says_node(card, 2, &none, frame, size));
            behind((const uint8_t[]){kinds[i / 4], kinds[i % 4]}, i < 4 ? 1 : 2);
            bool hides = sender_says_node(card, 2, &none, frame, size);

            assert_int_equal(hides, type >= 133 && type <= 137);
            frame[54 + (i < 4 ? 0 : 8)] = 6; /* TCP may stand there */
            assert_false(sender_says_node(card, 2, &none, frame, size));
        }
    }
    stranger(128); /* a long echo: its later pieces have no kind; what they say is pieces.c's */
    behind((const uint8_t[]){44}, 1);
    assert_false(sender_says_node(card, 2, &none, frame, size));
    frame[57] = 8;
    frame[62] = 135;
    assert_false(sender_says_node(card, 2, &none, frame, size));
    frame[57] = 0; /* the first one */
    assert_true(sender_says_node(card, 2, &none, frame, size));
    frame[62] = 128;
    frame[19] = 8; /* it is too short to tell, whatever stands behind its end */
    assert_true(sender_says_node(card, 2, &none, frame, size));
    frame[20] = 60;
    frame[55] = 200;
    frame[19] = 60;
    assert_true(sender_says_node(card, 2, &none, frame, size));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ethernet, setup),
        cmocka_unit_test_setup(questions_and_answers, setup),
        cmocka_unit_test_setup(packets, setup),
        cmocka_unit_test_setup(packets_of_six, setup),
        cmocka_unit_test_setup(neighbours, setup),
        cmocka_unit_test_setup(shared_of_six, setup),
        cmocka_unit_test_setup(what_the_wire_says, setup),
        cmocka_unit_test_setup(nobody_has_the_shared_one, setup),
        cmocka_unit_test_setup(an_option_gives_one, setup),
        cmocka_unit_test_setup(nothing_hides, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
