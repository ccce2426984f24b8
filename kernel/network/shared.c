/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared addresses stand on an interface of its own, which never sends: answers go out by the
 * node's link, as all else. What is neither TCP nor UDP (echo, say) is the owner's.
 */
#include "network/shared.h"

#include <lwip/mld6.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>

#include "abi/published.h"
#include "device/card.h"
#include "lib/log.h"
#include "lib/string.h"
#include "memory/user_copy.h"
#include "network/address_option.h"
#include "network/connections.h"
#include "network/link.h"
#include "network/stack.h"
#include "network/static_six.h"
#include "network/steer.h"
#include "node/channel.h"
#include "node/self.h"

static struct netif interface;
static struct steer_shared shared;
static uint64_t members; /* whose addresses they are */
static bool is_member;

uint32_t shared_four(void)
{
    return shared.four;
}

const uint8_t *shared_six(void)
{
    return shared.has_six ? shared.six : NULL;
}

bool shared_is(const ip_addr_t *address)
{
    if (!is_member)
        return false;
    if (IP_IS_V4(address))
        return shared.four && ip_2_ip4(address)->addr == shared.four;
    return shared.has_six && memcmp(ip_2_ip6(address)->addr, shared.six, sizeof(shared.six)) == 0;
}

bool shared_is_for(const uint8_t *frame, size_t size)
{
    static const uint8_t four[] = {8, 0}, six[] = {0x86, 0xdd};
    const uint8_t *ip = frame + ETHERNET_HEAD, *type = ip - sizeof(four);

    if (size >= ETHERNET_HEAD + 20 && memcmp(type, four, sizeof(four)) == 0)
        return shared.four && memcmp(ip + 16, &shared.four, sizeof(shared.four)) == 0;
    return shared.has_six && size >= ETHERNET_HEAD + 40 && memcmp(type, six, sizeof(six)) == 0 &&
           memcmp(ip + 24, shared.six, sizeof(shared.six)) == 0;
}

/* ---- who listens ---- */

/* At one of the shared addresses, or at the one given. */
static bool is_at(const ip_addr_t *local, const ip_addr_t *to)
{
    if (IP_IS_ANY_TYPE_VAL(*local) || ip_addr_isany_val(*local))
        return !to || IP_IS_ANY_TYPE_VAL(*local) || IP_GET_TYPE(local) == IP_GET_TYPE(to);
    return to ? ip_addr_cmp_zoneless(local, to) : shared_is(local);
}

static bool listens_here(bool is_udp, uint16_t port, const ip_addr_t *to)
{
    for (const struct udp_pcb *pcb = is_udp ? udp_pcbs : NULL; pcb; pcb = pcb->next) {
        if (pcb->local_port == port && is_at(&pcb->local_ip, to))
            return true;
    }
    for (const struct tcp_pcb_listen *pcb = is_udp ? NULL : tcp_listen_pcbs.listen_pcbs; pcb;
         pcb = pcb->next) {
        if (pcb->local_port == port && is_at(&pcb->local_ip, to))
            return true;
    }
    return false;
}

void shared_tell(bool is_udp, uint16_t port)
{
    _Atomic uint64_t *word = &self_published->listens[is_udp][port / 64];
    uint64_t bit = 1UL << port % 64;
    uint64_t others = atomic_load_explicit(word, memory_order_relaxed) & ~bit;

    if (is_member)
        atomic_store_explicit(word, others | (listens_here(is_udp, port, NULL) ? bit : 0),
                              memory_order_release);
}

static uint64_t listeners(bool is_udp, uint16_t port)
{
    uint64_t set = 0;

    for (uint32_t node = 0; node < machine->node_count; node++) {
        uint64_t word = atomic_load_explicit(&published_of(node)->listens[is_udp][port / 64],
                                             memory_order_acquire);

        set |= (word >> port % 64 & 1) << node;
    }
    return set;
}

/* ---- whose it is ---- */

static ip_addr_t address_of(const struct segment *segment, const uint32_t words[4])
{
    ip_addr_t address = IPADDR4_INIT(words[0]);

    if (segment->is_six) {
        address = (ip_addr_t)IPADDR6_INIT(words[0], words[1], words[2], words[3]);
        ip6_addr_assign_zone(ip_2_ip6(&address), IP6_UNICAST, &stack_link);
    }
    return address;
}

/* A connection that is only half there is ours if we are the one that was answered: its first
 * segment, sent again, may have begun it on two nodes. */
static bool is_ours(bool is_udp, const struct segment *segment)
{
    ip_addr_t remote = address_of(segment, segment->from), local = address_of(segment, segment->to);

    if (is_udp)
        return listens_here(true, segment->to_port, &local);
    const struct tcp_pcb *pcb =
        connection_known(&remote, segment->from_port, &local, segment->to_port);

    if (pcb)
        return pcb->state != SYN_RCVD || !segment->has_acknowledged ||
               segment->acknowledged == pcb->snd_nxt;
    if (segment->begins)
        return listens_here(false, segment->to_port, &local);
    return connection_is_awaited(&remote, segment->from_port, &local, segment->to_port,
                                 segment->number, segment->acknowledged);
}

static bool is_reached(uint32_t node)
{
    uint32_t state = node_state(node);

    return (state == NODE_KERNEL || state == NODE_RUNNING) &&
           (node == self_node() || channel_is_up(node));
}

/* The best of those among `able` who live and can be told; the others are left out of it. */
static uint32_t next_of(const struct segment *segment, uint64_t listening, uint64_t *able)
{
    uint32_t node;

    while ((node = steer_next(segment->hash, *able, listening)) != STEER_NONE && !is_reached(node))
        *able &= ~(1UL << node);
    return node;
}

