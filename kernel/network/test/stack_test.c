/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: build/lwip/src/core/def.c build/lwip/src/core/inet_chksum.c build/lwip/src/core/init.c build/lwip/src/core/ip.c build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/netif.c build/lwip/src/core/pbuf.c build/lwip/src/core/tcp.c build/lwip/src/core/tcp_in.c build/lwip/src/core/tcp_out.c build/lwip/src/core/udp.c build/lwip/src/core/ipv4/dhcp.c build/lwip/src/core/ipv4/etharp.c build/lwip/src/core/ipv4/icmp.c build/lwip/src/core/ipv4/igmp.c build/lwip/src/core/ipv4/ip4.c build/lwip/src/core/ipv4/ip4_addr.c build/lwip/src/core/ipv4/ip4_frag.c build/lwip/src/core/ipv6/ethip6.c build/lwip/src/core/ipv6/icmp6.c build/lwip/src/core/ipv6/inet6.c build/lwip/src/core/ipv6/ip6.c build/lwip/src/core/ipv6/ip6_addr.c build/lwip/src/core/ipv6/ip6_frag.c build/lwip/src/core/ipv6/mld6.c build/lwip/src/core/ipv6/nd6.c build/lwip/src/netif/ethernet.c */
/* TEST-SOURCES: kernel/network/stack.c kernel/network/clock.c kernel/network/resolver.c kernel/network/static_six.c kernel/network/address_option.c kernel/network/filter.c kernel/network/unreachable.c kernel/network/merge.c kernel/network/row.c kernel/network/tcp_frame.c kernel/network/connections.c kernel/network/segment.c kernel/network/cookie.c kernel/network/resume.c kernel/network/interface_link.c kernel/network/test/far_host.c */
/* TEST-SOURCES: kernel/network/wire.c kernel/network/tcp.c kernel/network/tcp_send.c kernel/network/tcp_option.c kernel/network/cork.c kernel/network/udp.c kernel/network/neighbour.c kernel/network/inet_option.c kernel/network/interface.c kernel/network/interface_call.c kernel/network/netlink.c kernel/network/multicast.c */
/* TEST-SOURCES: kernel/file/ring.c kernel/file/pipe.c kernel/file/readiness.c kernel/file/eventfd.c kernel/file/epoll.c kernel/file/attachment.c kernel/file/socket.c kernel/file/socket_option.c kernel/file/stream.c kernel/file/message.c kernel/file/socket_local.c kernel/file/inet.c kernel/file/inet_ports.c kernel/file/socket_inet.c kernel/file/socket_udp.c */
/* TEST-SOURCES: kernel/file/socket_collect.c kernel/file/file.c kernel/memory/user_copy.c kernel/file/test/fake_events.c kernel/file/socket_node.c kernel/file/connection.c kernel/file/test/fake_channel.c */
/*
 * A node's whole stack, from its sockets to its frames, against one host on the wire: how an
 * address of DHCP is kept, changed and lost; what a cork holds, and how long; who finds out that
 * the other end has vanished.
 */
#include <asm/errno.h>
#include <linux/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file/inet.h"
#include "file/test/fake_events.h"
#include "linux/socket_abi.h"
#include "network/interface.h"
#include "network/stack.h"
#include "network/test/far_host.h"

#define NONBLOCKING 04000
#define MINUTE      60000U
#define TICK        200U /* lwIP's slow clock, ms */
#define LEVEL_TCP   6
#define FULL        536U /* the other end names no size: RFC 1122 */
#define RESET       4U
#define PUSH        8U
#define END         1U

/* ---- addresses ---- */

static unsigned gateway(void)
{
    struct interface_route route;

    for (unsigned n = 0; interface_route_at(n, &route); n++) {
        if (route.is_v4 && route.has_gateway)
            return route.gateway[3];
    }
    return 0;
}

static void assert_resolver(unsigned n)
{
    char text[64], wanted[64];
    size_t length = resolver_text(text, sizeof(text) - 1);

    text[length] = 0;
    snprintf(wanted, sizeof(wanted), "nameserver 10.0.0.%u\n", n);
    assert_string_equal(text, wanted);
}

