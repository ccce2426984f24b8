/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each node sends straight to other nodes, and to the wire through the card's owner. The owner
 * believes a node no frame that does not come from that node's address, and the wire none that says
 * it comes from a node.
 */
#include "network/link.h"

#include "device/card.h"
#include "lib/string.h"
#include "node/channel.h"
#include "node/doorbell.h"
#include "node/self.h"

static const struct link_user *user;
static bool is_up;
static uint8_t card[ADDRESS_SIZE];

static void up_look(void)
{
    uint8_t address[ADDRESS_SIZE];

    if (is_up || card_owner(card) == UINT32_MAX)
        return;
    is_up = true;
    switch_address(card, self_node(), address);
    user->up(address);
}

static bool card_put(const void *frame, size_t size)
{
    uint8_t *room = card_frame();

    if (!room)
        return false;
    memcpy(room, frame, size);
    card_send(size);
    return true;
}

static void nodes_send(uint64_t nodes, const void *frame, size_t size)
{
    for (; nodes; nodes &= nodes - 1)
        channel_send_packet((uint32_t)__builtin_ctzl(nodes), PACKET_STACK, frame, size);
}

bool link_send(const void *frame, size_t size)
{
    struct switch_ports ports = switch_ports(card, machine->node_count, self_node(), frame);
    uint8_t address[ADDRESS_SIZE];

    if (size > CARD_FRAME_MAX)
        return true;
    nodes_send(ports.nodes, frame, size);
    if (!ports.wire)
        return true;
    uint32_t owner = card_owner(address);

    if (owner == self_node())
        return card_put(frame, size);
    if (owner != UINT32_MAX)
        channel_send_packet(owner, PACKET_WIRE, frame, size);
    return true;
}

void link_flush(void)
{
    card_flush();
}

/* From the card. The addresses are copied: the card could change them while we decide. */
static void card_received(const uint8_t *frame, size_t size)
{
    uint8_t head[2 * ADDRESS_SIZE];
    uint32_t count = machine->node_count;

    memcpy(head, frame, sizeof(head));
    if (switch_node(card, count, head + ADDRESS_SIZE) < count)
        return;
    struct switch_ports ports = switch_ports(card, count, count, head);

    nodes_send(ports.nodes & ~(1UL << self_node()), frame, size);
    if (ports.nodes >> self_node() & 1)
        user->received(frame, size);
}

/* From another node. */
static void packet(uint32_t node, enum packet_port port, const void *bytes, size_t size)
{
    const uint8_t *head = bytes;

    if (!is_up || size < ETHERNET_HEAD || size > CARD_FRAME_MAX ||
        switch_node(card, machine->node_count, head + ADDRESS_SIZE) != node)
        return;
    if (port == PACKET_WIRE)
        card_put(bytes, size);
    else
        user->received(bytes, size);
}

static void done(void)
{
    user->done();
    card_flush();
}

void link_start(const struct link_user *link_user)
{
    static const struct card_user card_user = {
        .received = card_received, .done = done, .owned = up_look};
    static const struct channel_packets packets = {.packet = packet, .done = done};
    static struct doorbell_listener bell = {.ring = up_look};

    user = link_user;
    channel_packets(&packets);
    doorbell_listen(&bell);
    card_start(&card_user);
    up_look();
}
