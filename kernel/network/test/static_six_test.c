/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: build/lwip/src/core/def.c build/lwip/src/core/inet_chksum.c build/lwip/src/core/init.c build/lwip/src/core/ip.c build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/netif.c build/lwip/src/core/pbuf.c build/lwip/src/core/tcp.c build/lwip/src/core/tcp_in.c build/lwip/src/core/tcp_out.c build/lwip/src/core/udp.c build/lwip/src/core/ipv4/dhcp.c build/lwip/src/core/ipv4/etharp.c build/lwip/src/core/ipv4/icmp.c build/lwip/src/core/ipv4/igmp.c build/lwip/src/core/ipv4/ip4.c build/lwip/src/core/ipv4/ip4_addr.c build/lwip/src/core/ipv4/ip4_frag.c build/lwip/src/core/ipv6/ethip6.c build/lwip/src/core/ipv6/icmp6.c build/lwip/src/core/ipv6/inet6.c build/lwip/src/core/ipv6/ip6.c build/lwip/src/core/ipv6/ip6_addr.c build/lwip/src/core/ipv6/ip6_frag.c build/lwip/src/core/ipv6/mld6.c build/lwip/src/core/ipv6/nd6.c build/lwip/src/netif/ethernet.c */
/* TEST-SOURCES: kernel/network/stack.c kernel/network/clock.c kernel/network/resolver.c kernel/network/static_six.c kernel/network/address_option.c kernel/network/filter.c kernel/network/unreachable.c kernel/network/merge.c kernel/network/row.c kernel/network/tcp_frame.c kernel/network/connections.c kernel/network/segment.c kernel/network/cookie.c kernel/network/resume.c kernel/network/interface_link.c kernel/network/test/far_host.c */
/* TEST-SOURCES: kernel/network/wire.c kernel/network/tcp.c kernel/network/tcp_send.c kernel/network/tcp_option.c kernel/network/cork.c kernel/network/udp.c kernel/network/neighbour.c kernel/network/inet_option.c kernel/network/interface.c kernel/network/interface_call.c kernel/network/netlink.c kernel/network/multicast.c */
/* TEST-SOURCES: kernel/file/ring.c kernel/file/pipe.c kernel/file/readiness.c kernel/file/eventfd.c kernel/file/epoll.c kernel/file/attachment.c kernel/file/socket.c kernel/file/socket_option.c kernel/file/stream.c kernel/file/message.c kernel/file/socket_local.c kernel/file/inet.c kernel/file/inet_ports.c kernel/file/socket_inet.c kernel/file/socket_udp.c */
/* TEST-SOURCES: kernel/file/socket_collect.c kernel/file/file.c kernel/memory/user_copy.c kernel/file/test/fake_events.c kernel/file/socket_node.c kernel/file/connection.c kernel/file/test/fake_channel.c */
/* A node whose address of IPv6 a boot option gives: that it asks whether it is free, has it, goes
 * by its gateway, and ends with it when it is another's. And what such an option may be. */
#include <asm/errno.h>
#include <linux/if_addr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <lwip/ip6.h>
#include <lwip/netif.h>

#include "file/inet.h"
#include "file/test/fake_events.h"
#include "linux/socket_abi.h"
#include "network/address_option.h"
#include "network/interface.h"
#include "network/stack.h"
#include "network/static_six.h"
#include "network/test/far_host.h"

static const uint8_t own[16] = {0xfd, [15] = 2}, router[16] = {0xfe, 0x80, [15] = 1},
                     neighbour[16] = {0xfd, [15] = 9}, shared[16] = {0xfd, 1, [15] = 1},
                     elsewhere[16] = {0x20, 1, 0xd, 0xb8, [15] = 9};

/* Of those that programs see; NULL: none. */
static const struct interface_address *seen(const uint8_t six[16])
{
    static struct interface_address address;

    for (unsigned n = 0; interface_address_at(n, &address); n++) {
        if (!address.is_v4 && memcmp(address.bytes, six, 16) == 0)
            return &address;
    }
    return NULL;
}

static void call(const uint8_t to[16])
{
    struct socket_name name = {.size = 28, .family = AF_INET6};
    struct file *file;

    assert_int_equal(socket_create(AF_INET6, SOCK_STREAM, 0, 04000, &file), 0);
    name.bytes[3] = FAR_PORT;
    memcpy(name.bytes + 8, to, 16);
    struct socket *socket = socket_of(file);

    assert_int_equal(socket->ops->connect(socket, &name, true), -EINPROGRESS);
    far_pass(100);
    file_put(file);
    far_pass(5000);
}

