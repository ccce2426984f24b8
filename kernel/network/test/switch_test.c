/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/switch.c */
/* Where frames go, for every count of nodes, every sender and every kind of address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "network/switch.h"

static const uint8_t card[ADDRESS_SIZE] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t stranger[ADDRESS_SIZE] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};
static const uint8_t everybody[ADDRESS_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t group[ADDRESS_SIZE] = {0x33, 0x33, 0x00, 0x00, 0x00, 0x01};

static uint64_t all(uint32_t count)
{
    return count == 64 ? ~0UL : (1UL << count) - 1;
}

static void addresses_name_nodes(void **state)
{
    uint8_t address[ADDRESS_SIZE];

    for (uint32_t node = 0; node < NODES_MAX; node++) {
        switch_address(card, node, address);
        assert_int_equal(address[0] & 3, 2); /* one station's, given by us */
        assert_int_equal(switch_node(card, NODES_MAX, address), node);
        assert_int_equal(switch_node(card, node, address), node); /* a node that is not there */
        address[3] ^= 1;
        assert_int_equal(switch_node(card, NODES_MAX, address), NODES_MAX);
    }
    assert_int_equal(switch_node(card, 4, stranger), 4);
    assert_int_equal(switch_node(card, 4, card), 4);
}

static void each_way(uint32_t count, uint32_t from)
{
    uint8_t address[ADDRESS_SIZE];
    bool of_node = from < count;
    uint64_t others = all(count) & ~(of_node ? 1UL << from : 0);
    struct switch_ports ports;

    for (uint32_t to = 0; to < count; to++) {
        switch_address(card, to, address);
        ports = switch_ports(card, count, from, address);
        assert_true(ports.nodes == (to == from ? 0 : 1UL << to));
        assert_false(ports.wire);
    }
    ports = switch_ports(card, count, from, stranger);
    assert_true(ports.nodes == 0 && ports.wire == of_node);
    ports = switch_ports(card, count, from, everybody);
    assert_true(ports.nodes == others && ports.wire == of_node);
    ports = switch_ports(card, count, from, group);
    assert_true(ports.nodes == others && ports.wire == of_node);
}

static void frames_never_go_back(void **state)
{
    for (uint32_t count = 1; count <= NODES_MAX; count++) {
        for (uint32_t from = 0; from <= count; from++) /* count: the wire */
            each_way(count, from);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_name_nodes),
        cmocka_unit_test(frames_never_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
