/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each node sends straight to other nodes, and to the wire through the card's owner. The owner
 * believes a node no frame that does not come from that node's address, and the wire none that says
 * it comes from a node.
 */
#include "network/link.h"

#include "device/card.h"
#include "lib/string.h"
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

static bool card_put(const void *frame, size_t size)
{
    uint8_t *room = card_frame();

    if (!room)
        return false;
    memcpy(room, frame, size);
    card_send(size);
    count.card_out++;
    return true;
}

static bool node_send(uint32_t node, enum packet_port port, const void *frame, size_t size)
{
    bool is_sent = channel_send_packet(node, port, frame, size);

    count.nodes_out += is_sent;
    return is_sent;
}

/* false: there was no room for one of them. */
static bool nodes_send(uint64_t nodes, const void *frame, size_t size)
{
    bool all = true;

    for (; nodes; nodes &= nodes - 1)
        all &= node_send((uint32_t)__builtin_ctzl(nodes), PACKET_STACK, frame, size);
    return all;
}

bool link_send(const void *frame, size_t size)
{
    struct switch_ports ports = switch_ports(card, machine->node_count, self_node(), frame);
    uint8_t address[ADDRESS_SIZE];

    bool all = nodes_send(ports.nodes, frame, size);

    if (!ports.wire)
        return all;
    uint32_t owner = card_owner(address);

    if (owner == self_node())
        return card_put(frame, size);
    return owner == UINT32_MAX || node_send(owner, PACKET_WIRE, frame, size);
}

void link_steered(uint32_t node, uint64_t asked, const void *frame, size_t size)
{
    bool is_sent = channel_send_steered(node, asked, frame, size);

    count.nodes_out += is_sent;
    count.lost += !is_sent;
}

void link_flush(void)
{
    card_flush();
}

/* From the card. The addresses are copied: the card could change them while we decide. */
static void card_received(const uint8_t *frame, size_t size)
{
    uint8_t head[2 * ADDRESS_SIZE];
    uint32_t nodes = machine->node_count;

    memcpy(head, frame, sizeof(head));
    count.card_in++;
    if (switch_node(card, nodes, head + ADDRESS_SIZE) < nodes) {
        count.lost++;
        return;
    }
    if (shared_takes(frame, size))
        return;
    struct switch_ports ports = switch_ports(card, nodes, nodes, head);

    count.lost += !nodes_send(ports.nodes & ~(1UL << self_node()), frame, size);
    if (ports.nodes >> self_node() & 1)
        user->received(frame, size);
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

static void packet(uint32_t node, enum packet_port port, const void *bytes, size_t size)
{
    const uint8_t *head = bytes;

    if (!is_up || size < ETHERNET_HEAD || size > CARD_FRAME_MAX ||
        !may_send(node, port, head + ADDRESS_SIZE)) {
        count.lost++;
        return;
    }
    count.nodes_in++;
    if (port == PACKET_WIRE)
        count.lost += !card_put(bytes, size);
    else
        user->received(bytes, size);
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
    shared_received(asked, bytes, size);
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