/* Until it is so, or so long. */
static bool is_published(uint32_t n, unsigned ms)
{
    for (unsigned passed = 0; passed < ms && far_published() != n; passed += 100)
        far_pass(100);
    return far_published() == n;
}

/* A server whose lease is so long, and that will not name the one before. */
static void leased(uint8_t n, uint32_t seconds)
{
    static const struct far_lease usual = {.is_there = true, .router = 1, .resolver = 3};

    far_lease = usual;
    far_lease.gives = n;
    far_lease.seconds = seconds;
}

static void an_address_is_taken(void **state)
{
    far_pass(3000); /* nobody answers */
    assert_int_equal(far_published(), 0);
    assert_int_equal(gateway(), 0);
    assert_in_range(far_asked_count, 1, 3);
    leased(50, 20 * 60);
    assert_true(is_published(50, 10000));
    assert_int_equal(gateway(), 1);
    assert_resolver(3);
}

/* RFC 2131, 4.4.5: at half of its time the server that gave it is asked, and nobody else. */
static void a_lease_is_renewed(void **state)
{
    for (unsigned i = 0; i < 5; i++) {
        unsigned before = far_ms();

        far_asked_count = 0;
        far_lease.resolver = (uint8_t)(4 + i);
        while (far_asked_count == 0 && far_ms() - before < 30 * MINUTE)
            far_pass(1000);
        assert_in_range(far_ms() - before, 9 * MINUTE, 10 * MINUTE + 1000);
        assert_int_equal(far_asked_count, 1);
        assert_int_equal(far_asked[0].kind, FAR_REQUEST);
        assert_int_equal(far_asked[0].has, 50);
        assert_false(far_asked[0].is_to_all);
        assert_int_equal(far_published(), 50);
        assert_int_equal(gateway(), 1);
        assert_resolver(4 + i);
    }
}

/* The server is silent: it is asked again, then all are, who answer. */
static void a_lease_is_rebound(void **state)
{
    unsigned before = far_ms();

    far_asked_count = 0;
    far_lease.is_there = false;
    while (far_ms() - before < 17 * MINUTE)
        far_pass(1000);
    assert_in_range(far_asked_count, 2, 6);
    for (unsigned i = 0; i < far_asked_count; i++)
        assert_false(far_asked[i].is_to_all);
    far_asked_count = 0;
    far_lease.is_there = true;
    while (far_asked_count == 0 && far_ms() - before < 30 * MINUTE)
        far_pass(1000);
    assert_in_range(far_ms() - before, 17 * MINUTE, 19 * MINUTE);
    assert_true(far_asked[0].is_to_all);
    assert_int_equal(far_asked[0].has, 50);
    assert_int_equal(far_published(), 50);
    far_asked_count = 0;
    far_pass(8 * MINUTE); /* a whole new lease */
    assert_int_equal(far_asked_count, 0);
}

/* ---- sockets ---- */

static char bytes[10000];

static struct socket *opened(struct file **file)
{
    assert_int_equal(socket_create(AF_INET, SOCK_STREAM, 0, NONBLOCKING, file), 0);
    return socket_of(*file);
}

static void set(struct socket *socket, int level, int option, int value)
{
    assert_int_equal(socket_set_option(socket, level, option, &value, sizeof(value)), 0);
}

static int dial(struct socket *socket, uint16_t family)
{
    struct socket_name name = {.size = 16, .family = family};

    name.bytes[3] = FAR_PORT;
    memcpy(name.bytes + 4, (uint8_t[]){10, 0, 0, 1}, 4);
    return socket->ops->connect(socket, &name, true);
}

static struct socket *connected(struct file **file)
{
    struct socket *socket = opened(file);

    assert_int_equal(dial(socket, AF_INET), -EINPROGRESS);
    far_pass(1);
    assert_int_equal(socket->state, SOCKET_CONNECTED);
    return socket;
}

static long send_more(struct file *file, size_t size, unsigned flags)
{
    struct io io;
    struct socket_message message = {.io = &io, .flags = flags | MSG_NOSIGNAL};

    io_single(&io, (uintptr_t)bytes, size);
    return socket_send(file, &message);
}

