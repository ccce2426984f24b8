/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/device/virtqueue.c */
/* A queue and a device that keeps the rules, or breaks one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/virtqueue.h"

#define SIZE         8
#define BUFFERS_PHYS 0x123000UL

struct descriptor {
    uint64_t address;
    uint32_t size;
    uint16_t flags, next;
};
static struct descriptor descriptors[SIZE];
static uint16_t available[3 + SIZE], used[3 + 4 * SIZE] __attribute__((aligned(4)));
static uint8_t buffers[SIZE * VIRTQUEUE_BUFFER];
static struct virtqueue queue;
static uint16_t device_taken;

static void begin(bool is_written, bool has_events)
{
    memset(descriptors, 0, sizeof(descriptors));
    memset(available, 0, sizeof(available));
    memset(used, 0, sizeof(used));
    device_taken = 0;
    virtqueue_init(&queue, SIZE, descriptors, available, used, buffers, BUFFERS_PHYS, is_written,
                   has_events);
}

static int begin_receiving(void **state)
{
    begin(true, true);
    return 0;
}

/* The device's side. */
static unsigned device_next(void)
{
    assert_int_not_equal(available[1], device_taken);
    return available[2 + device_taken++ % SIZE];
}

static void device_use(uint32_t id, uint32_t size)
{
    uint32_t *entry = (uint32_t *)(void *)(used + 2) + 2 * (used[1] % SIZE);

    entry[0] = id;
    entry[1] = size;
    used[1]++;
}

static void give_all(void)
{
    while (virtqueue_free(&queue) >= 0)
        virtqueue_give(&queue, VIRTQUEUE_BUFFER);
}

static void buffers_go_round(void **state)
{
    unsigned index;
    size_t size;

    give_all();
    assert_int_equal(available[1], SIZE);
    for (unsigned i = 0; i < 70000; i++) { /* the indexes wrap */
        unsigned id = device_next();

        assert_int_equal(descriptors[id].address, BUFFERS_PHYS + id * VIRTQUEUE_BUFFER);
        assert_int_equal(descriptors[id].size, VIRTQUEUE_BUFFER);
        assert_int_equal(descriptors[id].flags, 2);
        device_use(id, i % VIRTQUEUE_BUFFER);
        assert_int_equal(virtqueue_take(&queue, &index, &size), 1);
        assert_int_equal(index, id);
        assert_int_equal(size, i % VIRTQUEUE_BUFFER);
        assert_int_equal(virtqueue_take(&queue, &index, &size), 0);
        give_all();
    }
}

static void used_out_of_order(void **state)
{
    unsigned index, first, second;
    size_t size;

    give_all();
    first = device_next();
    second = device_next();
    device_use(second, 1);
    device_use(first, 2);
    assert_int_equal(virtqueue_take(&queue, &index, &size), 1);
    assert_int_equal(index, second);
    assert_int_equal(virtqueue_take(&queue, &index, &size), 1);
    assert_int_equal(index, first);
}

static void broken_rule(uint32_t id, uint32_t size, uint16_t ahead)
{
    unsigned index;
    size_t taken;

    begin(true, true);
    give_all();
    device_use(id, size);
    used[1] = (uint16_t)(used[1] + ahead);
    assert_int_equal(virtqueue_take(&queue, &index, &taken), -1);
}

static void each_rule_is_kept(void **state)
{
    unsigned index;
    size_t size;

    broken_rule(SIZE, 1, 0);
    broken_rule(UINT32_MAX, 1, 0);
    broken_rule(0, VIRTQUEUE_BUFFER + 1, 0);
    broken_rule(0, UINT32_MAX, 0);
    broken_rule(0, 1, SIZE);
    broken_rule(0, 1, UINT16_MAX - 1);
    /* The same one twice. */
    begin(true, true);
    give_all();
    device_use(3, 1);
    device_use(3, 1);
    assert_int_equal(virtqueue_take(&queue, &index, &size), 1);
    assert_int_equal(virtqueue_take(&queue, &index, &size), -1);
    /* Of a queue that sends: what it was not given; the size says nothing there. */
    begin(false, true);
    virtqueue_give(&queue, 100);
    device_use(1, 0);
    assert_int_equal(virtqueue_take(&queue, &index, &size), -1);
    begin(false, true);
    virtqueue_give(&queue, 100);
    device_use(0, UINT32_MAX);
    assert_int_equal(virtqueue_take(&queue, &index, &size), 1);
}

