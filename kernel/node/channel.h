/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels to all other nodes: sessions, frames, bells. A pair of nodes is up when both have
 * answered each other's session; then frames of one sender come in order, each once, unaltered,
 * until the pair goes down: the peer died, or one of the two broke a rule. Down is told always,
 * and what was sent before and not read may or may not have come.
 *
 * Frames are handed up from the doorbell, with interrupts off, by functions that must not sleep.
 */
#pragma once
#include "memory/user_copy.h"
#include "node/channel_ring.h"

struct channel_user {
    void (*up)(uint32_t node);
    void (*down)(uint32_t node);
    /* Header and payload are private copies; size, kind and checksum are right, nothing else is
     * known of them. false: *why says which rule the content breaks; the pair goes down. */
    bool (*frame)(uint32_t node, const struct frame *frame, const void *payload,
                  enum violation *why);
    void (*room)(uint32_t node); /* after channel_room or channel_send found none */
};

int channel_init(void) MUST_CHECK; /* -ENOMEM. Sessions begin with whoever lives */
void channel_listen(const struct channel_user *user);
bool channel_is_up(uint32_t node);
/* Is there a life of it that we may wait for? false: dead, not started, closed for its faults. */
bool channel_can_be(uint32_t node);

/* Bytes that DATA may have now, at most FRAME_PAYLOAD_MAX. 0: room() is called when there is some.
 */
size_t channel_room(uint32_t node);
/* One frame of DATA, at most channel_room bytes. Bytes; 0: something came between, look at the room
 * again; -EFAULT. Nothing was sent in both cases. */
long channel_send_data(uint32_t node, uint32_t to, uint32_t from, struct io *io, size_t size);
/* One of the other kinds, which may use the reserve. false: no room, as channel_room. */
bool channel_send(uint32_t node, enum frame_kind kind, uint32_t to, uint32_t from,
                  const void *payload, size_t size) MUST_CHECK;

/* Looks at all peers, as the doorbell does: their lives, sessions, frames. Cheap when there is
 * nothing. */
void channel_look(void);
/* Now and then: takes back the word that this node is awake, which keeps the others from ringing,
 * and looks. So a bell that was lost, or a bit that turned in that word, costs until then only. */
void channel_mend(void);
/* Before a halt: looks at the rings for a while, if that was worth it lately. Returns as soon as a
 * thread is ready. */
void channel_linger(void);
/* The watch knows that this life of a peer has ended, whatever its page says. */
void channel_peer_lost(uint32_t node, uint32_t incarnation);

/* Packets are not of a connection: nobody waits for them, and what finds no room is lost. */
struct channel_packets {
    void (*packet)(uint32_t node, enum packet_port port, uint32_t task, const void *bytes,
                   size_t size);
    /* A frame of the address that all share; asked: the nodes that do not have its connection. */
    void (*steered)(uint32_t node, uint64_t asked, const void *bytes, size_t size);
    void (*done)(void); /* after some */
};
void channel_packets(const struct channel_packets *user);
/* Of the kernel's memory, at most FRAME_PAYLOAD_MAX bytes. false: there is no room now. To a node
 * that is not there all goes, and is lost. */
bool channel_send_packet(uint32_t node, enum packet_port port, uint32_t task, struct io *frame);
bool channel_send_steered(uint32_t node, uint64_t asked, const void *bytes, size_t size);

struct channel_status {
    bool is_up, waits;                                   /* waits: for room in our ring */
    uint64_t frames_out, bytes_out, frames_in, bytes_in; /* since we began */
    uint64_t unread_out, unread_in;                      /* bytes in the rings now */
    uint64_t sessions;                                   /* of ours, begun with this peer */
    uint64_t refusals;                                   /* of the peer's, by us */
    uint64_t bells;                                      /* rung for frames */
    uint64_t full;                                       /* times that the ring had no room */
    uint64_t violations[VIOLATIONS];
};
void channel_status(uint32_t node, struct channel_status *status);
