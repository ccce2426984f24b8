/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: build/lwip/src/core/def.c build/lwip/src/core/inet_chksum.c build/lwip/src/core/init.c build/lwip/src/core/ip.c build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/netif.c build/lwip/src/core/pbuf.c build/lwip/src/core/tcp.c build/lwip/src/core/tcp_in.c build/lwip/src/core/tcp_out.c build/lwip/src/core/udp.c build/lwip/src/core/ipv4/dhcp.c build/lwip/src/core/ipv4/etharp.c build/lwip/src/core/ipv4/icmp.c build/lwip/src/core/ipv4/igmp.c build/lwip/src/core/ipv4/ip4.c build/lwip/src/core/ipv4/ip4_addr.c build/lwip/src/core/ipv4/ip4_frag.c build/lwip/src/core/ipv6/ethip6.c build/lwip/src/core/ipv6/icmp6.c build/lwip/src/core/ipv6/inet6.c build/lwip/src/core/ipv6/ip6.c build/lwip/src/core/ipv6/ip6_addr.c build/lwip/src/core/ipv6/ip6_frag.c build/lwip/src/core/ipv6/mld6.c build/lwip/src/core/ipv6/nd6.c build/lwip/src/netif/ethernet.c */
/* TEST-SOURCES: kernel/network/stack.c kernel/network/clock.c kernel/network/resolver.c kernel/network/static_six.c kernel/network/address_option.c kernel/network/filter.c kernel/network/unreachable.c kernel/network/merge.c kernel/network/row.c kernel/network/tcp_frame.c kernel/network/connections.c kernel/network/segment.c kernel/network/cookie.c kernel/network/resume.c kernel/network/interface_link.c kernel/network/test/far_host.c */
/* TEST-SOURCES: kernel/network/wire.c kernel/network/tcp.c kernel/network/tcp_send.c kernel/network/tcp_option.c kernel/network/cork.c kernel/network/udp.c kernel/network/neighbour.c kernel/network/inet_option.c kernel/network/interface.c kernel/network/interface_call.c kernel/network/netlink.c kernel/network/multicast.c */
/* TEST-SOURCES: kernel/file/ring.c kernel/file/pipe.c kernel/file/readiness.c kernel/file/eventfd.c kernel/file/epoll.c kernel/file/attachment.c kernel/file/socket.c kernel/file/socket_option.c kernel/file/stream.c kernel/file/message.c kernel/file/socket_local.c kernel/file/inet.c kernel/file/inet_ports.c kernel/file/socket_inet.c kernel/file/socket_udp.c */
/* TEST-SOURCES: kernel/file/socket_collect.c kernel/file/file.c kernel/memory/user_copy.c kernel/file/test/fake_events.c kernel/file/socket_node.c kernel/file/connection.c kernel/file/test/fake_channel.c */
/*
 * The other end of a connection says what no TCP would: sizes in the middle of it, bytes beyond the
 * window or behind its end, crumbs. The node stays, and so does the connection.
 */
#include <asm/errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/priv/tcp_priv.h>

#include "file/inet.h"
#include "file/test/fake_events.h"
#include "linux/socket_abi.h"
#include "network/test/far_host.h"

#define NONBLOCKING 04000
#define PORT        80
#define WINDOW      65535U /* of the node, without a scale */
#define FULL        1460U
#define END         1U
#define RESET       4U
#define PUSH        8U

static char bytes[2 * WINDOW];
static struct file *listener;

static struct file *opened(void)
{
    struct file *file;

    assert_int_equal(socket_create(AF_INET, SOCK_STREAM, 0, NONBLOCKING, &file), 0);
    return file;
}

static long sent(struct file *file, size_t size)
{
    struct io io;
    struct socket_message message = {.io = &io, .flags = MSG_NOSIGNAL};

    io_single(&io, (uintptr_t)bytes, size);
    return socket_send(file, &message);
}

static long received(struct file *file)
{
    struct io io;
    struct socket_message message = {.io = &io};

    io_single(&io, (uintptr_t)bytes, sizeof(bytes));
    return socket_receive(file, &message);
}

static struct file *dialed(void)
{
    struct file *file = opened();
    struct socket_name name = {.size = 16, .family = AF_INET};

