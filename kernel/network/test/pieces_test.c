/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/test/fake_kernel.c kernel/network/pieces.c build/lwip/src/core/def.c build/lwip/src/core/inet_chksum.c build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/pbuf.c */
/* A segment whose sum was left to the card has it when it goes in pieces; who came in pieces says
 * nothing of neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/inet_chksum.h>
#include <lwip/ip6_frag.h>
#include <lwip/netif.h>
#include <lwip/prot/ip6.h>

#include "network/static_six.h"

#define DATA 1440
#define SUM  (IP6_HLEN + 16)

err_t __wrap_ip6_frag(struct pbuf *packet, struct netif *link, const ip6_addr_t *to);
err_t __real_ip6_frag(struct pbuf *packet, struct netif *link, const ip6_addr_t *to);
void __wrap_nd6_input(struct pbuf *packet, struct netif *link);
void __real_nd6_input(struct pbuf *packet, struct netif *link);
static unsigned discovered, told;
static uint8_t sent[IP6_HLEN + 20 + DATA];
static unsigned sent_count;

/* ---- the kernel around it ---- */

err_t __real_ip6_frag(struct pbuf *packet, struct netif *link, const ip6_addr_t *to)
{
    assert_int_equal(pbuf_copy_partial(packet, sent, sizeof(sent), 0), sizeof(sent));
    sent_count++;
    return ERR_OK;
}

void static_six_look(void)
{
    told++;
}

void __real_nd6_input(struct pbuf *packet, struct netif *link)
{
    discovered++;
    pbuf_free(packet);
}

/* ---- tests ---- */

/* Of two pieces of memory, the second one of an odd number of bytes. */
static struct pbuf *packet_make(uint8_t kind)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, IP6_HLEN + 20 + 401, PBUF_RAM);
    struct pbuf *more = pbuf_alloc(PBUF_RAW, DATA - 401, PBUF_RAM);
    uint8_t *bytes = packet->payload;

    pbuf_cat(packet, more);
    for (unsigned i = 0; i < sizeof(sent); i++)
        pbuf_put_at(packet, (u16_t)i, (u8_t)random());
    bytes[0] = 0x60;
    bytes[4] = (20 + DATA) >> 8;
    bytes[5] = (20 + DATA) & 0xff;
    bytes[6] = kind;
    return packet;
}

/* Over addresses, length, protocol and all of the segment (RFC 8200, 8.1). */
static bool sum_is_right(void)
{
    static uint8_t all[40 + 20 + DATA];

    memset(all, 0, 40);
    memcpy(all, sent + 8, 32);
    all[34] = (20 + DATA) >> 8;
    all[35] = (20 + DATA) & 0xff;
    all[39] = 6;
    memcpy(all + 40, sent + IP6_HLEN, 20 + DATA);
    return network_sum(all, sizeof(all)) == 0xffff;
}

static void send(uint8_t kind, u16_t flags, uint8_t before[sizeof(sent)])
{
    struct netif link = {.chksum_flags = flags};
    struct pbuf *packet = packet_make(kind);
    static const ip6_addr_t to;

    pbuf_copy_partial(packet, before, sizeof(sent), 0);
    sent_count = 0;
    assert_int_equal(__wrap_ip6_frag(packet, &link, &to), ERR_OK);
    assert_int_equal(sent_count, 1);
    pbuf_free(packet);
}

static void the_sum_is_made(void **state)
{
    uint8_t before[sizeof(sent)];

    for (unsigned i = 0; i < 100; i++) {
        send(IP6_NEXTH_TCP, NETIF_CHECKSUM_ENABLE_ALL & ~NETIF_CHECKSUM_GEN_TCP, before);
        assert_true(sum_is_right());
        memcpy(before + SUM, sent + SUM, 2);
        assert_memory_equal(sent, before, sizeof(sent));
    }
}

static void all_else_is_left_alone(void **state)
{
    uint8_t before[sizeof(sent)];

    send(IP6_NEXTH_TCP, NETIF_CHECKSUM_ENABLE_ALL, before);
    assert_memory_equal(sent, before, sizeof(sent));
    send(IP6_NEXTH_UDP, NETIF_CHECKSUM_ENABLE_ALL & ~NETIF_CHECKSUM_GEN_TCP, before);
    assert_memory_equal(sent, before, sizeof(sent));
}

/* As lwIP puts pieces together: one behind the other. ASan sees who is not freed. */
static void discovery_comes_whole(void **state)
{
    for (unsigned pieces = 1; pieces <= 3; pieces++) {
        struct pbuf *packet = pbuf_alloc(PBUF_RAW, 8, PBUF_RAM);

        for (unsigned i = 1; i < pieces; i++)
            pbuf_cat(packet, pbuf_alloc(PBUF_RAW, 8, PBUF_RAM));
        discovered = told = 0;
        __wrap_nd6_input(packet, NULL);
        assert_int_equal(discovered, pieces == 1);
        assert_int_equal(told, 1); /* it may have said that our address is another's */
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_is_made),
        cmocka_unit_test(all_else_is_left_alone),
        cmocka_unit_test(discovery_comes_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
