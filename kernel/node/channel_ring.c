/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame is published by one store of `written`, its room given back by one store of `read`: who
 * stops in between leaves the old state. A session is begun with no session in view, so nobody
 * takes a position of one session for one of another.
 */
#include "node/channel_ring.h"

#include "lib/crc32c.h"
#include "lib/string.h"

/* Loads and stores of words in published pages. */
#define LOAD(word)         atomic_load_explicit(&(word), memory_order_acquire)
#define STORE(word, value) atomic_store_explicit(&(word), (value), memory_order_release)

static uint64_t frame_space(size_t size)
{
    return sizeof(struct frame) + ((size + FRAME_ALIGN - 1) & ~(FRAME_ALIGN - 1));
}

/* ---- writer ---- */

void writer_begin(struct ring_writer *writer, uint64_t session)
{
    writer_end(writer);
    writer->written = writer->read = 0;
    writer->sequence = 0;
    STORE(writer->mine->out_written, 0);
    writer->session = session;
    STORE(writer->mine->out_session, session);
}

void writer_end(struct ring_writer *writer)
{
    writer->session = CHANNEL_NO_SESSION;
    writer->is_answered = false;
    STORE(writer->mine->out_waits, 0);
    STORE(writer->mine->out_session, CHANNEL_NO_SESSION);
}

bool writer_look(struct ring_writer *writer)
{
    const struct channel_ends *theirs = writer->theirs;
    uint64_t session = LOAD(theirs->in_session);
    uint64_t read = LOAD(theirs->in_read);

    if (writer->session == CHANNEL_NO_SESSION || session != writer->session ||
        LOAD(theirs->in_session) != session) {
        writer->is_answered = false;
        return true;
    }
    if (read < writer->read || read > writer->written || read % FRAME_ALIGN != 0)
        return false;
    writer->read = read;
    writer->is_answered = true;
    return true;
}

bool writer_has_more_room(const struct ring_writer *writer)
{
    return LOAD(writer->theirs->in_read) != writer->read;
}

size_t writer_room(const struct ring_writer *writer, uint64_t reserve)
{
    uint64_t used = writer->written - writer->read + sizeof(struct frame) + reserve;

    if (!writer->is_answered || used >= writer->size)
        return 0;
    return writer->size - used < FRAME_PAYLOAD_MAX ? writer->size - used : FRAME_PAYLOAD_MAX;
}

void writer_pieces(const struct ring_writer *writer, size_t size, struct ring_piece pieces[2])
{
    uint64_t offset = (writer->written + sizeof(struct frame)) % writer->size;
    size_t first = writer->size - offset < size ? writer->size - offset : size;

    pieces[0] = (struct ring_piece){writer->bytes + offset, first};
    pieces[1] = (struct ring_piece){writer->bytes, size - first};
}

void writer_publish(struct ring_writer *writer, enum frame_kind kind, uint32_t to, uint32_t from,
                    size_t size)
{
    struct ring_piece pieces[2];
    struct frame frame = {
        .size = (uint32_t)size,
        .sequence = writer->sequence++,
        .session = writer->session,
        .kind = kind,
        .to = to,
        .from = from,
    };

    writer_pieces(writer, size, pieces);
    frame.checksum = crc32c(0, &frame, sizeof(frame));
    for (unsigned i = 0; i < 2; i++)
        frame.checksum = crc32c(frame.checksum, pieces[i].at, pieces[i].size);
    memcpy(writer->bytes + writer->written % writer->size, &frame, sizeof(frame));
    writer->written += frame_space(size);
    STORE(writer->mine->out_written, writer->written);
}

/* ---- reader ---- */

void reader_begin(struct ring_reader *reader, uint64_t session)
{
    reader_end(reader);
    reader->read = reader->written = 0;
    reader->sequence = 0;
    STORE(reader->mine->in_read, 0);
    reader->session = session;
    STORE(reader->mine->in_session, session);
}