/* The option names no node: it is for all, and the first one has it. */
static void one_node_has_it(void **state)
{
    assert_memory_equal(static_six_of(0), own, 16);
    assert_null(static_six_of(1));
    assert_int_equal(static_sixes()->count, 1);
    assert_false(static_six_share(own));
    assert_true(static_six_share(elsewhere));
    assert_int_equal(static_sixes()->count, 2);
}

static void it_is_asked_for_first(void **state)
{
    assert_memory_equal(far_sought, own, 16);
    assert_true(seen(own)->flags & IFA_F_TENTATIVE);
    far_pass(3000);
    assert_int_equal(seen(own)->flags, IFA_F_PERMANENT);
    assert_int_equal(seen(own)->prefix, 64);
    assert_string_equal(far_logged, "network: n0 has address FD00::2");
}

static void a_neighbour_is_asked_for_itself(void **state)
{
    call(neighbour);
    assert_memory_equal(far_sought, neighbour, 16);
}

static void others_are_behind_the_gateway(void **state)
{
    struct interface_route route;
    unsigned n = 0;

    call(elsewhere);
    assert_memory_equal(far_sought, router, 16);
    while (interface_route_at(n, &route) && (route.is_v4 || !route.has_gateway))
        n++;
    assert_true(interface_route_at(n, &route));
    assert_memory_equal(route.gateway, router, 16);
    assert_int_equal(route.prefix, 0);
}

static void names_are_asked_there(void **state)
{
    char text[200];

    text[resolver_text(text, sizeof(text) - 1)] = 0;
    assert_string_equal(text, "nameserver FD00::3\n");
}

static err_t no_output(struct netif *link)
{
    return ERR_OK;
}

/* The interface of the shared address has no way out. */
static void there_is_one_way_out(void **state)
{
    static struct netif other;
    ip6_addr_t to = {0}, from = {0};

    memcpy(from.addr, shared, 16);
    memcpy(to.addr, elsewhere, 16);
    netif_add(&other, NULL, NULL, NULL, NULL, no_output, NULL);
    netif_set_link_up(&other);
    netif_set_up(&other);
    memcpy(ip_2_ip6(&other.ip6_addr[0])->addr, shared, 16);
    netif_ip6_addr_set_valid_life(&other, 0, IP6_ADDR_LIFE_INFINITE - 1);
    netif_ip6_addr_set_state(&other, 0, IP6_ADDR_PREFERRED);
    assert_ptr_equal(ip6_route(&from, &to), &stack_link);
    netif_remove(&other);
}

static bool is_for_good(void)
{
    s8_t place = (s8_t)static_six_place();
    u32_t life = netif_ip6_addr_valid_life(&stack_link, place);

    return netif_ip6_addr_state(&stack_link, place) == IP6_ADDR_PREFERRED && seen(own) &&
           seen(own)->flags == IFA_F_PERMANENT &&
           (life == IP6_ADDR_LIFE_STATIC || life > IP6_ADDR_LIFE_INFINITE - 10);
}

/* An advertisement with a net on the link, for addresses, that ends at once. */
static void routers_change_nothing(void **state)
{
    assert_false(stack_link.ip6_autoconfig_enabled);
    for (uint32_t seconds = 0; seconds <= 86400; seconds += 86400) {
        far_router(own, seconds);
        static_six_look();
        far_pass(1000);
        assert_true(is_for_good());
    }
    far_router(elsewhere, 86400);
    static_six_look();
    call(elsewhere);
    assert_memory_equal(far_sought, router, 16);
}

/* As after its link was down: it asks again, and somebody answers. */
static void it_is_somebody_elses(void **state)
{
    unsigned place = static_six_place();

    netif_ip6_addr_set_state(&stack_link, (s8_t)place, IP6_ADDR_TENTATIVE);
    far_neighbour(own);
    static_six_look();
    assert_null(seen(own));
    assert_string_equal(far_logged, "network: FD00::2 is somebody else's: n0 does without it");
}

static void of_one_address(void **state)
{
    static const struct {
        const char *text;
        bool is_four, is_six;
    } all[] = {{"10.0.2.15", true, false},
               {"255.255.255.255", true, false},
               {"fd00::1", false, true},
               {"2001:DB8:1:2:3:4:5:6", false, true},
               {"fe80::1", false, true},
               {"", false, false},
               {"10.0.2.15 ", false, false},
               {"10.0.2.256", false, false},
               {"0.0.0.0", false, false},
               {"127.0.0.1", false, false},
               {"224.0.0.1", false, false},
               {"::", false, false},
               {"::1", false, false},
               {"ff02::1", false, false},
               {"fd00::1%et0", false, false},
               {"fd00::1x", false, false},
               {"fd00:::1", false, false},
               {"fd00", false, false},
               {":", false, false},
               {"fd00::10000", false, false},
               {"fd00::", false, true},
               {"fd00::1:", false, false},
               {"10", false, false},
               {"10.515", false, false},
               {"10.0.0", false, false},
               {"10.0.0.2.", false, false},
               {"010.0.2.15", false, false},
               {"10.0.2.015", false, false},
               {"10.0.2.0", true, false},
               {"0x0a.0.2.15", false, false},
               {"1:2:3:4:5:6:7:8:9", false, false}};
    ip_addr_t address;

    for (unsigned i = 0; i < COUNT_OF(all); i++) {
        bool is_four = address_read(all[i].text, false, &address);
        bool is_six = address_read(all[i].text, true, &address);

        if (is_four != all[i].is_four || is_six != all[i].is_six)
            fail_msg("%s: %d %d", all[i].text, is_four, is_six);
    }
}