static void stack_take(const uint8_t *frame, size_t size, uint32_t word)
{
    struct io io;

    io_kernel(&io, (void *)(uintptr_t)frame, size);
    stack_steered(&io, word);
}

/* To whom it belongs. If that is nobody, the last one to be asked refuses it. */
static void steer(uint64_t asked, bool is_udp, const struct segment *segment, const uint8_t *frame,
                  size_t size, uint32_t word)
{
    uint64_t able = members & ~asked, listening = listeners(is_udp, segment->to_port);
    uint32_t self = self_node(), node = next_of(segment, listening, &able);

    if (node == self && !is_ours(is_udp, segment)) {
        able &= ~(1UL << self % NODES_MAX);
        node = next_of(segment, listening, &able);
    }
    if (node == self || (node == STEER_NONE && is_member))
        stack_take(frame, size, word);
    else if (node != STEER_NONE)
        link_steered(node, members & ~able, frame, size, word);
}

/* What has no connection is the owner's, or the first one's. */
static void other_steer(uint64_t asked, const uint8_t *frame, size_t size, uint32_t word)
{
    uint64_t able = members & ~asked;

    while (!is_member && able && !is_reached((uint32_t)__builtin_ctzl(able)))
        able &= able - 1;
    if (is_member)
        stack_take(frame, size, word);
    else if (able)
        link_steered((uint32_t)__builtin_ctzl(able), members & ~able, frame, size, word);
}

/* ---- frames ---- */

void shared_received(uint64_t asked, const uint8_t *frame, size_t size, uint32_t word)
{
    uint8_t head[STEER_HEAD_MAX];
    size_t head_size = size < sizeof(head) ? size : sizeof(head);
    struct segment segment;

    /* A card could change it while we decide. */
    memcpy(head, frame, head_size);
    enum steer_kind kind = shared_is_for(head, head_size)
                               ? steer_read(machine->steer_key, head, head_size, &segment)
                               : STEER_PIECE;

    if (kind == STEER_TCP || kind == STEER_UDP)
        steer(asked, kind == STEER_UDP, &segment, frame, size, word);
    else if (kind == STEER_OTHER)
        other_steer(asked, frame, size, word);
}

bool shared_takes(const uint8_t *frame, size_t size, uint32_t word)
{
    uint8_t answer[STEER_ANSWER_MAX];
    struct io io;

    if (!shared.four && !shared.has_six)
        return false;
    size_t answer_size = steer_answers(frame, size, &shared, answer);

    if (answer_size) {
        io_kernel(&io, answer, answer_size);
        (void)link_send_shared(&io, 0);
    } else if (memcmp(frame, shared.hardware, ADDRESS_SIZE) == 0) {
        shared_received(0, frame, size, word);
    } else {
        return false;
    }
    return true;
}

/* ---- start ---- */

static err_t nothing_out(struct netif *link, struct pbuf *frame, const ip4_addr_t *to)
{
    return ERR_RTE;
}

static err_t interface_init(struct netif *link)
{
    link->name[0] = 's';
    link->name[1] = 'h';
    link->mtu = CARD_FRAME_MAX - ETHERNET_HEAD;
    link->output = nothing_out;
    return ERR_OK;
}

/* Boot options. */
static void addresses_read(void)
{
    char text[48] = "", text_six[48] = "";
    ip_addr_t four, six;
    bool is_four = option_get("shared-ip", text, sizeof(text)) > 0;
    bool is_six = option_get("shared-ip6", text_six, sizeof(text_six)) > 0;

    if (is_four && !address_read(text, false, &four))
        log_line("network: option shared-ip=%s is no address", text);
    else if (is_four)
        shared.four = ip_2_ip4(&four)->addr;
    if (is_six && (!address_read(text_six, true, &six) || !address_is_global(&six) ||
                   !static_six_share((const uint8_t *)ip_2_ip6(&six)->addr))) {
        log_line("network: option shared-ip6=%s is no address that all nodes can have", text_six);
    } else if (is_six) {
        memcpy(shared.six, ip_2_ip6(&six)->addr, sizeof(shared.six));
        shared.has_six = true;
    }
}

/* It does not stand for a net of its own: lwIP takes that for granted of addresses without an end.
 * Switches that listen to groups must let questions for it through. */
static void six_start(void)
{
    ip6_addr_t *address = ip_2_ip6(&interface.ip6_addr[0]), group;

    memcpy(address->addr, shared.six, sizeof(shared.six));
    netif_ip6_addr_set_valid_life(&interface, 0, IP6_ADDR_LIFE_INFINITE - 1);
    netif_ip6_addr_set_state(&interface, 0, IP6_ADDR_PREFERRED);
    ip6_addr_set_solicitednode(&group, address->addr[3]);
    ip6_addr_assign_zone(&group, IP6_MULTICAST, &stack_link);
    (void)mld6_joingroup_netif(&stack_link, &group);
}

void shared_start(const uint8_t card[ADDRESS_SIZE], uint64_t nodes)
{
    ip4_addr_t address, mask = {IPADDR_BROADCAST};

    addresses_read();
    switch_shared(card, shared.hardware);
    members = nodes & (~0UL >> (64 - machine->node_count));
    is_member = (shared.four || shared.has_six) && (members >> self_node() & 1);
    if (!is_member)
        return;
    address.addr = shared.four;
    netif_add(&interface, &address, &mask, IP4_ADDR_ANY4, NULL, interface_init, NULL);
    netif_set_link_up(&interface);
    netif_set_up(&interface);
    if (shared.has_six)
        six_start();
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb; pcb = pcb->next)
        shared_tell(false, pcb->local_port);
    for (const struct udp_pcb *pcb = udp_pcbs; pcb; pcb = pcb->next)
        shared_tell(true, pcb->local_port);
}