static void notifies_when_asked(void **state)
{
    begin(false, true);
    used[2 + 4 * SIZE] = 0; /* tell me of the first */
    assert_false(virtqueue_must_notify(&queue));
    virtqueue_give(&queue, 1);
    assert_true(virtqueue_must_notify(&queue));
    virtqueue_give(&queue, 1); /* it named none behind */
    assert_false(virtqueue_must_notify(&queue));
    used[2 + 4 * SIZE] = 3; /* of the fourth */
    virtqueue_give(&queue, 1);
    assert_false(virtqueue_must_notify(&queue));
    virtqueue_give(&queue, 1);
    virtqueue_give(&queue, 1);
    assert_true(virtqueue_must_notify(&queue));
    begin(false, false);
    virtqueue_give(&queue, 1);
    assert_true(virtqueue_must_notify(&queue));
    used[0] = 1;
    virtqueue_give(&queue, 1);
    assert_false(virtqueue_must_notify(&queue));
}

static void tables_lead_into_their_buffer(void **state)
{
    unsigned index, id;
    size_t size;

    begin(false, true);
    id = (unsigned)virtqueue_free(&queue);
    uint64_t at = BUFFERS_PHYS + id * VIRTQUEUE_BUFFER;
    const struct descriptor *table = (void *)virtqueue_buffer(&queue, id);

    virtqueue_table_set(&queue, 0, 64, 3, false, false);
    virtqueue_table_set(&queue, 1, 67, 1, true, true);
    virtqueue_give_table(&queue, 2);
    assert_int_equal(device_next(), id);
    assert_true(descriptors[id].address == at && descriptors[id].size == 32);
    assert_int_equal(descriptors[id].flags, 4);
    assert_true(table[0].address == at + 64 && table[0].size == 3);
    assert_true(table[0].flags == 1 && table[0].next == 1);
    assert_true(table[1].address == at + 67 && table[1].size == 1 && table[1].flags == 2);
    device_use(id, 1);
    assert_int_equal(virtqueue_take(&queue, &index, &size), 1);
    assert_int_equal(index, id);
}

static void a_row_is_one_frame(void **state)
{
    unsigned index, ids[3];
    size_t size;

    begin(false, true);
    for (unsigned round = 0; round < 1000; round++) {
        for (unsigned i = 0; i < 3; i++) {
            ids[i] = (unsigned)virtqueue_free(&queue);
            assert_int_equal(queue.free_count, SIZE - i);
            assert_int_equal(available[1], round);
            if (i < 2)
                virtqueue_part(&queue, 100 + i);
            else
                virtqueue_give(&queue, 102);
        }
        assert_int_equal(device_next(), ids[0]);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(descriptors[ids[i]].size, 100 + i);
            assert_int_equal(descriptors[ids[i]].flags, i < 2);
            assert_true(i == 2 || descriptors[ids[i]].next == ids[i + 1]);
        }
        device_use(ids[0], 0);
        assert_int_equal(virtqueue_take(&queue, &index, &size), 1);
        assert_int_equal(queue.free_count, SIZE);
    }
    /* Only the first one of a row may be named. */
    for (unsigned i = 0; i < 2; i++)
        ids[i] = (unsigned)virtqueue_free(&queue), virtqueue_part(&queue, 1);
    virtqueue_give(&queue, 1);
    device_use(ids[1], 0);
    assert_int_equal(virtqueue_take(&queue, &index, &size), -1);
}

static void armed_for_the_next(void **state)
{
    unsigned index;
    size_t size;

    give_all();
    assert_true(virtqueue_arm(&queue));
    assert_int_equal(available[2 + SIZE], 0);
    device_use(0, 1);
    assert_false(virtqueue_arm(&queue));
    assert_int_equal(virtqueue_take(&queue, &index, &size), 1);
    assert_true(virtqueue_arm(&queue));
    assert_int_equal(available[2 + SIZE], 1);
    virtqueue_disarm(&queue);
    assert_int_equal(available[2 + SIZE], 0);
    begin(true, false);
    virtqueue_disarm(&queue);
    assert_int_equal(available[0], 1);
    assert_true(virtqueue_arm(&queue));
    assert_int_equal(available[0], 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(buffers_go_round, begin_receiving),
        cmocka_unit_test_setup(used_out_of_order, begin_receiving),
        cmocka_unit_test(each_rule_is_kept),
        cmocka_unit_test(notifies_when_asked),
        cmocka_unit_test(tables_lead_into_their_buffer),
        cmocka_unit_test(a_row_is_one_frame),
        cmocka_unit_test_setup(armed_for_the_next, begin_receiving),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
