/* SPDX-License-Identifier: Apache-2.0 */
/* The byte ring against a plain queue, and what memory it holds meanwhile; pipes on top of it. */
/* TEST-SOURCES: kernel/file/ring.c kernel/file/pipe.c kernel/file/readiness.c kernel/file/eventfd.c kernel/file/epoll.c */
/* TEST-SOURCES: kernel/file/attachment.c kernel/file/socket.c kernel/file/socket_option.c kernel/file/stream.c */
/* TEST-SOURCES: kernel/file/message.c kernel/file/socket_local.c kernel/file/inet.c kernel/file/inet_ports.c */
/* TEST-SOURCES: kernel/network/inet_option.c kernel/file/socket_inet.c kernel/file/socket_udp.c kernel/network/interface.c kernel/network/interface_call.c kernel/network/netlink.c kernel/network/multicast.c */
/* TEST-SOURCES: kernel/file/socket_collect.c kernel/file/file.c kernel/memory/user_copy.c kernel/file/test/fake_events.c */
/* TEST-SOURCES: kernel/file/socket_node.c kernel/file/connection.c kernel/file/test/fake_channel.c */
#include <asm/errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file/test/fake_events.h"

#define CAPACITY (5 * PAGE_SIZE)

static void ring_is_like_a_queue(void **state)
{
    static uint8_t model[64 * PAGE_SIZE], bytes[3 * PAGE_SIZE], got[3 * PAGE_SIZE];
    size_t first = 0, used = 0;
    uint8_t next = 0;
    struct ring ring;
    struct io io;
    srand(5);
    assert_int_equal(ring_init(&ring, CAPACITY - 7), 0);
    assert_int_equal(ring.capacity, CAPACITY);
    for (int step = 0; step < 100000; step++) {
        size_t size = (size_t)rand() % (rand() % 8 ? 300 : sizeof(bytes));
        if (rand() % 2) {
            for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(next + i);
            io_single(&io, (uintptr_t)bytes, size);
            size_t room = ring_room(&ring);
            long moved = ring_put(&ring, &io, size);
            assert_int_equal(moved, size < room ? size : room);
            for (long i = 0; i < moved; i++)
                model[(first + used++) % sizeof(model)] = next++;
        } else {
            size_t offset = used ? (size_t)rand() % used : 0;
            io_single(&io, (uintptr_t)got, size);
            long seen = ring_peek(&ring, offset, &io, size);
            assert_int_equal(seen, size < used - offset ? size : used - offset);
            for (long i = 0; i < seen; i++)
                assert_int_equal(got[i], model[(first + offset + (size_t)i) % sizeof(model)]);
            size_t drop = used ? (size_t)rand() % (used + 1) : 0;
            ring_drop(&ring, drop);
            first = (first + drop) % sizeof(model);
            used -= drop;
        }
        assert_int_equal(ring.used, used);
        /* A page more at each end than the bytes need, and one kept when empty. */
        assert_true(fake_frames <= used / PAGE_SIZE + 2);
        if (rand() % 500 == 0) {
            size_t capacity = (1 + (size_t)rand() % 9) * PAGE_SIZE;
            assert_int_equal(ring_resize(&ring, capacity), used > capacity ? -EBUSY : 0);
        }
    }
    ring_free(&ring);
    assert_int_equal(fake_frames, 0);
}

static void ring_without_memory(void **state)
{
    static uint8_t bytes[2 * PAGE_SIZE];
    struct ring ring;
    struct io io;
    assert_int_equal(ring_init(&ring, RING_MAX + 1), -ENOMEM);
    assert_int_equal(ring_init(&ring, 2 * PAGE_SIZE), 0);
    fake_frames_are_out = true;
    io_single(&io, (uintptr_t)bytes, 10);
    assert_int_equal(ring_put(&ring, &io, 10), -ENOMEM);
    fake_frames_are_out = false;
    assert_int_equal(ring_put(&ring, &io, 10), 10);
    fake_frames_are_out = true;
    io_single(&io, (uintptr_t)bytes, sizeof(bytes));
    assert_int_equal(ring_put(&ring, &io, sizeof(bytes)), PAGE_SIZE - 10);
    assert_int_equal(ring_resize(&ring, 4 * PAGE_SIZE), -ENOMEM);
    assert_int_equal(ring.used, PAGE_SIZE);
    fake_frames_are_out = false;
    ring_free(&ring);
}

static void pipe_rules(void **state)
{
    static uint8_t bytes[100000];
    struct file *ends[2];
    fake_start();
    assert_int_equal(pipe_create(04000, ends), 0);
    int reader = fake_install(ends[0]), writer = fake_install(ends[1]);
    assert_int_equal(fake_read(reader, bytes, 10), -EAGAIN);
    assert_int_equal(fake_write(writer, bytes, sizeof(bytes)), 65536);
    assert_int_equal(fake_write(writer, bytes, 1), -EAGAIN);
    assert_int_equal(fake_poll(writer), 0);
    assert_int_equal(fake_read(reader, bytes, 4000), 4000);
    assert_int_equal(fake_write(writer, bytes, 4096), -EAGAIN); /* whole or not at all */
    assert_int_equal(fake_write(writer, bytes, 5000), 4000);
    assert_int_equal(fake_read(reader, bytes, 4096), 4096);
    assert_int_equal(fake_poll(writer), EVENT_OUT | EVENT_WRNORM);
    assert_int_equal(pipe_resize(ends[0], 4096), -EBUSY);
    assert_int_equal(pipe_resize(ends[0], 70000), 131072);
    assert_int_equal(pipe_resize(ends[0], 2 << 20), -EPERM);
    assert_int_equal(pipe_resize(ends[0], 1UL << 40), -EINVAL);
    assert_int_equal(fake_write(writer, bytes, 4096), 4096);
    ends[0]->flags &= ~04000U;
    assert_int_equal(fake_read(reader, bytes, sizeof(bytes)), 65536);
    assert_int_equal(fake_read(reader, bytes, 1), -RESTART_CALL);
    assert_int_equal(fd_close(reader), 0);
    assert_int_equal(fake_poll(writer), EVENT_OUT | EVENT_WRNORM | EVENT_ERR);
    assert_int_equal(fake_write(writer, bytes, 1), -EPIPE);
    assert_int_equal(fake_broken_pipes, 1);
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_is_like_a_queue),
        cmocka_unit_test(ring_without_memory),
        cmocka_unit_test(pipe_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
