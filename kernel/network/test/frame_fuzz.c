/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: build/lwip/src/core/def.c build/lwip/src/core/inet_chksum.c build/lwip/src/core/init.c build/lwip/src/core/ip.c build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/netif.c build/lwip/src/core/pbuf.c build/lwip/src/core/tcp.c build/lwip/src/core/tcp_in.c build/lwip/src/core/tcp_out.c build/lwip/src/core/udp.c build/lwip/src/core/ipv4/dhcp.c build/lwip/src/core/ipv4/etharp.c build/lwip/src/core/ipv4/icmp.c build/lwip/src/core/ipv4/igmp.c build/lwip/src/core/ipv4/ip4.c build/lwip/src/core/ipv4/ip4_addr.c build/lwip/src/core/ipv4/ip4_frag.c build/lwip/src/core/ipv6/ethip6.c build/lwip/src/core/ipv6/icmp6.c build/lwip/src/core/ipv6/ip6.c build/lwip/src/core/ipv6/ip6_addr.c build/lwip/src/core/ipv6/ip6_frag.c build/lwip/src/core/ipv6/mld6.c build/lwip/src/core/ipv6/nd6.c build/lwip/src/netif/ethernet.c kernel/network/resolver.c kernel/network/filter.c kernel/network/unreachable.c kernel/network/merge.c kernel/network/tcp_frame.c kernel/network/row.c kernel/network/sender.c kernel/network/steer.c kernel/network/switch.c kernel/network/connections.c kernel/network/segment.c kernel/network/cookie.c kernel/lib/format.c kernel/lib/random.c */
/*
 * libFuzzer: frames of any content into lwIP with our options, a listening TCP port that echoes, a
 * UDP port and DHCP at work. Sums of IP, TCP, UDP and ICMP are put right, so that what lies behind
 * them is reached. An input is a row of frames: two bytes of length, then its bytes.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/inet_chksum.h>
#include <lwip/init.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>

#include "arch/arch.h"
#include "lib/random.h"
#include "linux/socket_abi.h"
#include "network/connections.h"
#include "network/filter.h"
#include "network/link.h"
#include "network/merge.h"
#include "network/row.h"
#include "network/segment.h"
#include "network/sender.h"
#include "network/stack.h"
#include "network/steer.h"
#include "network/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAME_MAX 1514
#define HEAD      14
#define PORT      8080

struct netif stack_link;
static uint32_t now_ms, random_state = 1;

/* ---- the kernel around lwIP ---- */

void *network_alloc(size_t size)
{
    return calloc(1, size);
}

void *network_alloc_zeroed(size_t count, size_t size)
{
    return calloc(count, size);
}

void network_free(void *memory)
{
    free(memory);
}

uint16_t network_sum(const void *bytes, int size)
{
    const uint8_t *at = bytes;
    uint32_t sum = 0;

    for (int i = 0; i < size; i++)
        sum += (uint32_t)at[i] << (i % 2 * 8);
    return (uint16_t)FOLD_U32T(FOLD_U32T(sum));
}

uint32_t network_random(void)
{
    return random_state = random_state * 1103515245 + 12345;
}

void network_broken(int line)
{
    abort();
}

uint32_t sys_now(void)
{
    return now_ms;
}

uint64_t arch_clock(void)
{
    return now_ms * 1000000UL;
}

/* The second port's backlog is always full. */
bool listener_is_full(const struct tcp_pcb_listen *listener)
{
    return listener->local_port != PORT;
}

const ip6_addr_t *static_six_gateway(void)
{
    return NULL;
}

bool stack_is_crowded(void)
{
    return random_state & 1;
}

static bool no_hardware(uint64_t *value)
{
    return false;
}

static uint64_t clock_of_test(void)
{
    return random_state;
}

void tcp_timer_needed(void)
{
}

/* ---- sockets, of which unreachable.c looks for one ---- */

static struct socket connected = {.state = SOCKET_CONNECTED};