static long receive(struct file *file)
{
    struct io io;
    struct socket_message message = {.io = &io};

    io_single(&io, (uintptr_t)bytes, sizeof(bytes));
    return socket_receive(file, &message);
}

/* Nobody answers, and the time of the lease is over: the address goes, and all that had it. Another
 * server gives another one. */
static void a_lease_ends(void **state)
{
    struct file *file;
    unsigned before = far_ms();
    struct socket *socket = connected(&file);

    far_lease.is_there = false;
    far_pass(9 * MINUTE);
    assert_int_equal(far_published(), 50);
    assert_true(is_published(0, 12 * MINUTE));
    assert_in_range(far_ms() - before, 10 * MINUTE, 21 * MINUTE);
    assert_int_equal(gateway(), 0);
    assert_int_equal(receive(file), -ETIMEDOUT);
    file_put(file);
    socket = opened(&file);
    assert_int_equal(dial(socket, AF_INET), -ENETUNREACH);
    file_put(file);
    far_asked_count = 0;
    far_pass(5 * MINUTE); /* it goes on asking, and not too often */
    assert_in_range(far_asked_count, 4, 12);
    leased(60, 20 * 60);
    assert_true(is_published(60, 2 * MINUTE));
    assert_int_equal(gateway(), 1);
    assert_resolver(3);
    socket = connected(&file);
    assert_int_equal(socket->inet.local.bytes[15], 60);
    file_put(file);
}

/* "No longer": at once, and another one is asked for. */
static void a_lease_is_refused(void **state)
{
    struct file *file;
    unsigned before = far_ms();

    (void)connected(&file);
    far_asked_count = 0;
    far_lease.gives = 70;
    assert_true(is_published(70, 11 * MINUTE));
    assert_in_range(far_ms() - before, 5 * MINUTE, 11 * MINUTE);
    assert_int_equal(receive(file), -ETIMEDOUT);
    assert_int_equal(far_asked_count, 3);
    assert_int_equal(far_asked[0].has, 60);
    assert_int_equal(far_asked[1].kind, FAR_DISCOVER);
    file_put(file);
}

/* The server acknowledges another address than was asked for, with another router. */
static void a_lease_is_changed(void **state)
{
    struct file *file;
    struct socket *socket;

    (void)connected(&file);
    far_lease.gives = 80;
    far_lease.changes = true;
    far_lease.router = 2;
    assert_true(is_published(80, 11 * MINUTE));
    assert_int_equal(gateway(), 2);
    assert_int_equal(receive(file), -ETIMEDOUT);
    file_put(file);
    socket = connected(&file);
    assert_int_equal(socket->inet.local.bytes[15], 80);
    file_put(file);
}

/* For ever: nobody is asked any more. It stays for the tests below. */
static void a_lease_has_no_end(void **state)
{
    leased(90, UINT32_MAX); /* another server, which knows nothing of the old one */
    assert_true(is_published(90, 11 * MINUTE));
    far_asked_count = 0;
    far_lease.is_there = false;
    far_pass(600 * MINUTE);
    assert_int_equal(far_asked_count, 0);
    assert_int_equal(far_published(), 90);
}

/* ---- a cork ---- */

/* What has come since the last time: sizes in order, 0 ends them. */
#define ASSERT_CAME(...) assert_came((const unsigned[]){__VA_ARGS__, 0})
static void assert_came(const unsigned *sizes)
{
    for (unsigned i = 0; i < far_segment_count; i++)
        assert_int_equal(far_segments[i].size, sizes[i]);
    assert_int_equal(sizes[far_segment_count], 0);
    far_segment_count = 0;
}

static void nothing_came(void)
{
    far_pass(1);
    assert_int_equal(far_segment_count, 0);
}

/* Just behind a turn of the clock, so that the next one is far. */
static void clock_turns(struct file *file)
{
    static const unsigned one[] = {1, 0};

    assert_int_equal(send_more(file, 1, MSG_MORE), 1);
    for (unsigned passed = 0; passed <= TICK && far_segment_count == 0; passed++)
        far_pass(1);
    assert_came(one);
}

