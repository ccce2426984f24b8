/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared address stands on an interface of its own, which never sends: answers go out by the
 * node's link, as all else. What is no TCP (echo, say) is the owner's.
 */
#include "network/shared.h"

#include <lwip/priv/tcp_priv.h>

#include "abi/published.h"
#include "device/card.h"
#include "lib/log.h"
#include "lib/string.h"
#include "memory/user_copy.h"
#include "network/connections.h"
#include "network/link.h"
#include "network/stack.h"
#include "network/steer.h"
#include "node/channel.h"
#include "node/self.h"

static struct netif interface;
static uint32_t shared; /* 0: there is none */
static uint8_t hardware[ADDRESS_SIZE];

bool shared_is(uint32_t address)
{
    return shared && address == shared;
}

bool shared_is_for(const uint8_t *frame, size_t size)
{
    static const uint8_t type[] = {8, 0};

    return shared && size >= ETHERNET_HEAD + 20 && memcmp(frame + 12, type, sizeof(type)) == 0 &&
           memcmp(frame + ETHERNET_HEAD + 16, &shared, sizeof(shared)) == 0;
}

/* ---- who listens ---- */

static bool listens_here(uint16_t port)
{
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb; pcb = pcb->next) {
        bool is_any = IP_IS_ANY_TYPE_VAL(pcb->local_ip) ||
                      (IP_IS_V4_VAL(pcb->local_ip) && ip_addr_isany_val(pcb->local_ip));
        bool is_shared = IP_IS_V4_VAL(pcb->local_ip) && ip_2_ip4(&pcb->local_ip)->addr == shared;

        if (pcb->local_port == port && (is_any || is_shared))
            return true;
    }
    return false;
}

void shared_tell(uint16_t port)
{
    _Atomic uint64_t *word = &self_published->listens[port / 64];
    uint64_t bit = 1UL << port % 64;
    uint64_t others = atomic_load_explicit(word, memory_order_relaxed) & ~bit;

    if (shared)
        atomic_store_explicit(word, others | (listens_here(port) ? bit : 0), memory_order_release);
}

static uint64_t listeners(uint16_t port)
{
    uint64_t set = 0;

    for (uint32_t node = 0; node < machine->node_count; node++) {
        uint64_t word =
            atomic_load_explicit(&published_of(node)->listens[port / 64], memory_order_acquire);

        set |= (word >> port % 64 & 1) << node;
    }
    return set;
}

/* ---- whose it is ---- */

/* A connection that is only half there is ours if we are the one that was answered: its first
 * segment, sent again, may have begun it on two nodes. */
static bool is_ours(const struct segment *segment)
{
    ip_addr_t remote = IPADDR4_INIT(segment->from), local = IPADDR4_INIT(segment->to);
    const struct tcp_pcb *pcb =
        connection_known(&remote, segment->from_port, &local, segment->to_port);

    if (pcb)
        return pcb->state != SYN_RCVD || !segment->has_acknowledged ||
               segment->acknowledged == pcb->snd_nxt;
    if (segment->begins)
        return listens_here(segment->to_port);
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
static void steer(uint64_t asked, const struct segment *segment, const uint8_t *frame, size_t size,
                  uint32_t word)
{
    uint64_t all = machine->node_count < 64 ? (1UL << machine->node_count) - 1 : ~0UL;
    uint64_t able = all & ~asked, listening = listeners(segment->to_port);
    uint32_t self = self_node(), node = next_of(segment, listening, &able);

    if (node == self && !is_ours(segment)) {
        able &= ~(1UL << self % NODES_MAX);
        node = next_of(segment, listening, &able);
    }
    if (node == self || node == STEER_NONE)
        stack_take(frame, size, word);
    else
        link_steered(node, all & ~able, frame, size, word);
}

/* ---- frames ---- */

void shared_received(uint64_t asked, const uint8_t *frame, size_t size, uint32_t word)
{
    uint8_t head[STEER_HEAD_MAX];
    size_t head_size = size < sizeof(head) ? size : sizeof(head);
    struct segment segment;

    /* A card could change it while we decide. */
    memcpy(head, frame, head_size);
    enum steer_kind kind =
        shared_is_for(head, head_size) ? steer_read(head, head_size, &segment) : STEER_PIECE;

    if (kind == STEER_TCP)
        steer(asked, &segment, frame, size, word);
    else if (kind == STEER_OTHER)
        stack_take(frame, size, word);
}

bool shared_takes(const uint8_t *frame, size_t size, uint32_t word)
{
    uint8_t answer[ARP_FRAME];
    struct io io;

    if (!shared)
        return false;
    if (memcmp(frame, hardware, ADDRESS_SIZE) == 0) {
        shared_received(0, frame, size, word);
        return true;
    }
    if (!steer_answers(frame, size, shared, hardware, answer))
        return false;
    io_kernel(&io, answer, sizeof(answer));
    (void)link_send(&io, 0);
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

void shared_start(const uint8_t card[ADDRESS_SIZE])
{
    char text[24];
    ip4_addr_t address, mask = {IPADDR_BROADCAST};
    long length = option_get("shared-ip", text, sizeof(text));

    if (length <= 0)
        return;
    if (length >= (long)sizeof(text) || !ip4addr_aton(text, &address) || address.addr == 0 ||
        ip4_addr_ismulticast(&address)) {
        log_line("network: option shared-ip=%s is no address", text);
        return;
    }
    switch_shared(card, hardware);
    netif_add(&interface, &address, &mask, IP4_ADDR_ANY4, NULL, interface_init, NULL);
    netif_set_link_up(&interface);
    netif_set_up(&interface);
    shared = address.addr;
    for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb; pcb = pcb->next)
        shared_tell(pcb->local_port);
}