void address_to_lwip(const struct inet_address *address, ip_addr_t *to)
{
    *to = (ip_addr_t)IPADDR6_INIT(0, 0, 0, 0);
    memcpy(ip_2_ip6(to)->addr, address->bytes, sizeof(address->bytes));
}

void address_from_lwip(const ip_addr_t *address, uint16_t port, struct inet_address *to)
{
    *to = (struct inet_address){.port = port};
}

bool inet_same_host(const struct inet_address *a, const struct inet_address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waiters);
}

void wake_all(struct wait_queue *queue, unsigned events)
{
}

void wire_lost(struct tcp_pcb *pcb, int error)
{
    tcp_abandon(pcb, 0);
}

/* The wire has room, or not. */
size_t link_room(const uint8_t *to, bool is_v6)
{
    return random_state % 8 ? CARD_CUT_MAX : 0;
}

bool link_send(struct io *frame, uint32_t word)
{
    static uint8_t bytes[CARD_CUT_MAX];
    struct card_task task;
    size_t size = 0;

    for (unsigned i = 0; i < frame->count; i++) {
        if (size + frame->segments[i].size > sizeof(bytes))
            abort();
        memcpy(bytes + size, (const void *)frame->segments[i].base, frame->segments[i].size);
        size += frame->segments[i].size;
    }
    if (size != frame->remaining || !tcp_frame_task(word, bytes, size, &task))
        abort();
    return true;
}

void io_kernel(struct io *io, void *base, size_t size)
{
    *io = (struct io){
        .count = 1, .remaining = size, .kernel = true, .single = {(uintptr_t)base, size}};
    io->segments = &io->single;
}

long io_get(struct io *io, void *to, size_t size)
{
    size = size < io->remaining ? size : io->remaining;
    memcpy(to, (const uint8_t *)io->segments[0].base + io->done, size);
    io->done += size;
    io->remaining -= size;
    return (long)size;
}

static err_t sent(struct netif *link, struct pbuf *frame)
{
    return row_output(frame, !(link->chksum_flags & NETIF_CHECKSUM_GEN_TCP));
}

static err_t net_init(struct netif *link)
{
    static const uint8_t address[6] = {2, 0, 0x12, 0x34, 0x56, 0};

    link->mtu = 1500;
    link->hwaddr_len = 6;
    memcpy(link->hwaddr, address, 6);
    link->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP |
                  NETIF_FLAG_MLD6 | NETIF_FLAG_LINK_UP;
    link->output = etharp_output;
    link->output_ip6 = ethip6_output;
    link->linkoutput = sent;
    return ERR_OK;
}

/* ---- programs ---- */

static err_t received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    if (!data)
        return tcp_close(pcb);
    tcp_recved(pcb, data->tot_len);
    (void)tcp_write(pcb, data->payload, data->len, TCP_WRITE_FLAG_COPY);
    (void)tcp_output(pcb);
    pbuf_free(data);
    return ERR_OK;
}

static err_t accepted(void *argument, struct tcp_pcb *pcb, err_t error)
{
    if (error != ERR_OK)
        return ERR_OK;
    segment_sizes(pcb);
    tcp_recv(pcb, received);
    return ERR_OK;
}

static void datagram(void *argument, struct udp_pcb *pcb, struct pbuf *data,
                     const ip_addr_t *address, u16_t port)
{
    (void)udp_sendto(pcb, data, address, port);
    pbuf_free(data);
}

