/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/device/e1000_ring.c */
/* A ring and a card that keeps the rules, or breaks the one it can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/e1000_ring.h"

#define PHYS 0x456000UL

static struct e1000_descriptor descriptors[E1000_RING_SIZE];
static uint8_t buffers[E1000_RING_SIZE * E1000_BUFFER];
static struct e1000_ring ring;
static uint32_t head; /* the card's */

static void begin(bool is_written)
{
    memset(descriptors, 0, sizeof(descriptors));
    head = 0;
    e1000_ring_init(&ring, descriptors, buffers, PHYS, is_written);
}

static unsigned give_all(size_t size)
{
    unsigned count = 0;

    for (; e1000_ring_free(&ring); count++)
        e1000_ring_give(&ring, size);
    return count;
}

/* The card has what stands between its head and the tail it was told. */
static void card_uses(uint16_t size, uint8_t status)
{
    assert_int_not_equal(head, e1000_ring_tail(&ring));
    assert_int_equal(descriptors[head].address, PHYS + head * (uint64_t)E1000_BUFFER);
    descriptors[head].size = size;
    descriptors[head].status = status;
    head = (head + 1) % E1000_RING_SIZE;
}

static void buffers_go_round(void **state)
{
    const uint8_t *buffer;
    size_t size;

    begin(true);
    assert_int_equal(give_all(0), E1000_RING_SIZE - 1);
    for (unsigned i = 0; i < 70000; i++) {
        uint32_t at = head;

        assert_false(e1000_ring_has(&ring));
        assert_int_equal(e1000_ring_take(&ring, &buffer, &size), 0);
        card_uses((uint16_t)(i % E1000_BUFFER), 3);
        assert_true(e1000_ring_has(&ring));
        assert_int_equal(e1000_ring_take(&ring, &buffer, &size), 1);
        assert_ptr_equal(buffer, buffers + at * E1000_BUFFER);
        assert_int_equal(size, i % E1000_BUFFER);
        assert_int_equal(give_all(0), 1);
    }
}

static void what_was_sent_comes_back(void **state)
{
    const uint8_t *buffer;
    size_t size;

    begin(false);
    for (unsigned i = 0; i < 1000; i++) {
        assert_ptr_equal(e1000_ring_free(&ring), buffers + i % E1000_RING_SIZE * E1000_BUFFER);
        e1000_ring_give(&ring, 60 + i);
        assert_int_equal(descriptors[head].size, 60 + i);
        assert_int_equal(descriptors[head].command, 1 | 2 | 8);
        assert_int_equal(e1000_ring_take(&ring, &buffer, &size), 0);
        card_uses(UINT16_MAX, 1); /* its size says nothing */
        assert_int_equal(e1000_ring_take(&ring, &buffer, &size), 1);
    }
    assert_int_equal(give_all(60), E1000_RING_SIZE - 1);
    assert_null(e1000_ring_free(&ring));
}

static void what_a_card_may_not(void **state)
{
    const uint8_t *buffer;
    size_t size;

    begin(true);
    give_all(0);
    card_uses(E1000_BUFFER + 1, 3);
    assert_int_equal(e1000_ring_take(&ring, &buffer, &size), -1);
    /* A piece of a frame, and one with errors, are no frames. */
    begin(true);
    give_all(0);
    card_uses(E1000_BUFFER, 1);
    card_uses(100, 3);
    descriptors[1].errors = 1;
    card_uses(100, 3);
    assert_int_equal(e1000_ring_take(&ring, &buffer, &size), 1);
    assert_int_equal(size, 0);
    assert_int_equal(e1000_ring_take(&ring, &buffer, &size), 1);
    assert_int_equal(size, 0);
    assert_int_equal(e1000_ring_take(&ring, &buffer, &size), 1);
    assert_int_equal(size, 100);
    /* An address that it wrote over is put right. */
    descriptors[E1000_RING_SIZE - 1].address = 0xdead;
    e1000_ring_give(&ring, 0);
    assert_int_equal(descriptors[E1000_RING_SIZE - 1].address,
                     PHYS + (E1000_RING_SIZE - 1) * (uint64_t)E1000_BUFFER);
    /* Done with what it never had. */
    begin(true);
    descriptors[0].status = 3;
    assert_false(e1000_ring_has(&ring));
    assert_int_equal(e1000_ring_take(&ring, &buffer, &size), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_go_round),
        cmocka_unit_test(what_was_sent_comes_back),
        cmocka_unit_test(what_a_card_may_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
