/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/node/channel_ring.c kernel/lib/crc32c.c */
/*
 * libFuzzer: any bytes in the ring and any words in the peer's page. Whatever it is, the reader
 * stays within the ring (an own allocation of exact size) and stops; the writer never writes over
 * what it believes unread, nor outside. Frames may be signed anew, so that what lies behind the
 * checksum is reached.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/crc32c.h"
#include "node/channel_ring.h"

#define SIZE 0x10000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_head {
    uint64_t read, written, in_read, out_session, in_session;
    uint32_t frame_size, position;
    uint8_t sign, session_right, sequence_right, sizes;
};

static char payload[FRAME_PAYLOAD_MAX];

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void frame_sign(char *ring, uint64_t read, const struct fuzz_head *head)
{
    struct frame *frame = (struct frame *)(void *)(ring + read % SIZE);
    uint64_t at = (read + sizeof(*frame)) % SIZE;

    frame->size = head->frame_size % (FRAME_PAYLOAD_MAX + 2);
    if (head->session_right)
        frame->session = channel_session(3, 5, 1);
    if (head->sequence_right)
        frame->sequence = 0;
    frame->checksum = 0;
    size_t first = SIZE - at < frame->size ? SIZE - at : frame->size;
    uint32_t checksum = crc32c(0, frame, sizeof(*frame));

    checksum = crc32c(checksum, ring + at, first);
    frame->checksum = crc32c(checksum, ring, frame->size - first);
}

static void fuzz_reader(char *ring, const struct fuzz_head *head)
{
    struct channel_ends mine = {0}, theirs = {.out_session = channel_session(3, 5, 1)};
    struct ring_reader reader = {.bytes = ring, .size = SIZE, .mine = &mine, .theirs = &theirs};
    struct frame frame;
    enum violation why;
    uint64_t start = head->read & ~(FRAME_ALIGN - 1) & 0xfffffffffUL;
    unsigned taken = 0;

    reader_begin(&reader, theirs.out_session);
    reader.read = reader.written = start;
    if (head->sign)
        frame_sign(ring, reader.read, head);
    theirs.out_written =
        head->sizes & 1 ? reader.read + head->written % (SIZE + 64) : head->written;
    if (head->sizes & 2)
        theirs.out_session = head->out_session;
    for (;;) {
        int result = reader_take(&reader, &frame, payload, &why);

        if (result <= 0)
            break;
        must(frame.size <= FRAME_PAYLOAD_MAX && frame.session == reader.session);
        must(frame.kind > 0 && frame.kind < FRAME_KINDS && frame.sequence == taken);
        must(reader.read <= reader.written && reader.written - start <= 2 * SIZE);
        must(++taken <= SIZE / sizeof(frame));
        reader_publish(&reader);
    }
    reader_refuse(&reader);
}

static void fuzz_writer(char *ring, const struct fuzz_head *head)
{
    struct channel_ends mine = {0}, theirs = {.in_session = channel_session(3, 5, 1)};
    struct ring_writer writer = {.bytes = ring, .size = SIZE, .mine = &mine, .theirs = &theirs};
    struct ring_piece pieces[2];

    writer_begin(&writer, theirs.in_session);
    for (unsigned i = 0; i < 40; i++) {
        if (i == head->sizes)
            theirs.in_read = head->in_read;
        if (i == head->sequence_right)
            theirs.in_session = head->in_session;
        uint64_t before = writer.read;
        bool honest = writer_look(&writer);

        must(writer.read <= writer.written && writer.read >= before);
        if (!honest || !writer.is_answered)
            break;
        size_t room = writer_room(&writer, head->position % SIZE);
        size_t size = room < head->frame_size % (FRAME_PAYLOAD_MAX + 1)
                          ? room
                          : head->frame_size % (FRAME_PAYLOAD_MAX + 1);

        if (room == 0)
            break;
        writer_pieces(&writer, size, pieces);
        must(pieces[0].at + pieces[0].size <= ring + SIZE && pieces[1].size < SIZE);
        memset(pieces[0].at, 1, pieces[0].size);
        memset(pieces[1].at, 2, pieces[1].size);
        writer_publish(&writer, FRAME_DATA, 1, 2, size);
        must(writer.written - writer.read <= SIZE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct fuzz_head head;
    char *ring;

    if (!started)
        crc32c_init(false);
    started = true;
    if (size < sizeof(head))
        return 0;
    memcpy(&head, data, sizeof(head));
    data += sizeof(head);
    size -= sizeof(head);
    ring = calloc(1, SIZE);
    for (size_t i = 0; i < size; i++) /* around where the reader begins, across the end, too */
        ring[(head.read / FRAME_ALIGN * FRAME_ALIGN + i) % SIZE] = (char)data[i];
    fuzz_reader(ring, &head);
    fuzz_writer(ring, &head);
    free(ring);
    return 0;
}
