/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each node sends straight to other nodes, and to the wire through the card's owner. Who takes a
 * frame from a node believes it only what is that node's to say, and the wire nothing about where
 * nodes are.
 */
#include "network/link.h"

#include "device/card.h"
#include "lib/string.h"
#include "memory/user_copy.h"
#include "network/sender.h"
#include "network/shared.h"
#include "network/stack.h"
#include "network/static_six.h"
#include "node/channel.h"
#include "node/doorbell.h"
#include "node/guardian.h"
#include "node/self.h"

static const struct link_user *user;
static bool is_up, is_known;       /* our stack's link; the shared card's address */
static uint8_t card[ADDRESS_SIZE]; /* the shared one's */
static uint8_t own[ADDRESS_SIZE];  /* that of our own one */
static bool has_own;
static uint64_t switched; /* the nodes behind the shared card */
static struct link_status count;
static uint32_t held[NODES_MAX]; /* addresses of nodes that are believed */

/* At each bell, so whoever drives the card rings all. */
static void own_look(void)
{
    if (is_up || !card_own(own))
        return;
    is_up = true;
    user->up(own);
}

static void owner_look(void)
{
    static uint64_t seen;
    static uint32_t known;
    uint64_t claims = card_claims();
    uint8_t address[ADDRESS_SIZE];

    if (has_own)
        own_look();
    if (claims == seen)
        return;
    uint32_t owner = card_owner(is_known ? address : card);

    if (owner == UINT32_MAX)
        return; /* a claim that is not believed yet is looked at again */
    seen = claims;
    if (is_known && owner == known)
        return;
    known = owner;
    if (is_known) {
        if (!has_own)
            user->moved();
        return;
    }
    is_known = true;
    if (!has_own) {
        is_up = true;
        switch_address(card, self_node(), address);
        user->up(address);
    }
    shared_start(card, switched);
}

static const uint8_t *head_of(const struct io *frame)
{
    return (const uint8_t *)frame->segments[0].base;
}

/* Whoever sent it: what a card is told of a frame was looked up in that frame. */
static bool card_put(enum card_place place, struct io *frame, uint32_t word)
{
    struct card_task task;
    bool is_sent = tcp_frame_task(word, head_of(frame), frame->remaining, &task) &&
                   card_send(place, frame, &task);

    count.card_out += is_sent;
    return is_sent;
}

static bool node_send(uint32_t node, enum packet_port port, struct io frame, uint32_t word)
{
    bool is_sent = channel_send_packet(node, port, word, &frame);

    count.nodes_out += is_sent;
    return is_sent;
}

/* false: there was no room for one of them. */
static bool nodes_send(uint64_t nodes, const struct io *frame, uint32_t word)
{
    bool all = true;

    for (nodes &= switched; nodes; nodes &= nodes - 1)
        all &= node_send((uint32_t)__builtin_ctzl(nodes), PACKET_STACK, *frame, word);
    return all;
}

bool link_makes_sums(void)
{
    uint8_t address[ADDRESS_SIZE];

    return (has_own ? card_own_features() : card_features(card_owner(address))) & CARD_SUMS;
}

static size_t node_room(uint32_t node)
{
    return channel_is_up(node) ? channel_room(node) : CARD_FRAME_MAX;
}

/* Another node of this machine needs no sums, and cuts nothing: its stack takes what is large. */
size_t link_room(const uint8_t to[ADDRESS_SIZE], bool is_v6)
{
    struct switch_ports ports = switch_ports(card, machine->node_count, self_node(), to);
    uint8_t address[ADDRESS_SIZE];
    uint32_t owner = card_owner(address);
    unsigned features = has_own ? card_own_features() : card_features(owner);
    bool is_cut = features & CARD_SUMS;
    size_t room;

    if (has_own || ports.wire) {
        is_cut &= (features & (is_v6 ? CARD_CUTS6 : CARD_CUTS4)) != 0;
        room = has_own                ? card_room(CARD_OWN)
               : owner == self_node() ? card_room(CARD_SHARED)
               : owner == UINT32_MAX  ? CARD_FRAME_MAX
                                      : node_room(owner);
    } else {
        room = ports.nodes ? node_room((uint32_t)__builtin_ctzl(ports.nodes)) : CARD_FRAME_MAX;
    }
    return is_cut || room < CARD_FRAME_MAX ? room : CARD_FRAME_MAX;
}

bool link_send(struct io *frame, uint32_t word)
{
    return has_own ? card_put(CARD_OWN, frame, word) : link_send_shared(frame, word);
}

