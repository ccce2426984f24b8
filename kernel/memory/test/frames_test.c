/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and heap: random takes and gives against plain books, runs, the reserve, and what must
 * panic. */
/* TEST-SOURCES: kernel/memory/frames.c kernel/memory/heap.c kernel/memory/test/fake_arch.c */
/* TEST-SOURCES: kernel/memory/fault.c kernel/memory/region.c kernel/memory/pages.c */
/* TEST-SOURCES: kernel/memory/address_space.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory/frames.h"
#include "memory/heap.h"
#include "memory/test/fake_arch.h"

static void reserve_is_kept_for_the_kernel(void **state)
{
    fake_memory_start(8);
    size_t users = 0, kernels = 0, at_start = fake_free();
    assert_int_equal(frames_total(), 8 * 512);
    while (frame_alloc(FRAME_USER))
        users++;
    assert_int_equal(frames_free(), 0);
    while (frame_alloc(FRAME_KERNEL))
        kernels++;
    assert_int_equal(kernels, 512);
    assert_int_equal(users + kernels, at_start);
    assert_int_equal(frame_alloc_run(2, FRAME_KERNEL), 0);
    assert_int_equal(frame_alloc_large(FRAME_KERNEL), 0);
    assert_null(heap_alloc(5000));
}

static void frames_are_distinct_and_come_back(void **state)
{
    enum { SLOTS = 600, STEPS = 60000 };
    static struct {
        phys_addr frame;
        size_t count;
    } slots[SLOTS];
    fake_memory_start(20);
    memset(slots, 0, sizeof(slots));
    size_t at_start = fake_free(), taken = 0;
    srand(7);
    for (int step = 0; step < STEPS; step++) {
        size_t i = (size_t)rand() % SLOTS;
        if (slots[i].frame) {
            for (size_t k = 0; k < slots[i].count; k++) {
                size_t *mark = direct_pointer(slots[i].frame + k * PAGE_SIZE);
                assert_int_equal(*mark, i * 1000 + k);
                assert_int_equal(frame_count(slots[i].frame + k * PAGE_SIZE), 1);
            }
            frame_put_run(slots[i].frame, slots[i].count);
            taken -= slots[i].count;
            slots[i].frame = 0;
        } else {
            int kind = rand() % 100;
            slots[i].count = kind == 0 ? 512 : kind < 10 ? 1 + (size_t)rand() % 40 : 1;
            slots[i].frame = kind == 0 ? frame_alloc_large(FRAME_USER)
                                       : frame_alloc_run(slots[i].count, FRAME_USER);
            if (!slots[i].frame)
                continue;
            if (kind == 0)
                assert_int_equal(slots[i].frame % LARGE_PAGE_SIZE, 0);
            taken += slots[i].count;
            for (size_t k = 0; k < slots[i].count; k++)
                *(size_t *)direct_pointer(slots[i].frame + k * PAGE_SIZE) = i * 1000 + k;
        }
        assert_int_equal(fake_free(), at_start - taken);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i].frame)
            frame_put_run(slots[i].frame, slots[i].count);
    }
    assert_int_equal(fake_free(), at_start);
    size_t large = 0;
    while (frame_alloc_large(FRAME_KERNEL))
        large++;
    assert_int_equal(large, 19); /* all but the one with the kernel copy and the books */
}

static void counts_and_strangers(void **state)
{
    fake_memory_start(4);
    phys_addr frame = frame_alloc_zeroed(FRAME_USER);
    frame_get(frame);
    assert_int_equal(frame_count(frame), 2);
    frame_put(frame);
    frame_put(frame);
    assert_int_equal(frame_count(frame), 0);
    EXPECT_PANIC(frame_put(frame));
    EXPECT_PANIC(frame_get(frame));
    phys_addr store = fake_store_start(4);
    assert_false(frame_is_ours(store));
    frame_get(store);
    frame_put(store);
    frame_put(store);
    assert_int_equal(frame_count(store), UINT32_MAX);
    assert_ptr_equal(frame_bytes(store + PAGE_SIZE), direct_pointer(store + PAGE_SIZE));
    EXPECT_PANIC((void)frame_bytes(store + 4 * PAGE_SIZE));
}

static void heap_keeps_objects_apart(void **state)
{
    enum { SLOTS = 400, STEPS = 60000 };
    static struct {
        uint8_t *object;
        size_t size;
        uint8_t value;
    } slots[SLOTS];
    fake_memory_start(16);
    memset(slots, 0, sizeof(slots));
    srand(11);
    size_t at_start = fake_free();
    for (int step = 0; step < STEPS; step++) {
        size_t i = (size_t)rand() % SLOTS;
        size_t size = rand() % 20 == 0 ? (size_t)rand() % 40000 : (size_t)rand() % 2300;
        if (!slots[i].object || rand() % 4 == 0) {
            size_t kept = slots[i].object ? slots[i].size : 0;
            uint8_t *object = heap_resize(slots[i].object, kept, size);
            assert_non_null(object);
            assert_int_equal((uintptr_t)object % 16, 0);
            for (size_t k = 0; k < size; k++)
                assert_int_equal(object[k], k < kept ? slots[i].value : 0);
            slots[i].object = object;
            slots[i].size = size;
            slots[i].value = (uint8_t)(1 + rand() % 255);
            memset(object, slots[i].value, size);
        } else {
            for (size_t k = 0; k < slots[i].size; k++)
                assert_int_equal(slots[i].object[k], slots[i].value);
            heap_free(slots[i].object);
            slots[i].object = NULL;
        }
    }
    for (size_t i = 0; i < SLOTS; i++)
        heap_free(slots[i].object);
    assert_true(at_start - fake_free() <= 21); /* one empty slab a class may stay */
}

static void heap_sees_wrong_frees(void **state)
{
    char *small = heap_alloc(100), *large = heap_alloc(9000);
    assert_null(heap_alloc(LARGE_PAGE_SIZE + 1));
    heap_free(NULL);
    EXPECT_PANIC(heap_free(small + 16));
    heap_free(small);
    EXPECT_PANIC(heap_free(small));
    heap_free(large);
    EXPECT_PANIC(heap_free(large));
    char *text = heap_string("node");
    assert_string_equal(text, "node");
    heap_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(heap_keeps_objects_apart),
                                       cmocka_unit_test(heap_sees_wrong_frees),
                                       cmocka_unit_test(reserve_is_kept_for_the_kernel),
                                       cmocka_unit_test(frames_are_distinct_and_come_back),
                                       cmocka_unit_test(counts_and_strangers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