static void begin(void)
{
    ip4_addr_t address, mask, gateway;

    random_init(no_hardware, clock_of_test, 1);
    lwip_init();
    IP4_ADDR(&address, 10, 9, 0, 10); /* as test/system/attack_wire.erl, whose frames are seeds */
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 9, 0, 1);
    netif_add(&stack_link, &address, &mask, &gateway, NULL, net_init, ethernet_input);
    netif_set_default(&stack_link);
    netif_set_up(&stack_link);
    netif_create_ip6_linklocal_address(&stack_link, 1);
    stack_link.ip6_autoconfig_enabled = 1;
    struct udp_pcb *udp = udp_new_ip_type(IPADDR_TYPE_ANY);
    struct tcp_pcb *tcp = tcp_new_ip_type(IPADDR_TYPE_ANY);

    udp_bind(udp, IP_ANY_TYPE, PORT);
    connected.inet.remote.port = PORT;
    wait_queue_init(&connected.waits);
    udp_recv(udp, datagram, &connected);
    tcp_bind(tcp, IP_ANY_TYPE, PORT);
    tcp_accept(tcp_listen_with_backlog(tcp, 255), accepted);
    tcp = tcp_new_ip_type(IPADDR_TYPE_V4);
    tcp_bind(tcp, IP4_ADDR_ANY, PORT + 1);
    tcp_accept(tcp_listen_with_backlog(tcp, 255), accepted);
}

/* ---- frames ---- */

static void put(uint8_t *at, uint16_t sum)
{
    memcpy(at, &sum, sizeof(sum));
}

/* The sum's place in a header of this protocol; 0: none. */
static size_t sum_at(uint8_t protocol)
{
    return protocol == IP_PROTO_TCP ? 16 : protocol == IP_PROTO_UDP ? 6 : protocol == 58 ? 2 : 0;
}

static void payload_sum(uint8_t *bytes, size_t size, uint8_t protocol, const ip_addr_t *from,
                        const ip_addr_t *to)
{
    size_t at = sum_at(protocol);

    if (at == 0 || at + 2 > size)
        return;
    put(bytes + at, 0);
    struct pbuf *whole = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_RAM);

    pbuf_take(whole, bytes, (u16_t)size);
    put(bytes + at, ip_chksum_pseudo(whole, protocol, (u16_t)size, from, to));
    pbuf_free(whole);
}

static void sums_right(uint8_t *frame, size_t size)
{
    uint8_t *ip = frame + HEAD;
    ip_addr_t from = IPADDR4_INIT(0), to = IPADDR4_INIT(0);
    uint16_t kind = (uint16_t)(frame[12] << 8 | frame[13]);

    size -= HEAD;
    if (kind == 0x800 && size >= 20) {
        size_t head = (ip[0] & 15U) * 4, length = (size_t)(ip[2] << 8 | ip[3]);

        if (head < 20 || head > length || length > size)
            return;
        memcpy(&ip_2_ip4(&from)->addr, ip + 12, 4);
        memcpy(&ip_2_ip4(&to)->addr, ip + 16, 4);
        put(ip + 10, 0);
        put(ip + 10, inet_chksum(ip, (u16_t)head));
        if (ip[9] == IP_PROTO_ICMP && length >= head + 4) {
            put(ip + head + 2, 0);
            put(ip + head + 2, inet_chksum(ip + head, (u16_t)(length - head)));
        }
        payload_sum(ip + head, length - head, ip[9], &from, &to);
    } else if (kind == 0x86dd && size >= 40) {
        size_t length = (size_t)(ip[4] << 8 | ip[5]);

        if (length > size - 40)
            return;
        IP_SET_TYPE_VAL(from, IPADDR_TYPE_V6);
        IP_SET_TYPE_VAL(to, IPADDR_TYPE_V6);
        memcpy(ip_2_ip6(&from)->addr, ip + 8, 16);
        memcpy(ip_2_ip6(&to)->addr, ip + 24, 16);
        payload_sum(ip + 40, length, ip[6], &from, &to);
    }
}

/* As network/stack.c: these three. */
static void input(struct pbuf *frame, u16_t believed)
{
    u16_t before = stack_link.chksum_flags;

    NETIF_SET_CHECKSUM_CTRL(&stack_link, before & (u16_t)~believed);
    if (stack_link.input(frame, &stack_link) != ERR_OK)
        pbuf_free(frame);
    NETIF_SET_CHECKSUM_CTRL(&stack_link, before);
}

static void held_input(void)
{
    unsigned count;
    struct pbuf *held = merge_take(&count);

    if (held)
        input(held, NETIF_CHECKSUM_CHECK_IP | NETIF_CHECKSUM_CHECK_TCP);
    row_end();
}