bool link_send_shared(struct io *frame, uint32_t word)
{
    struct switch_ports ports =
        switch_ports(card, machine->node_count, self_node(), head_of(frame));
    uint8_t address[ADDRESS_SIZE];

    bool all = nodes_send(ports.nodes, frame, word);

    if (!ports.wire)
        return all;
    uint32_t owner = card_owner(address);

    if (owner == self_node())
        return card_put(CARD_SHARED, frame, word);
    return owner == UINT32_MAX || node_send(owner, PACKET_WIRE, *frame, word);
}

/* With its sum made: it is for whoever sees it next as if it came from the wire. */
static const uint8_t *summed(const uint8_t *frame, size_t size, const struct card_task *task)
{
    static uint8_t whole[CARD_FRAME_MAX];

    memcpy(whole, frame, size);
    tcp_frame_sum(whole, size, task);
    return whole;
}

void link_steered(uint32_t node, uint64_t asked, const void *frame, size_t size, uint32_t word)
{
    struct card_task task;

    if (tcp_frame_task(word, frame, size, &task) && task.sum_from)
        frame = summed(frame, size, &task);
    bool is_sent = channel_send_steered(node, asked, frame, size);

    count.nodes_out += is_sent;
    count.lost += !is_sent;
}

void link_flush(void)
{
    card_flush();
}

/* ---- whom to believe ---- */

static uint32_t address_published(uint32_t node)
{
    return atomic_load_explicit(&published_of(node)->address, memory_order_relaxed);
}

/* By a living node, but this one. */
static bool is_held(uint32_t address, uint32_t but)
{
    held[self_node()] = address_published(self_node());
    for (uint32_t node = 0; node < machine->node_count; node++) {
        if (node != but && switched >> node & 1 && held[node] == address &&
            address_published(node) == address && node_state(node) != NODE_DEAD)
            return true;
    }
    return false;
}

/* What a node publishes, unless it is the router's or another one's: who was first keeps it. 0: it
 * has none. */
static uint32_t address_of(uint32_t node)
{
    uint32_t address = address_published(node);

    if (address != held[node])
        held[node] = address == 0 || address == shared_four() || stack_router_is(address) ||
                             is_held(address, node)
                         ? 0
                         : address;
    return held[node];
}

static bool wire_is_true(const uint8_t *frame, size_t size)
{
    uint32_t address = sender_says(frame, size), nodes = machine->node_count;

    return switch_node(card, nodes, frame + ADDRESS_SIZE) == nodes &&
           (address == 0 || (address != shared_four() && !is_held(address, nodes))) &&
           !sender_says_node(card, nodes, static_sixes(), frame, size);
}

/* Its own, or, for the stack of a node, what the owner of the card hands on from the wire. */
static bool is_true(uint32_t node, enum packet_port port, const uint8_t *frame, size_t size)
{
    struct sender sender = {
        .address = address_of(node), .six = static_six_of(node), .is_to_wire = port == PACKET_WIRE};
    uint8_t address[ADDRESS_SIZE];

    if (port == PACKET_WIRE) {
        sender.shared = shared_four();
        sender.shared_six = shared_six();
    }
    switch_address(card, node, sender.hardware);
    if (switched >> node & 1 && sender_is_true(&sender, frame, size))
        return true;
    return port == PACKET_STACK && card_owner(address) == node && wire_is_true(frame, size);
}

/* ---- frames ---- */

/* It may take frames to all. */
static void own_received(struct io *frame, uint32_t word)
{
    const uint8_t *to = head_of(frame);
    bool is_group = to[0] & 1;

    count.card_in++;
    if (is_group || memcmp(to, own, ADDRESS_SIZE) == 0)
        user->received(frame, word);
}

/* From the card. The addresses are copied: the card could change them while we decide. */
static void shared_card_received(struct io *frame, uint32_t word)
{
    uint8_t head[2 * ADDRESS_SIZE];
    uint32_t nodes = machine->node_count;

    memcpy(head, head_of(frame), sizeof(head));
    count.card_in++;
    /* Of a frame in pieces the first one has all heads. */
    if (!wire_is_true(head_of(frame), frame->segments[0].size)) {
        count.forged++;
        return;
    }
    if (frame->count == 1 && shared_takes(head_of(frame), frame->remaining, word))
        return;
    struct switch_ports ports = switch_ports(card, nodes, nodes, head);

    count.lost += !nodes_send(ports.nodes & ~(1UL << self_node()), frame, word);
    if (ports.nodes & switched & 1UL << self_node())
        user->received(frame, word);
}

