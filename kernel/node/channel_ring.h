/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ends of one ring (abi/channel.h), over any memory: what a writer publishes, and what a
 * reader believes. Neither sleeps, allocates or knows of machines; kernel/node/channel.c gives them
 * real pages and rings the bells.
 */
#pragma once
#include "abi/channel.h"
#include "lib/check.h"

enum violation {                     /* rules that a peer can break; each has its counter */
                 VIOLATION_POSITION, /* written: not aligned, or more than a ring ahead */
                 VIOLATION_BACK,     /* written went back */
                 VIOLATION_SIZE,     /* a frame larger than a frame or than what was written */
                 VIOLATION_SESSION,  /* a frame of another session */
                 VIOLATION_SEQUENCE, /* a frame is missing, or came twice */
                 VIOLATION_KIND,     /* no such kind of frame */
                 VIOLATION_CHECKSUM,
                 VIOLATION_READ,    /* the reader's position: not aligned, back, or ahead of ours */
                 VIOLATION_PAYLOAD, /* content that this kind of frame cannot have */
                 VIOLATION_WINDOW,  /* more data than CHANNEL_WINDOW allows */
                 VIOLATION_FLOOD,   /* asks without end and does not read the answers */
                 VIOLATIONS
};
const char *violation_text(enum violation violation); /* one word */

struct ring_writer {
    char *bytes; /* the ring: ours */
    uint64_t size;
    struct channel_ends *mine;         /* out_...: ours */
    const struct channel_ends *theirs; /* in_...: read with distrust */
    uint64_t session;                  /* CHANNEL_NO_SESSION: none */
    uint64_t written, read;
    uint32_t sequence;
    bool is_answered; /* the reader knows the session */
};

void writer_begin(struct ring_writer *writer, uint64_t session);
void writer_end(struct ring_writer *writer);
/* Has the reader moved since the last look? */
bool writer_has_more_room(const struct ring_writer *writer);
/* Takes over the reader's answer and position. false: it broke VIOLATION_READ. */
bool writer_look(struct ring_writer *writer) MUST_CHECK;
/* Payload bytes that a frame may have now; reserve: bytes that it must leave free. 0: no frame, or
 * an empty one. */
size_t writer_room(const struct ring_writer *writer, uint64_t reserve);
/* Where the payload of the next frame goes: two pieces, the second one maybe empty. */
struct ring_piece {
    char *at;
    size_t size;
};
void writer_pieces(const struct ring_writer *writer, size_t size, struct ring_piece pieces[2]);
/* The payload stands there; size is within the room: the reader can see the frame from now on. */
void writer_publish(struct ring_writer *writer, enum frame_kind kind, uint32_t to, uint32_t from,
                    size_t size);

struct ring_reader {
    const char *bytes; /* the peer's ring */
    uint64_t size;
    struct channel_ends *mine;         /* in_...: ours */
    const struct channel_ends *theirs; /* out_...: read with distrust */
    uint64_t session;
    uint64_t read, written; /* written: as far as it was looked at */
    uint32_t sequence;
};

void reader_begin(struct ring_reader *reader, uint64_t session); /* answers it */
void reader_end(struct ring_reader *reader);
/* Tells the writer that this session is over for us. */
void reader_refuse(struct ring_reader *reader);
bool reader_has_more(const struct ring_reader *reader);
/* Copies the next frame and checks the copy: 1. 0: none there, or the session is over. -1: *why. */
int reader_take(struct ring_reader *reader, struct frame *frame, void *payload,
                enum violation *why) MUST_CHECK;
/* What was taken is not needed any more: the writer may have its room. */
void reader_publish(struct ring_reader *reader);