static void more_waits_for_the_rest(void **state)
{
    struct file *file;
    struct socket *socket = connected(&file);

    for (int nodelay = 0; nodelay <= 1; nodelay++) {
        set(socket, LEVEL_TCP, TCP_NODELAY, nodelay);
        clock_turns(file);
        assert_int_equal(send_more(file, 5, MSG_MORE), 5);
        nothing_came();
        assert_int_equal(send_more(file, 6, MSG_MORE), 6);
        nothing_came();
        assert_int_equal(send_more(file, 7, 0), 7);
        far_pass(1);
        ASSERT_CAME(18);
        far_acknowledges = false; /* an acknowledgement lets go of the rest, as on Linux */
        assert_int_equal(send_more(file, 2 * FULL + 10, MSG_MORE), 2 * FULL + 10);
        far_pass(1);
        ASSERT_CAME(FULL, FULL);
        far_acknowledges = true;
        far_say(0, 0);
        far_pass(1);
        ASSERT_CAME(10);
    }
    file_put(file);
    far_pass(1);
}

/* man 7 tcp: 200 ms. */
static void nothing_waits_for_long(void **state)
{
    struct file *file;
    struct socket *socket = connected(&file);

    for (int cork = 0; cork <= 1; cork++) {
        set(socket, LEVEL_TCP, TCP_CORK, cork);
        for (unsigned phase = 0; phase < 20; phase++) {
            clock_turns(file);
            far_pass(phase * TICK / 20);
            unsigned before = far_ms();

            assert_int_equal(send_more(file, 5, MSG_MORE), 5);
            far_pass(TICK);
            assert_in_range(far_segments[0].ms - before, 0, TICK);
            ASSERT_CAME(5);
        }
    }
    file_put(file);
    far_pass(1);
}

static void a_cork_holds_what_is_not_full(void **state)
{
    struct file *file;
    struct socket *socket = connected(&file);

    for (int nodelay = 0; nodelay <= 1; nodelay++) {
        set(socket, LEVEL_TCP, TCP_NODELAY, nodelay);
        clock_turns(file);
        set(socket, LEVEL_TCP, TCP_CORK, 1);
        assert_int_equal(send_more(file, 5, 0), 5);
        nothing_came();
        assert_int_equal(send_more(file, 2 * FULL, 0), 2 * FULL);
        far_pass(1); /* and is acknowledged */
        ASSERT_CAME(FULL, FULL);
        far_say(10, 0);
        nothing_came(); /* but for an acknowledgement, perhaps */
        assert_int_equal(send_more(file, FULL - 5, 0), FULL - 5);
        far_pass(1);
        ASSERT_CAME(FULL);
        assert_int_equal(send_more(file, 6, 0), 6);
        assert_int_equal(send_more(file, 7, 0), 7);
        nothing_came();
        set(socket, LEVEL_TCP, TCP_CORK, 0);
        far_pass(1);
        assert_true(far_segments[0].flags & PUSH);
        ASSERT_CAME(13);
        assert_int_equal(send_more(file, 8, 0), 8);
        far_pass(1);
        ASSERT_CAME(8);
    }
    assert_int_equal(receive(file), 20);
    file_put(file);
    far_pass(1);
}

static void no_delay_pushes(void **state)
{
    struct file *file;
    struct socket *socket = connected(&file);

    clock_turns(file);
    set(socket, LEVEL_TCP, TCP_CORK, 1);
    assert_int_equal(send_more(file, 5, 0), 5);
    set(socket, SOL_SOCKET, SO_KEEPALIVE, 0);
    nothing_came();
    set(socket, LEVEL_TCP, TCP_NODELAY, 1);
    far_pass(1);
    ASSERT_CAME(5);
    assert_int_equal(send_more(file, 6, 0), 6);
    nothing_came();
    file_put(file);
    far_pass(1);
    assert_true(far_segments[0].flags & END);
    ASSERT_CAME(6);
}