static void frame_received(enum card_place place, struct io *frame, uint32_t word)
{
    if (place == CARD_OWN)
        own_received(frame, word);
    else
        shared_card_received(frame, word);
}

/* The next bytes of a frame, behind what a part of it has. */
static void part_extend(struct io *part, struct io *frame, size_t size)
{
    part->remaining += size;
    frame->remaining -= size;
    while (size) {
        const struct io_segment *piece = &frame->segments[frame->index];
        size_t more = piece->size - frame->done;

        more = more < size ? more : size;
        part->segments[part->count++] = (struct io_segment){piece->base + frame->done, more};
        size -= more;
        frame->done += more;
        if (frame->done == piece->size) {
            frame->index++;
            frame->done = 0;
        }
    }
}

/* What a card put together goes on as parts: as large as a channel takes them; to the shared
 * address, and where that is not possible, as they came over the wire. */
static void large_received(enum card_place place, struct io *frame, const struct card_task *task)
{
    static uint8_t whole[CARD_FRAME_MAX];
    struct io_segment pieces[1 + CARD_PIECES_MAX];
    uint8_t head[CARD_HEAD_MAX];
    struct tcp_frame_cut cut;

    memcpy(head, head_of(frame), sizeof(head));
    bool is_shared = shared_is_for(head, sizeof(head));

    if (!tcp_frame_cut_begin(&cut, head, frame->remaining, task,
                             is_shared ? 0 : FRAME_PAYLOAD_MAX)) {
        count.lost++;
        return;
    }
    (void)io_get(frame, head, cut.head_size);
    for (size_t size; (size = tcp_frame_cut_next(&cut, head)) != 0;) {
        struct io part = {.segments = pieces, .count = 1, .kernel = true};

        pieces[0] = (struct io_segment){(uintptr_t)head, cut.head_size};
        part.remaining = cut.head_size;
        part_extend(&part, frame, size - cut.head_size);
        if (is_shared) {
            (void)io_get(&part, whole, size);
            io_kernel(&part, whole, size);
        }
        frame_received(place, &part, cut.word);
    }
}

static void card_received(enum card_place place, struct io *frame, const struct card_task *task)
{
    const uint8_t *bytes = head_of(frame);
    size_t size = frame->remaining;

    if (task->data) {
        large_received(place, frame, task);
        return;
    }
    uint32_t word = tcp_frame_word(task, bytes, size);

    if (task->sum_from && !word)
        io_kernel(frame, (void *)(uintptr_t)summed(bytes, size, task), size);
    frame_received(place, frame, word);
}

static void packet(uint32_t node, enum packet_port port, uint32_t word, const void *bytes,
                   size_t size)
{
    struct card_task task;
    struct io io;

    if (!is_known || port > PACKET_WIRE || size < ETHERNET_HEAD ||
        !tcp_frame_task(word, bytes, size, &task) || (has_own && port == PACKET_STACK)) {
        count.lost++;
        return;
    }
    if (!is_true(node, port, bytes, size)) {
        count.forged++;
        return;
    }
    count.nodes_in++;
    io_kernel(&io, (void *)(uintptr_t)bytes, size);
    if (port == PACKET_WIRE)
        count.lost += !card_put(CARD_SHARED, &io, word);
    else
        user->received(&io, word);
}

/* Any node may hand one on. It came from the wire, so it is of no node. */
static void steered(uint32_t node, uint64_t asked, const void *bytes, size_t size)
{
    if (!is_known || has_own || size < ETHERNET_HEAD || size > CARD_FRAME_MAX) {
        count.lost++;
        return;
    }
    if (!wire_is_true(bytes, size)) {
        count.forged++;
        return;
    }
    count.nodes_in++;
    shared_received(asked, bytes, size, 0);
}

void link_status(struct link_status *status)
{
    uint8_t address[ADDRESS_SIZE];

    *status = count;
    if (has_own)
        status->owner = card_own(address) ? self_node() : UINT32_MAX;
    else
        status->owner = card_owner(address);
}

static void done(void)
{
    user->done();
    card_flush();
}

void link_start(const struct link_user *link_user)
{
    static const struct card_user card_user = {
        .received = card_received, .done = done, .owned = owner_look, .wanted = guardian_wake};
    static const struct channel_packets packets = {
        .packet = packet, .steered = steered, .done = done};
    static struct doorbell_listener bell = {.ring = owner_look};

    user = link_user;
    switched = ~card_own_nodes();
    has_own = !(switched >> self_node() & 1);
    static_six_read(switched);
    channel_packets(&packets);
    doorbell_listen(&bell);
    card_start(&card_user);
    owner_look();
}
