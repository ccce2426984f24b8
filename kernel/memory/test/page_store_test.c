/* SPDX-License-Identifier: Apache-2.0 */
/* Page stores against a plain array; and transfers to and from user memory. */
/* TEST-SOURCES: kernel/memory/page_store.c kernel/memory/user_copy.c kernel/memory/frames.c */
/* TEST-SOURCES: kernel/memory/heap.c kernel/memory/test/fake_arch.c kernel/memory/fault.c */
/* TEST-SOURCES: kernel/memory/region.c kernel/memory/pages.c kernel/memory/address_space.c */
#include <asm/errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory/frames.h"
#include "memory/page_store.h"
#include "memory/test/fake_arch.h"
#include "memory/user_copy.h"

#define SIZE_LIMIT (300 * PAGE_SIZE)

static void store_write(struct page_store *store, uint64_t offset, const uint8_t *bytes,
                        size_t size)
{
    for (size_t i = 0; i < size; i++) {
        phys_addr frame = page_store_frame(store, (offset + i) / PAGE_SIZE, true);
        assert_int_not_equal(frame, 0);
        ((uint8_t *)direct_pointer(frame))[(offset + i) % PAGE_SIZE] = bytes[i];
    }
}

static void store_is_like_an_array(void **state)
{
    static uint8_t model[SIZE_LIMIT], bytes[6000];

    size_t at_start = fake_free();
    struct page_store *store = page_store_create();
    memset(model, 0, sizeof(model));
    srand(3);
    for (int step = 0; step < 3000; step++) {
        uint64_t offset = (uint64_t)rand() % SIZE_LIMIT, size = (uint64_t)rand() % sizeof(bytes);
        switch (rand() % 4) {
        case 0: {
            uint64_t now = store->size;
            assert_int_equal(page_store_resize(store, offset), 0);
            if (offset < now)
                memset(model + offset, 0, SIZE_LIMIT - offset);
            break;
        }
        case 1:
            assert_int_equal(page_store_punch(store, offset, size), 0);
            if (offset < store->size)
                memset(model + offset, 0,
                       size < store->size - offset ? size : store->size - offset);
            break;
        default:
            if (offset + size > store->size)
                break;
            memset(bytes, 1 + rand() % 255, size);
            store_write(store, offset, bytes, size);
            memcpy(model + offset, bytes, size);
        }
        uint64_t populated = 0, next = 0;
        for (uint64_t index = 0; index < SIZE_LIMIT / PAGE_SIZE; index++) {
            phys_addr frame = page_store_frame(store, index, false);
            static const uint8_t zeros[PAGE_SIZE];
            assert_memory_equal(frame ? direct_pointer(frame) : zeros, model + index * PAGE_SIZE,
                                PAGE_SIZE);
            if (frame) {
                assert_true(page_store_next(store, next, &next));
                assert_int_equal(next, index);
                next++;
                populated++;
            }
        }
        assert_false(page_store_next(store, next, &next));
        assert_int_equal(store->frames, populated);
    }
    memory_object_put(&store->object);
    assert_true(at_start - fake_free() <= 4);
}

static void sparse_and_limits(void **state)
{
    struct page_store *store = page_store_create();
    phys_addr frame;
    assert_int_equal(page_store_resize(store, (1UL << 40) + 1), -EFBIG);
    assert_int_equal(page_store_resize(store, 1UL << 40), 0);
    assert_int_not_equal(page_store_frame(store, (1UL << 28) - 1, true), 0);
    assert_int_not_equal(page_store_frame(store, 12345678, true), 0);
    assert_int_equal(store->frames, 2);
    assert_int_equal(page_store_punch(store, 0, 1UL << 40), 0); /* at once, however sparse */
    assert_int_equal(store->frames, 0);
    assert_int_equal(page_store_resize(store, PAGE_SIZE + 1), 0);
    assert_int_equal(store->object.ops->page(&store->object, 1, false, &frame), 0);
    assert_int_equal(frame_count(frame), 2);
    assert_int_equal(store->object.ops->page(&store->object, 2, false, &frame), -EFAULT);
    /* Mapped pages see the zeros of a hole and outlive a cut. */
    memset(direct_pointer(page_store_frame(store, 1, false)), 9, PAGE_SIZE);
    frame = page_store_frame(store, 1, false);
    assert_int_equal(page_store_punch(store, PAGE_SIZE, PAGE_SIZE), 0);
    assert_int_equal(page_store_frame(store, 1, false), frame);
    assert_int_equal(*(uint8_t *)direct_pointer(frame), 0);
    assert_int_equal(page_store_resize(store, 0), 0);
    assert_int_equal(frame_count(frame), 1);
    frame_put(frame);
    assert_ptr_equal(page_store_of(&store->object), store);
    memory_object_put(&store->object);
}