    name.bytes[3] = FAR_PORT;
    memcpy(name.bytes + 4, (uint8_t[]){10, 0, 0, 1}, 4);
    assert_int_equal(socket_of(file)->ops->connect(socket_of(file), &name, true), -EINPROGRESS);
    far_pass(1);
    assert_int_equal(socket_of(file)->state, SOCKET_CONNECTED);
    return file;
}

static struct file *accepted(void)
{
    struct file *file;

    far_dial(PORT);
    far_pass(1);
    assert_int_equal(socket_accept(listener, NONBLOCKING, &file), 0);
    return file;
}

static struct file *(*const made[])(void) = {dialed, accepted};

static void options_say(const uint8_t *options, unsigned size)
{
    memcpy(far_options, options, size);
    far_option_size = size;
}

static void mss_say(unsigned mss)
{
    options_say((uint8_t[]){2, 4, (uint8_t)(mss >> 8), (uint8_t)mss}, 4);
}

/* The other end is there, takes what it gets, and the node's bytes come whole. */
static void ends_well(struct file *file, unsigned size)
{
    far_window = 60000;
    far_option_size = 0;
    far_say(1, PUSH);
    for (unsigned passed = 0; passed < 60000 && far_has() < size; passed += 100) {
        far_segment_count = 0;
        far_pass(100);
    }
    assert_int_equal(far_has(), size);
    assert_true(received(file) > 0);
    file_put(file);
    far_pass(1);
    far_say(0, RESET);
    far_pass(1);
    far_segment_count = 0;
}

/* ---- sizes ---- */

/* Bytes wait for a window; then it opens a little, and segments are to be smaller from now on. */
static void a_size_in_the_middle_is_none(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned again = 0; again < 2; again++) {
            struct file *file = made[i]();

            far_window = 0;
            far_say(1, 0);
            assert_int_equal(sent(file, 1000), 1000);
            far_window = 2;
            mss_say(1);
            far_say(0, 0);
            far_option_size = 0;
            if (again)
                assert_int_equal(sent(file, 1000), 1000);
            far_pass(1000); /* lwIP's clock of a window that is too small */
            ends_well(file, 1000 + 1000 * again);
        }
    }
}

/* A handshake without a window: its first one is not the largest for ever. */
static void a_window_may_open_late(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        far_window = 0;
        struct file *file = made[i]();

        assert_int_equal(sent(file, 1000), 1000);
        far_window = 4;
        far_say(1, 0);
        assert_int_equal(sent(file, 1000), 1000);
        far_pass(1000);
        ends_well(file, 2000);
    }
}

/* Many slow readers whose bytes waited in crumbs took the memory of everybody else. */
static void what_waits_for_a_window_is_whole(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        far_window = 0;
        struct file *file = made[i]();

        assert_int_equal(sent(file, 3000), 3000);
        far_window = 60000;
        far_segment_count = 0;
        far_say(1, 0);
        far_pass(1);
        assert_true(far_segment_count > 0 && far_segments[0].size >= 536);
        ends_well(file, 3000);
    }
}

/* So a page has more segments than lwIP keeps: but nobody needs such small ones. */
static void a_size_is_not_too_small(void **state)
{
    for (unsigned mss = 0; mss <= 4; mss++) {
        for (unsigned i = 0; i < 2; i++) {
            mss_say(mss);
            far_window = mss % 2 ? 60000 : 3;
            struct file *file = made[i]();

            far_option_size = 0;
            assert_int_equal(sent(file, 4000), 4000);
            ends_well(file, 4000);
        }
    }
}

/* ---- beyond the window ---- */

/* What is missing comes, as it is to be. */
static void gap_fills(unsigned size)
{
    while (size) {
        unsigned part = size < FULL ? size : FULL;

        far_say(part, 0);
        size -= part;
    }
}

static void nothing_is_beyond_the_window(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned end = 0; end < 2; end++) {
            far_acknowledges = false;
            struct file *file = made[i]();

            far_say_early(WINDOW - 1, end ? 1 : FULL, end ? END : 0);
            gap_fills(WINDOW - 1);
            assert_int_equal(received(file), WINDOW - 1);
            far_acknowledges = true;
            ends_well(file, 0);
        }
    }
}