void reader_end(struct ring_reader *reader)
{
    reader->session = CHANNEL_NO_SESSION;
    STORE(reader->mine->in_session, CHANNEL_NO_SESSION);
}

void reader_refuse(struct ring_reader *reader)
{
    uint32_t refused = (uint32_t)reader->session;

    reader_end(reader);
    STORE(reader->mine->in_refused, refused);
}

bool reader_has_more(const struct ring_reader *reader)
{
    return reader->session != CHANNEL_NO_SESSION &&
           LOAD(reader->theirs->out_session) == reader->session &&
           LOAD(reader->theirs->out_written) != reader->read;
}

/* How far has the writer come? 1: further than we; 0; -1: *why. */
static int written_look(struct ring_reader *reader, enum violation *why)
{
    const struct channel_ends *theirs = reader->theirs;
    uint64_t session = LOAD(theirs->out_session);
    uint64_t written = LOAD(theirs->out_written);

    if (reader->session == CHANNEL_NO_SESSION || session != reader->session ||
        LOAD(theirs->out_session) != session)
        return 0;
    *why = VIOLATION_BACK;
    if (written < reader->written)
        return -1;
    *why = VIOLATION_POSITION;
    if (written - reader->read > reader->size || written % FRAME_ALIGN != 0)
        return -1;
    reader->written = written;
    return written != reader->read;
}

/* The one copy of the payload that is checked and used; goes on from crc. */
static uint32_t payload_copy(const struct ring_reader *reader, uint32_t crc, char *to, size_t size)
{
    uint64_t offset = (reader->read + sizeof(struct frame)) % reader->size;
    size_t first = reader->size - offset < size ? reader->size - offset : size;

    crc = crc32c_copy(crc, to, reader->bytes + offset, first);
    return crc32c_copy(crc, to + first, reader->bytes, size - first);
}

int reader_take(struct ring_reader *reader, struct frame *frame, void *payload, enum violation *why)
{
    uint32_t checksum;

    if (reader->read == reader->written) {
        int more = written_look(reader, why);

        if (more <= 0)
            return more;
    }
    memcpy(frame, reader->bytes + reader->read % reader->size, sizeof(*frame));
    atomic_signal_fence(memory_order_seq_cst); /* from here on only the copy is looked at */
    *why = VIOLATION_SIZE;
    if (frame->size > FRAME_PAYLOAD_MAX ||
        frame_space(frame->size) > reader->written - reader->read)
        return -1;
    *why = VIOLATION_SESSION;
    if (frame->session != reader->session)
        return -1;
    *why = VIOLATION_SEQUENCE;
    if (frame->sequence != reader->sequence)
        return -1;
    *why = VIOLATION_KIND;
    if (frame->kind == 0 || frame->kind >= FRAME_KINDS)
        return -1;
    checksum = frame->checksum;
    frame->checksum = 0;
    *why = VIOLATION_CHECKSUM;
    if (payload_copy(reader, crc32c(0, frame, sizeof(*frame)), payload, frame->size) != checksum)
        return -1;
    reader->read += frame_space(frame->size);
    reader->sequence++;
    return 1;
}

void reader_publish(struct ring_reader *reader)
{
    STORE(reader->mine->in_read, reader->read);
}

const char *violation_text(enum violation violation)
{
    static const char *const texts[VIOLATIONS] = {
        [VIOLATION_POSITION] = "position", [VIOLATION_BACK] = "back",
        [VIOLATION_SIZE] = "size",         [VIOLATION_SESSION] = "session",
        [VIOLATION_SEQUENCE] = "sequence", [VIOLATION_KIND] = "kind",
        [VIOLATION_CHECKSUM] = "checksum", [VIOLATION_READ] = "read",
        [VIOLATION_PAYLOAD] = "payload",   [VIOLATION_WINDOW] = "window",
        [VIOLATION_FLOOD] = "flood",
    };
    return texts[violation];
}
