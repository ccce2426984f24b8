/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each node sends straight to other nodes, and to the wire through the card's owner. The owner
 * believes a node no frame that does not come from that node's address, and the wire none that says
 * it comes from a node.
 */
#include "network/link.h"

#include "device/card.h"
#include "lib/string.h"
#include "memory/user_copy.h"
#include "network/shared.h"
#include "node/channel.h"
#include "node/doorbell.h"
#include "node/self.h"

static const struct link_user *user;
static bool is_up;
static uint8_t card[ADDRESS_SIZE];
static struct link_status count;

/* At each bell, so whoever drives the card rings all. */
static void owner_look(void)
{
    static uint64_t seen;
    static uint32_t known;
    uint64_t claims = card_claims();
    uint8_t address[ADDRESS_SIZE];

    if (claims == seen)
        return;
    seen = claims;
    uint32_t owner = card_owner(is_up ? address : card);

    if (owner == UINT32_MAX || (is_up && owner == known))
        return;
    known = owner;
    if (is_up) {
        user->moved();
        return;
    }
    is_up = true;
    switch_address(card, self_node(), address);
    user->up(address);
    shared_start(card);
}

static const uint8_t *head_of(const struct io *frame)
{
    return (const uint8_t *)frame->segments[0].base;
}

/* Whoever sent it: what a card is told of a frame was looked up in that frame. */
static bool card_put(struct io *frame, uint32_t word)
{
    struct card_task task;
    bool is_sent =
        tcp_frame_task(word, head_of(frame), frame->remaining, &task) && card_send(frame, &task);

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

    for (; nodes; nodes &= nodes - 1)
        all &= node_send((uint32_t)__builtin_ctzl(nodes), PACKET_STACK, *frame, word);
    return all;
}

bool link_makes_sums(void)
{
    uint8_t address[ADDRESS_SIZE];

    return card_features(card_owner(address)) & CARD_SUMS;
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
    unsigned features = card_features(owner);
    bool is_cut = features & CARD_SUMS;
    size_t room;

    if (ports.wire) {
        is_cut &= (features & (is_v6 ? CARD_CUTS6 : CARD_CUTS4)) != 0;
        room = owner == self_node()  ? card_room()
               : owner == UINT32_MAX ? CARD_FRAME_MAX
                                     : node_room(owner);
    } else {
        room = ports.nodes ? node_room((uint32_t)__builtin_ctzl(ports.nodes)) : CARD_FRAME_MAX;
    }
    return is_cut || room < CARD_FRAME_MAX ? room : CARD_FRAME_MAX;
}

bool link_send(struct io *frame, uint32_t word)
{
    struct switch_ports ports =
        switch_ports(card, machine->node_count, self_node(), head_of(frame));
    uint8_t address[ADDRESS_SIZE];

    bool all = nodes_send(ports.nodes, frame, word);

    if (!ports.wire)
        return all;
    uint32_t owner = card_owner(address);

    if (owner == self_node())
        return card_put(frame, word);
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

/* From the card. The addresses are copied: the card could change them while we decide. */
static void frame_received(struct io *frame, uint32_t word)
{
    uint8_t head[2 * ADDRESS_SIZE];
    uint32_t nodes = machine->node_count;

    memcpy(head, head_of(frame), sizeof(head));
    count.card_in++;
    if (switch_node(card, nodes, head + ADDRESS_SIZE) < nodes) {
        count.lost++;
        return;
    }
    if (frame->count == 1 && shared_takes(head_of(frame), frame->remaining, word))
        return;
    struct switch_ports ports = switch_ports(card, nodes, nodes, head);

    count.lost += !nodes_send(ports.nodes & ~(1UL << self_node()), frame, word);
    if (ports.nodes >> self_node() & 1)
        user->received(frame, word);
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
static void large_received(struct io *frame, const struct card_task *task)
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
        frame_received(&part, cut.word);
    }
}

static void card_received(struct io *frame, const struct card_task *task)
{
    const uint8_t *bytes = head_of(frame);
    size_t size = frame->remaining;

    if (task->data) {
        large_received(frame, task);
        return;
    }
    uint32_t word = tcp_frame_word(task, bytes, size);

    if (task->sum_from && !word)
        io_kernel(frame, (void *)(uintptr_t)summed(bytes, size, task), size);
    frame_received(frame, word);
}

/* Its own, or, for the stack of a node, what the owner of the card hands on from the wire. */
static bool may_send(uint32_t node, enum packet_port port, const uint8_t from[ADDRESS_SIZE])
{
    uint32_t sender = switch_node(card, machine->node_count, from);
    uint8_t address[ADDRESS_SIZE];

    if (sender < machine->node_count)
        return sender == node;
    return port == PACKET_STACK && card_owner(address) == node;
}

static void packet(uint32_t node, enum packet_port port, uint32_t word, const void *bytes,
                   size_t size)
{
    const uint8_t *head = bytes;
    struct card_task task;
    struct io io;

    if (!is_up || size < ETHERNET_HEAD || !tcp_frame_task(word, head, size, &task) ||
        !may_send(node, port, head + ADDRESS_SIZE)) {
        count.lost++;
        return;
    }
    count.nodes_in++;
    io_kernel(&io, (void *)(uintptr_t)bytes, size);
    if (port == PACKET_WIRE)
        count.lost += !card_put(&io, word);
    else
        user->received(&io, word);
}

/* Any node may hand one on. It came from the wire, so it is of no node. */
static void steered(uint32_t node, uint64_t asked, const void *bytes, size_t size)
{
    const uint8_t *head = bytes;
    uint32_t nodes = machine->node_count;

    if (!is_up || size < ETHERNET_HEAD || size > CARD_FRAME_MAX ||
        switch_node(card, nodes, head + ADDRESS_SIZE) < nodes) {
        count.lost++;
        return;
    }
    count.nodes_in++;
    shared_received(asked, bytes, size, 0);
}

void link_status(struct link_status *status)
{
    uint8_t address[ADDRESS_SIZE];

    *status = count;
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
        .received = card_received, .done = done, .owned = owner_look};
    static const struct channel_packets packets = {
        .packet = packet, .steered = steered, .done = done};
    static struct doorbell_listener bell = {.ring = owner_look};

    user = link_user;
    channel_packets(&packets);
    doorbell_listen(&bell);
    card_start(&card_user);
    owner_look();
}
