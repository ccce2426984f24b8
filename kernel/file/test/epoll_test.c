/* SPDX-License-Identifier: Apache-2.0 */
/* The ready list of epoll: levels, edges, one-shots, nesting, and the end of watched files. */
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

#include <linux/eventpoll.h>

#include "file/test/fake_events.h"

static int new_epoll(void)
{
    struct file *file;
    assert_int_equal(epoll_create(&file), 0);
    return fake_install(file);
}

static int new_event(uint32_t value)
{
    struct file *file;
    assert_int_equal(eventfd_create(value, false, 04002, &file), 0);
    return fake_install(file);
}

static int control(int epoll, int operation, int fd, uint32_t events)
{
    struct linux_epoll_event event = {events, (uint64_t)fd};
    struct file *file = file_at(epoll), *target = file_at(fd);
    int result = epoll_change(file, operation, fd, target, &event);
    file_put(target);
    file_put(file);
    return result;
}

/* Bit per descriptor that was reported. */
static uint64_t reported(int epoll)
{
    struct linux_epoll_event events[64];
    struct file *file = file_at(epoll);
    long count = epoll_wait(file, (user_addr)(uintptr_t)events, 64, 0);
    uint64_t bits = 0;
    file_put(file);
    for (long i = 0; i < count; i++) {
        assert_int_equal(bits >> events[i].data & 1, 0); /* each at most once */
        bits |= 1UL << events[i].data;
    }
    return bits;
}

static void add_one(int event)
{
    uint64_t one = 1;
    assert_int_equal(fake_write(event, &one, 8), 8);
}

static void take_all(int event)
{
    uint64_t value;
    assert_int_equal(fake_read(event, &value, 8), 8);
}

static void kinds_of_items(void **state)
{
    fake_start();
    int epoll = new_epoll(), level = new_event(0), edge = new_event(0), once = new_event(0);
    uint64_t all = 1UL << level | 1UL << edge | 1UL << once;
    assert_int_equal(control(epoll, EPOLL_CTL_ADD, level, EPOLLIN), 0);
    assert_int_equal(control(epoll, EPOLL_CTL_ADD, edge, EPOLLIN | EPOLLET), 0);
    assert_int_equal(control(epoll, EPOLL_CTL_ADD, once, EPOLLIN | EPOLLONESHOT), 0);
    assert_int_equal(control(epoll, EPOLL_CTL_ADD, once, EPOLLIN), -EEXIST);
    assert_int_equal(reported(epoll), 0);
    add_one(level), add_one(edge), add_one(once);
    assert_int_equal(reported(epoll), all);
    assert_int_equal(reported(epoll), 1UL << level);
    add_one(level), add_one(edge), add_one(once);
    assert_int_equal(reported(epoll), 1UL << level | 1UL << edge);
    assert_int_equal(control(epoll, EPOLL_CTL_MOD, once, EPOLLIN | EPOLLONESHOT), 0);
    take_all(level);
    assert_int_equal(reported(epoll), 1UL << once);
    assert_int_equal(control(epoll, EPOLL_CTL_DEL, edge, 0), 0);
    assert_int_equal(control(epoll, EPOLL_CTL_DEL, edge, 0), -ENOENT);
    add_one(edge);
    assert_int_equal(reported(epoll), 0);
    fake_end();
}

static void files_end(void **state)
{
    fake_start();
    int epoll = new_epoll(), event = new_event(1);
    assert_int_equal(control(epoll, EPOLL_CTL_ADD, event, EPOLLIN), 0);
    assert_int_equal(fake_poll(epoll), EVENT_IN | EVENT_RDNORM);
    fd_close(event);
    assert_int_equal(fake_poll(epoll), 0);
    assert_int_equal(reported(epoll), 0);
    event = new_event(1);
    assert_int_equal(control(epoll, EPOLL_CTL_ADD, event, EPOLLIN), 0);
    fd_close(epoll);
    add_one(event); /* wakes nobody that is gone */
    fake_end();
}

static void nesting(void **state)
{
    int chain[6];
    fake_start();
    for (int i = 0; i < 6; i++)
        chain[i] = new_epoll();
    for (int i = 1; i < 5; i++)
        assert_int_equal(control(chain[i], EPOLL_CTL_ADD, chain[i - 1], EPOLLIN), 0);
    assert_int_equal(control(chain[5], EPOLL_CTL_ADD, chain[4], EPOLLIN), -ELOOP);
    assert_int_equal(control(chain[0], EPOLL_CTL_ADD, chain[4], EPOLLIN), -ELOOP);
    assert_int_equal(control(chain[0], EPOLL_CTL_ADD, chain[0], EPOLLIN), -EINVAL);
    int event = new_event(0);
    assert_int_equal(control(chain[0], EPOLL_CTL_ADD, event, EPOLLIN), 0);
    /* Many ways from bottom to top: one wake still passes each epoll once. */
    for (int i = 2; i < 5; i++)
        assert_int_equal(control(chain[i], EPOLL_CTL_ADD, chain[0], EPOLLIN), 0);
    assert_int_equal(reported(chain[4]), 0);
    add_one(event);
    assert_int_equal(reported(chain[4]), 1UL << chain[3] | 1UL << chain[0]);
    take_all(event);
    assert_int_equal(reported(chain[4]), 0);
    fd_close(chain[3]);
    add_one(event);
    assert_int_equal(reported(chain[4]), 1UL << chain[0]);
    fake_end();
}

/* Random items and events against the plain definition of a level-triggered set. */
static void levels_are_like_a_set(void **state)
{
    bool added[40] = {false}, full[40] = {false};
    int events[40];
    srand(9);
    fake_start();
    int epoll = new_epoll();
    for (int i = 0; i < 40; i++)
        events[i] = new_event(0);
    for (int step = 0; step < 20000; step++) {
        int i = rand() % 40;
        switch (rand() % 5) {
        case 0:
            assert_int_equal(control(epoll, EPOLL_CTL_ADD, events[i], EPOLLIN),
                             added[i] ? -EEXIST : 0);
            added[i] = true;
            break;
        case 1:
            assert_int_equal(control(epoll, EPOLL_CTL_DEL, events[i], EPOLLIN),
                             added[i] ? 0 : -ENOENT);
            added[i] = false;
            break;
        case 2:
            add_one(events[i]);
            full[i] = true;
            break;
        case 3:
            if (full[i])
                take_all(events[i]);
            full[i] = false;
            break;
        default:
            fd_close(events[i]);
            events[i] = new_event(0);
            added[i] = full[i] = false;
        }
        uint64_t expected = 0;
        for (int j = 0; j < 40; j++)
            expected |= added[j] && full[j] ? 1UL << events[j] : 0;
        assert_int_equal(reported(epoll), expected);
    }
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_items),
        cmocka_unit_test(files_end),
        cmocka_unit_test(nesting),
        cmocka_unit_test(levels_are_like_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