/* What reaches to the edge, and no further, is kept. */
static void the_window_is_kept(void **state)
{
    struct file *file = accepted();

    far_say_early(WINDOW - FULL, FULL, 0);
    far_say_early(WINDOW - 2 * FULL + 10, FULL, 0);
    gap_fills(WINDOW - 2 * FULL + 10);
    assert_int_equal(received(file), WINDOW);
    file_put(file);
    far_pass(1);
    far_say_early(2 * FULL - 10, 0, RESET);
    far_segment_count = 0;
}

/* An end within the window, and bytes over it to the edge, in order and before. */
static void nothing_is_behind_an_end(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned early = 0; early < 2; early++) {
            struct file *file = made[i]();

            gap_fills(WINDOW - 100);
            far_say_early(50, 0, END);
            far_say_early(early ? 20 : 0, early ? 80 : 100, 0);
            far_say_early(0, 20, 0);
            far_say(50, 0);
            assert_int_equal(received(file), WINDOW - 50);
            assert_int_equal(received(file), 0);
            file_put(file);
            far_pass(1);
            far_segment_count = 0;
        }
    }
}

/* ---- out of order ---- */

static unsigned kept(struct file *file)
{
    const struct tcp_pcb *pcb = socket_of(file)->inet.wire;
    unsigned count = 0;

    for (const struct tcp_seg *segment = pcb->ooseq; segment; segment = segment->next)
        count += pbuf_clen(segment->p);
    return count;
}

static void crumbs_are_few(void **state)
{
    struct file *file = accepted();
    size_t frames = fake_frames_total;

    for (unsigned i = 0; i < 1000; i++) {
        far_say_early(1 + 2 * i, 1, 0);
        far_pass(0);
    }
    assert_int_equal(kept(file), 256);
    while (!stack_is_crowded())
        fake_frames_total--;
    far_say_early(2000, 1, 0);
    assert_int_equal(kept(file), 16);
    fake_frames_total = frames;
    gap_fills(2000);
    assert_int_equal(kept(file), 0);
    assert_int_equal(received(file), 2000);
    ends_well(file, 0);
}

static void a_whole_window_waits_for_its_first(void **state)
{
    options_say((const uint8_t[]){3, 3, 0, 1}, 4);
    struct file *file = accepted();
    unsigned size = 256 * 1024, count = 0;

    far_option_size = 0;
    for (unsigned at = 1; at < size; at += FULL, count++) {
        far_say_early(at, size - at < FULL ? size - at : FULL, 0);
        far_pass(0);
    }
    assert_int_equal(kept(file), count);
    far_say_early(0, 1, 0);
    assert_int_equal(kept(file), 0);
    for (unsigned i = 0; i < size; i += sizeof(bytes))
        assert_int_equal(received(file), size - i < sizeof(bytes) ? size - i : sizeof(bytes));
    file_put(file);
    far_pass(1);
    far_say_early(size, 0, RESET);
    far_segment_count = 0;
}

static int listens(void **state)
{
    struct socket_name name = {.size = 16, .family = AF_INET};
    struct socket *socket;

    fake_start();
    far_start();
    far_lease = (struct far_lease){.is_there = true, .gives = 50, .seconds = UINT32_MAX};
    far_pass(10000);
    name.bytes[3] = PORT;
    listener = opened();
    socket = socket_of(listener);
    return far_published() != 50 || socket->ops->bind(socket, &name) || socket_listen(socket, 5);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_in_the_middle_is_none),
        cmocka_unit_test(a_window_may_open_late),
        cmocka_unit_test(what_waits_for_a_window_is_whole),
        cmocka_unit_test(a_size_is_not_too_small),
        cmocka_unit_test(nothing_is_beyond_the_window),
        cmocka_unit_test(the_window_is_kept),
        cmocka_unit_test(nothing_is_behind_an_end),
        cmocka_unit_test(crumbs_are_few),
        cmocka_unit_test(a_whole_window_waits_for_its_first),
    };

    return cmocka_run_group_tests(tests, listens, NULL);
}