static void an_end_pushes(void **state)
{
    struct file *file;
    struct socket *socket = opened(&file);

    set(socket, LEVEL_TCP, TCP_CORK, 1); /* before there is a connection */
    assert_int_equal(dial(socket, AF_INET), -EINPROGRESS);
    far_pass(1);
    assert_int_equal(socket->state, SOCKET_CONNECTED);
    clock_turns(file);
    assert_int_equal(send_more(file, 5, 0), 5);
    nothing_came();
    assert_int_equal(socket->ops->shutdown(socket, SHUT_SEND), 0);
    far_pass(1);
    assert_true(far_segments[0].flags & END);
    ASSERT_CAME(5);
    file_put(file);
    far_pass(1);
}

/* A piece that was lost is no new one: it goes again when its time has come. */
static void a_cork_does_not_hold_what_was_lost(void **state)
{
    struct file *file;
    struct socket *socket = connected(&file);

    set(socket, LEVEL_TCP, TCP_NODELAY, 1);
    set(socket, LEVEL_TCP, TCP_CORK, 1);
    far_loses = 2;
    assert_int_equal(send_more(file, FULL + 5, 0), FULL + 5);
    for (unsigned passed = 0; passed < 9000 && far_segment_count < 2; passed++)
        far_pass(1);
    assert_int_equal(far_loses, 0);
    assert_int_equal(far_segments[1].ms, far_segments[0].ms); /* not a turn of the clock later */
    ASSERT_CAME(FULL, 5);
    file_put(file);
    far_pass(1);
}

/* ---- no room at the other end ---- */

static unsigned room;

static void no_room(void)
{
    room = far_window;
    far_window = 0;
    far_say(1, 0); /* with something new, or it is not believed */
}

/* Sent, lost for all that is known, and waiting for room when it turns out to have come. */
static void what_came_waits_for_no_room(void **state)
{
    struct file *file;
    struct socket *socket = connected(&file);

    set(socket, LEVEL_TCP, TCP_NODELAY, 1);
    far_acknowledges = false;
    assert_int_equal(send_more(file, 5, 0), 5);
    far_pass(1);
    ASSERT_CAME(5);
    far_owes = 5;
    no_room();
    far_pass(5000); /* its time to go again comes, and there is no room */
    far_owes = 0;
    far_say(0, 0);
    far_pass(5000);
    far_segment_count = 0;
    far_window = room;
    far_acknowledges = true;
    far_say(1, 0);
    assert_int_equal(send_more(file, 7, 0), 7);
    far_pass(1);
    ASSERT_CAME(7);
    file_put(file);
    far_pass(1);
}

/* Pushed into no room, it is no longer the cork's: it goes as soon as there is some. */
static void a_cork_does_not_hold_what_waits_for_room(void **state)
{
    struct file *file;
    struct socket *socket = connected(&file);

    set(socket, LEVEL_TCP, TCP_CORK, 1);
    no_room();
    assert_int_equal(send_more(file, 5, 0), 5);
    far_pass(3 * TICK);
    far_segment_count = 0;
    far_window = room;
    far_say(1, 0);
    far_pass(1);
    ASSERT_CAME(5);
    file_put(file);
    far_pass(1);
}

/* ---- the other end ---- */