static void full_memory_is_refused(void **state)
{
    size_t at_start = fake_free();
    struct page_store *store = page_store_create();
    assert_int_equal(page_store_resize(store, 1UL << 40), 0);
    uint64_t index = 0;
    while (page_store_frame(store, index * 70, true))
        index++;
    assert_true(index > 900);
    memory_object_put(&store->object);
    assert_true(at_start - fake_free() <= 4);
}

static void transfers(void **state)
{
    fake_space = address_space_create();
    const struct map_request request = {.address = 0x100000,
                                        .size = 4 * PAGE_SIZE,
                                        .fixed = true,
                                        .flags = REGION_READ | REGION_WRITE};
    assert_int_equal(address_space_map(fake_space, &request), 0x100000);
    struct io io;
    char text[32], big[5000], back[5000];
    memset(big, 'b', sizeof(big));
    assert_int_equal(arch_copy_out(0x100ffd, "abc", 4), 0);
    assert_int_equal(copy_in_string(text, 0x100ffd, sizeof(text)), 3);
    assert_string_equal(text, "abc");
    assert_int_equal(copy_in_string(text, 0x100ffd, 3), -ENAMETOOLONG);
    assert_int_equal(copy_in_string(text, 0x900000, 3), -EFAULT);
    const struct io_segment vector[] = {{0x101000, 10}, {0, 0}, {0x102000, 6000}};
    assert_int_equal(arch_copy_out(0x100000, vector, sizeof(vector)), 0);
    assert_int_equal(io_vector(&io, 0x100000, 3), 0);
    assert_int_equal(io.remaining, 6010);
    assert_int_equal(io_put(&io, big, sizeof(big)), 5000);
    assert_int_equal(io_zero(&io, 5000), 1010);
    assert_int_equal(io_put(&io, big, 1), 0);
    io_release(&io);
    assert_int_equal(arch_copy_in(back, 0x102000, 4991), 0);
    assert_memory_equal(back, big, 4990);
    assert_int_equal(back[4990], 0);
    assert_int_equal(io_vector(&io, 0x100000, 1025), -EINVAL);
    assert_int_equal(io_vector(&io, 0x700000, 3), -EFAULT);
    const struct io_segment wrong[] = {{0x101000, 10}, {0x101000, SIZE_MAX}};
    assert_int_equal(arch_copy_out(0x100000, wrong, sizeof(wrong)), 0);
    assert_int_equal(io_vector(&io, 0x100000, 2), -EINVAL);
    io_release(&io);
    io_single(&io, 0x103ff0,
              0x7fffffffffffUL); /* runs into the unmapped: what fits, then -EFAULT */
    assert_int_equal(io_put(&io, big, 16), 16);
    assert_int_equal(io_put(&io, big, 16), -EFAULT);
    io_kernel(&io, back, 100);
    assert_int_equal(io_get(&io, text, 4), 4);
    assert_memory_equal(text, back, 4);
    address_space_put(fake_space);
}

int main(void)
{
    fake_memory_start(8); /* once: the heap remembers its slabs */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store_is_like_an_array), cmocka_unit_test(sparse_and_limits),
        cmocka_unit_test(full_memory_is_refused), cmocka_unit_test(transfers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
