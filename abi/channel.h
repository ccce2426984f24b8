/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: from every node to every other a one-way ring of frames. The bytes stand in the
 * writer's channel area (writable by it alone), the two positions in the published page of whoever
 * moves them: `written` in the writer's, `read` in the reader's. Nothing is written by both.
 *
 * A ring belongs to a session: one life of the writer, one life of the reader, and a number that
 * the writer raises to begin anew after the reader refused the ring. Positions count bytes since
 * the session began; index = position % ring size. The writer begins a session by publishing
 * CHANNEL_NO_SESSION, then written = 0, then the session; the reader answers in the same way
 * (no session, read = 0, the same session) and only then the writer sends. Who reads the other's
 * position reads the session before and after it: positions of another session are never used.
 *
 * A connection is a pair of numbers, one given by each end and not given again soon. What is said
 * of a connection that the reader does not know is answered by RESET (a RESET by nothing). Of DATA
 * at most CHANNEL_WINDOW bytes are sent that the other program has not read: so whoever reads
 * slowly holds up its own connections only, and rings are always drained.
 *
 * All little endian. docs/channels.md tells the way of a message.
 */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

#include "abi/layout.h"

#define RING_SIZE_MIN 0x10000UL /* bytes of one ring: a power of two; machine.ring_size */
#define RING_SIZE_MAX 0x100000UL

/* Session: writer's incarnation << 40 | reader's << 16 | number. 24 bits of each incarnation. */
#define CHANNEL_NO_SESSION 0UL
static inline uint64_t channel_session(uint32_t writer, uint32_t reader, uint16_t number)
{
    return (uint64_t)(writer & 0xffffff) << 40 | (uint64_t)(reader & 0xffffff) << 16 | number;
}

enum frame_kind {
    FRAME_CONNECT = 1, /* payload: name below /node/N/; from: the connection at the sender */
    FRAME_ACCEPT = 2,  /* to: the asker's connection; from: ours */
    FRAME_REFUSE = 3,  /* payload: uint32_t errno */
    FRAME_DATA = 4,    /* payload: bytes of the stream */
    FRAME_CREDIT = 5,  /* payload: uint64_t: bytes of the stream that the program has read */
    FRAME_SHUT = 6,    /* payload: uint32_t: 1: I read no more, 2: I write no more, 3: both */
    FRAME_RESET = 7,   /* the connection is gone; payload: uint32_t: errno, 0: closed in order */
    FRAME_PACKET = 8,  /* payload: an Ethernet frame; to: enum packet_port; from: what is to be
                        * done for it (network/tcp_frame.h). May be lost */
    FRAME_STEERED = 9, /* the same, to the address that all share. to, from: the nodes that were
                        * asked for it, 32 to 63 and 0 to 31 */
    FRAME_KINDS
};

/* Where a packet is to go at the reader: to its own stack, or through it to the wire. */
enum packet_port { PACKET_STACK = 0, PACKET_WIRE = 1 };
struct frame {
    uint32_t size;     /* payload bytes; the next frame begins FRAME_ALIGN-aligned behind them */
    uint32_t sequence; /* 0, 1, 2, ... in the session */
    uint64_t session;
    uint32_t checksum; /* CRC32C of this header with checksum 0, then of the payload */
    uint32_t kind;     /* enum frame_kind */
    uint32_t to;       /* connection at the reader; 0: none */
    uint32_t from;     /* connection at the writer; 0: none */
};
_Static_assert(sizeof(struct frame) == 32, "stands in memory that two kernels look at");

#define FRAME_ALIGN       32UL
#define FRAME_PAYLOAD_MAX 0x4000UL /* at most; so a ring holds several */
#define CHANNEL_NAME_MAX  100      /* of a name below /node/N/, as sun_path allows */
#define CHANNEL_WINDOW    0x40000U /* bytes of a stream that may be on their way or unread */
#define CHANNEL_RESERVE   8        /* 1 / this of a ring is kept from DATA, for all other kinds */

/* In struct published, one for each other node n. */
struct channel_ends {
    /* my ring to n */
    _Atomic uint64_t out_session;
    _Atomic uint64_t out_written;
    _Atomic uint32_t out_waits; /* 1: I wait for room; ring my doorbell when you have read */
    /* n's ring to me */
    _Atomic uint32_t in_refused; /* low 32 bits of a session that broke the rules: begin anew */
    _Atomic uint64_t in_session;
    _Atomic uint64_t in_read;
};