/* The first bytes, as they are; an answer comes from the shared address. */
static void steer_look(const uint8_t *frame, size_t size)
{
    static const struct steer_shared shared = {
        .hardware = {2, 0, 0x12, 0x34, 0x56, 0xff}, .four = 0x6402000a, .has_six = true};
    static const uint64_t key[STEER_KEY] = {1, 2, 3, 4, 5, 6};
    uint8_t answer[STEER_ANSWER_MAX];
    struct segment segment;

    (void)steer_read(key, frame, size < STEER_HEAD_MAX ? size : STEER_HEAD_MAX, &segment);
    size_t answer_size = steer_answers(frame, size, &shared, answer);

    if (answer_size > sizeof(answer) ||
        (answer_size && memcmp(answer + ADDRESS_SIZE, shared.hardware, ADDRESS_SIZE) != 0))
        abort();
}

/* What may be a node's is never of two, nor what the wire says of one. */
static void sender_look(const uint8_t *frame, size_t size)
{
    struct sender one = {.hardware = {2, 0, 0x12, 0x34, 0x56, 1}, .address = 0x1002000a};
    struct sender other = {.hardware = {2, 0, 0x12, 0x34, 0x56, 2}, .is_to_wire = true};
    static const uint8_t card[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    static const struct sender_sixes sixes = {1, {{0x20, 1, 0xd, 0xb8, [15] = 7}}};

    one.six = sixes.address[0];
    if (sender_is_true(&one, frame, size) && sender_is_true(&other, frame, size))
        abort();
    if (sender_says(frame, size) && sender_says_node(card, 4, &sixes, frame, size))
        abort();
}

static void frame_in(const uint8_t *bytes, size_t size)
{
    uint8_t frame[FRAME_MAX] = {0};
    struct pbuf *data;

    sender_look(bytes, size);
    steer_look(bytes, size);
    memcpy(frame, bytes, size);
    size = size < FRAME_MIN ? FRAME_MIN : size;
    sums_right(frame, size);
    struct io io;

    io_kernel(&io, frame, size);
    if (merge_append(&io, 0))
        return;
    held_input();
    data = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_RAM);
    memcpy(data->payload, frame, size);
    unreachable_seen(data);
    if (!filter_passes(frame, size))
        pbuf_free(data);
    else if (!merge_begin(data, 0))
        input(data, 0);
}

/* Each input begins where the one before has left lwIP, but for what time takes away. */
static void time_pass(void)
{
    for (unsigned i = 0; i < 40; i++) {
        now_ms += TCP_TMR_INTERVAL;
        connections_tick();
    }
    connections_address_ends(&stack_link.ip_addr);
    /* Pieces must all be gone: lwIP keeps pointers to them where no search for leaks looks. */
    for (unsigned i = 0; i <= IP_REASS_MAXAGE + IPV6_REASS_MAXAGE; i++) {
        ip_reass_tmr();
        ip6_reass_tmr();
    }
    for (unsigned i = 0; i < 20; i++) {
        etharp_tmr();
        nd6_tmr();
        igmp_tmr();
        mld6_tmr();
        dhcp_fine_tmr();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_begun;

    if (!is_begun)
        begin();
    is_begun = true;
    if (size & 1)
        dhcp_start(&stack_link);
    NETIF_SET_CHECKSUM_CTRL(&stack_link, size & 2
                                             ? NETIF_CHECKSUM_ENABLE_ALL
                                             : NETIF_CHECKSUM_ENABLE_ALL & ~NETIF_CHECKSUM_GEN_TCP);
    while (size >= 2) {
        size_t length = (size_t)(data[0] | data[1] << 8);

        data += 2;
        size -= 2;
        length = length < size ? length : size;
        if (length >= HEAD && length <= FRAME_MAX)
            frame_in(data, length);
        data += length;
        size -= length;
    }
    held_input();
    time_pass();
    row_end();
    dhcp_stop(&stack_link);
    return 0;
}