static void of_an_option(void **state)
{
    static const char *const good[] = {
        "fd00::2",          "fd00::2/64",   "fd00::2/128,fe80::1", "fd00::2/0,fd00::1,fd00::3",
        "fd00::2,,fd00::3", "fd00::2/64,,", "fd00::2,fd00::1,"};
    static const char *const bad[] = {"",
                                      ",",
                                      "/64",
                                      "fd00::2/",
                                      "fd00::2/129",
                                      "fd00::2/99999999999999999999",
                                      "fd00::2/-1",
                                      "fd00::2/64x",
                                      "fd00::2/64/64",
                                      "fd00::2/64,fd00::1/64",
                                      "fd00::2/64,10.0.0.1",
                                      "10.0.0.2/24",
                                      "fd00::2/64,fd00::1,fd00::3,fd00::4",
                                      "fd00::2/64,gateway"};
    struct address_option option;
    char large[2 * ADDRESS_OPTION_MAX];

    for (unsigned i = 0; i < COUNT_OF(good); i++) {
        if (!address_option_read(good[i], true, &option))
            fail_msg("%s", good[i]);
        assert_memory_equal(ip_2_ip6(&option.address)->addr, own, 16);
        assert_int_equal(option.bits, i == 2 ? 128 : i == 3 ? 0 : 64);
        assert_int_equal(ip_addr_isany_val(option.gateway), i != 2 && i != 3 && i != 6);
        assert_int_equal(ip_addr_isany_val(option.resolver), i != 3 && i != 4);
    }
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        if (address_option_read(bad[i], true, &option))
            fail_msg("%s", bad[i]);
    }
    memset(large, '0', sizeof(large));
    large[sizeof(large) - 1] = 0;
    memcpy(large, "fd00::", 6);
    assert_false(address_option_read(large, true, &option));
    assert_true(address_option_read("10.0.0.2/32,10.0.0.1", false, &option));
    assert_int_equal(option.bits, 32);
    assert_true(address_option_read("10.0.0.2", false, &option));
    assert_int_equal(option.bits, 24);
    assert_true(address_option_read("10.0.0.2,0.0.0.0,10.0.0.3", false, &option));
    assert_true(ip_addr_isany_val(option.gateway));
    assert_false(ip_addr_isany_val(option.resolver));
    assert_true(address_option_read("fd00::2,::", true, &option));
    assert_true(ip_addr_isany_val(option.gateway));
    assert_false(address_option_read("10.0.0.2/33", false, &option));
    assert_false(address_option_read("fd00::2/24", false, &option));
}

/* Of an address without a net: it stays, and its neighbour is behind the gateway, too. */
static bool without_net(void)
{
    far_ip6 = "fd00::2/128,fe80::1";
    far_start();
    far_pass(4500);
    if (!is_for_good() || seen(own)->prefix != 128)
        return false;
    far_router(own, 86400);
    static_six_look();
    far_pass(3000);
    if (!is_for_good())
        return false;
    call(neighbour);
    return memcmp(far_sought, router, 16) == 0;
}

/* A stack begins once in a process. */
static void an_address_without_a_net(void **state)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(without_net() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int with_net(void **state)
{
    far_ip6 = "fd00::2/64,fe80::1,fd00::3";
    far_start();
    far_pass(1500);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_one_address),
        cmocka_unit_test(of_an_option),
        cmocka_unit_test(an_address_without_a_net),
        cmocka_unit_test_setup(one_node_has_it, with_net),
        cmocka_unit_test(it_is_asked_for_first),
        cmocka_unit_test(a_neighbour_is_asked_for_itself),
        cmocka_unit_test(others_are_behind_the_gateway),
        cmocka_unit_test(names_are_asked_there),
        cmocka_unit_test(there_is_one_way_out),
        cmocka_unit_test(routers_change_nothing),
        cmocka_unit_test(it_is_somebody_elses),
    };

    fake_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