static void who_has_vanished_is_found_out(void **state)
{
    struct file *file;
    struct socket *socket = connected(&file);

    assert_int_equal(send_more(file, 1, 0), 1);
    far_pass(1);
    ASSERT_CAME(1);
    set(socket, LEVEL_TCP, TCP_KEEPIDLE, 10);
    set(socket, LEVEL_TCP, TCP_KEEPINTVL, 5);
    set(socket, LEVEL_TCP, TCP_KEEPCNT, 3);
    far_pass(100000); /* it is not asked for yet */
    assert_int_equal(far_segment_count, 0);
    set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    far_pass(60000); /* it is there, and says so */
    assert_in_range(far_segment_count, 4, 7);
    assert_int_equal(receive(file), -EAGAIN);
    far_say(0, 0);
    unsigned before = far_ms();

    far_segment_count = 0;
    far_is_silent = true;
    far_pass(24000);
    assert_int_equal(far_segment_count, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(far_segments[i].ms - before, 10000 + i * 5000, 10500 + i * 5000);
    assert_int_equal(receive(file), -EAGAIN);
    far_pass(2000);
    assert_int_equal(receive(file), -ETIMEDOUT);
    assert_int_equal(socket->ops->poll(socket) & (EVENT_IN | EVENT_HUP), EVENT_IN | EVENT_HUP);
    file_put(file);
    far_is_silent = false;
}

/* As on Linux: it says that nothing more is wanted, and takes what comes all the same. */
static void bytes_come_after_the_end_of_reading(void **state)
{
    struct file *file;
    struct socket *socket = connected(&file);

    assert_int_equal(socket->ops->shutdown(socket, SHUT_RECEIVE), 0);
    assert_int_equal(receive(file), 0);
    far_say(10, 0);
    assert_int_equal(receive(file), 10);
    assert_int_equal(receive(file), 0);
    far_say(0, RESET);
    assert_int_equal(receive(file), -ECONNRESET);
    file_put(file);
}

/* When it answers from so many ms on: how long it takes. */
static unsigned connected_after(unsigned lost_ms)
{
    struct file *file;
    struct socket *socket = opened(&file);
    unsigned before = far_ms();

    far_is_silent = true;
    assert_int_equal(dial(socket, AF_INET), -EINPROGRESS);
    far_pass(lost_ms);
    far_is_silent = false;
    while (socket->state == SOCKET_CONNECTING)
        far_pass(10);
    unsigned ms = far_ms() - before;

    file_put(file);
    far_pass(1);
    far_say(0, RESET);
    return ms;
}

/* RFC 6298: a second, two, four, and no more than that. */
static void a_first_loss_costs_a_second(void **state)
{
    struct file *file;
    struct socket *socket;

    far_pass(6 * MINUTE); /* so that its hardware address is known anew, and for minutes */
    (void)connected_after(0);
    assert_in_range(connected_after(100), 800, 1100);
    assert_in_range(connected_after(1200), 2600, 3300);
    assert_in_range(connected_after(12000), 14000, 15500);
    (void)connected(&file);
    far_loses = 1;
    unsigned before = far_ms();

    assert_int_equal(send_more(file, 5, 0), 5);
    for (unsigned passed = 0; passed < 5000 && far_segment_count == 0; passed++)
        far_pass(1);
    assert_in_range(far_ms() - before, 400, 1100);
    ASSERT_CAME(5);
    file_put(file);
    far_pass(1);
    far_say(0, RESET);
    socket = opened(&file);
    far_is_silent = true;
    assert_int_equal(dial(socket, AF_INET), -EINPROGRESS);
    for (before = far_ms(); socket->state == SOCKET_CONNECTING && far_ms() - before < 3 * MINUTE;)
        far_pass(100);
    far_is_silent = false;
    assert_in_range(far_ms() - before, 17000, 21000);
    assert_int_equal(receive(file), -ETIMEDOUT);
    file_put(file);
    far_segment_count = 0;
}

/* While the last connection to the same end is known, another port is taken. One that the program
 * asked for serves again if that connection only fades away (ours ended first). */
static void a_port_serves_again(void **state)
{
    struct socket_name name = {.size = 16, .family = AF_INET};

    name.bytes[2] = 10;
    for (int fades = 0; fades <= 1; fades++) {
        for (int asked = 0; asked <= 1; asked++) {
            uint16_t port[2];

            for (int again = 0; again <= 1; again++) {
                struct file *file;
                struct socket *socket = opened(&file);
                int refused = again && asked && !fades;

                srand(7); /* the first choice is the same */
                if (asked)
                    assert_int_equal(socket->ops->bind(socket, &name), 0);
                assert_int_equal(dial(socket, AF_INET), refused ? -EADDRNOTAVAIL : -EINPROGRESS);
                far_pass(1);
                if (!refused)
                    assert_int_equal(socket->state, SOCKET_CONNECTED);
                port[again] = socket->inet.local.port;
                file_put(file);
                far_pass(1);
                if (fades || again)
                    far_say(0, END);
            }
            assert_int_equal(port[0] == port[1], asked);
        }
    }
}

/* The other end has ended, and so does the program: what is under way arrives, however long it
 * takes, as long as some of it does each minute. */
static void a_slow_reader_gets_all(void **state)
{
    struct file *file;
    unsigned size = 5 * sizeof(bytes), before = far_ms();

    (void)connected(&file);
    far_say(0, END);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(send_more(file, sizeof(bytes), 0), sizeof(bytes));
    file_put(file);
    room = far_window;
    far_window = 5000;
    far_acknowledges = false;
    while (far_has() < size && far_ms() - before < 10 * MINUTE) {
        far_segment_count = 0;
        far_pass(5000);
        far_say(0, 0);
    }
    far_window = room;
    far_acknowledges = true;
    assert_in_range(far_ms() - before, 2 * MINUTE, 6 * MINUTE);
    far_pass(5000);
    assert_int_equal(far_has(), size + 1);
    far_segment_count = 0;
}

static unsigned woken;

static void wake(struct waiter *waiter, unsigned events)
{
    woken++;
}

static void who_waits_hears_of_a_disconnection(void **state)
{
    for (int making = 0; making <= 1; making++) {
        struct waiter waiter = {.wake = wake};
        struct file *file;
        struct socket *socket = opened(&file);

        assert_int_equal(dial(socket, AF_INET), -EINPROGRESS);
        if (!making)
            far_pass(1);
        wait_add(&socket->waits, &waiter);
        woken = 0;
        assert_int_equal(dial(socket, AF_UNSPEC), 0);
        assert_int_equal(woken, 1);
        wait_remove(&waiter);
        assert_int_equal(receive(file), -ECONNRESET);
        assert_int_equal(receive(file), -ENOTCONN);
        assert_int_equal(dial(socket, AF_INET), -EINPROGRESS);
        assert_int_equal(dial(socket, AF_UNSPEC), 0);
        assert_int_equal(dial(socket, AF_INET), -EINPROGRESS); /* the error was the old one's */
        far_pass(1);
        assert_int_equal(socket->state, SOCKET_CONNECTED);
        assert_int_equal(receive(file), -EAGAIN);
        file_put(file);
        far_pass(1);
    }
}

/* man 7 socket: who closes waits, who ends does not. */
static void an_exit_does_not_linger(void **state)
{
    struct file *file;
    int pair[2] = {1, 5};

    far_acknowledges = false;
    for (int ends = 0; ends <= 1; ends++) {
        struct socket *socket = connected(&file);

        assert_int_equal(socket_set_option(socket, SOL_SOCKET, SO_LINGER, pair, sizeof(pair)), 0);
        assert_int_equal(send_more(file, 5, 0), 5);
        fake_sleeps = 0;
        fake_process_ends = ends;
        file_put(file);
        fake_process_ends = false;
        assert_int_equal(fake_sleeps, !ends);
        far_pass(1);
        assert_true(far_segments[far_segment_count - 1].flags & END);
        far_say(0, RESET);
    }
    far_acknowledges = true;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_taken),
        cmocka_unit_test(a_lease_is_renewed),
        cmocka_unit_test(a_lease_is_rebound),
        cmocka_unit_test(a_lease_ends),
        cmocka_unit_test(a_lease_is_refused),
        cmocka_unit_test(a_lease_is_changed),
        cmocka_unit_test(a_lease_has_no_end),
        cmocka_unit_test(more_waits_for_the_rest),
        cmocka_unit_test(nothing_waits_for_long),
        cmocka_unit_test(a_cork_holds_what_is_not_full),
        cmocka_unit_test(no_delay_pushes),
        cmocka_unit_test(an_end_pushes),
        cmocka_unit_test(a_cork_does_not_hold_what_was_lost),
        cmocka_unit_test(what_came_waits_for_no_room),
        cmocka_unit_test(a_cork_does_not_hold_what_waits_for_room),
        cmocka_unit_test(who_has_vanished_is_found_out),
        cmocka_unit_test(bytes_come_after_the_end_of_reading),
        cmocka_unit_test(a_first_loss_costs_a_second),
        cmocka_unit_test(a_port_serves_again),
        cmocka_unit_test(a_slow_reader_gets_all),
        cmocka_unit_test(who_waits_hears_of_a_disconnection),
        cmocka_unit_test(an_exit_does_not_linger),
    };

    fake_start();
    far_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
