/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/node/channel_ring.c kernel/lib/crc32c.c */
/*
 * One ring, both ends. The last tests stop the writing side after every single instruction (trap
 * flag) and let the other side look at each state of memory that it leaves: the old state or the
 * new one, never a third.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <x86intrin.h>

#include <cmocka.h>

#include "lib/crc32c.h"
#include "node/channel_ring.h"

#define SIZE      0x10000U
#define TRAP_FLAG 0x100U
#define WINDOW    256U /* at both ends of the ring: what is looked at after each instruction */

static char bytes[SIZE], payload[FRAME_PAYLOAD_MAX];
static struct channel_ends ends[2]; /* [0]: the writer's, [1]: the reader's */
static struct ring_writer writer;
static struct ring_reader reader;
static enum violation why;

static int begin(void **state)
{
    uint64_t session = channel_session(3, 5, 1);

    crc32c_init(false);
    memset(ends, 0, sizeof(ends));
    memset(bytes, 0xee, sizeof(bytes));
    writer = (struct ring_writer){bytes, SIZE, &ends[0], &ends[1], 0, 0, 0, 0, false};
    reader = (struct ring_reader){bytes, SIZE, &ends[1], &ends[0], 0, 0, 0, 0};
    writer_begin(&writer, session);
    assert_true(writer_look(&writer));
    assert_int_equal(writer_room(&writer, 0), 0); /* not answered yet */
    reader_begin(&reader, session);
    assert_true(writer_look(&writer) && writer.is_answered);
    return 0;
}

static char byte_at(uint32_t sequence, size_t i)
{
    return (char)(sequence * 31 + i * 7 + (i >> 8));
}

static void put(size_t size)
{
    struct ring_piece pieces[2];

    writer_pieces(&writer, size, pieces);
    assert_int_equal(pieces[0].size + pieces[1].size, size);
    for (size_t i = 0; i < size; i++) {
        struct ring_piece *piece = &pieces[i >= pieces[0].size];
        piece->at[i >= pieces[0].size ? i - pieces[0].size : i] = byte_at(writer.sequence, i);
    }
    writer_publish(&writer, FRAME_DATA, 7, 9, size);
}

static bool frame_is(const struct frame *frame, uint32_t sequence, size_t size)
{
    bool same = frame->sequence == sequence && frame->size == size && frame->kind == FRAME_DATA &&
                frame->to == 7 && frame->from == 9;

    for (size_t i = 0; i < size; i++)
        same &= payload[i] == byte_at(sequence, i);
    return same;
}

static void take(size_t size)
{
    struct frame frame;
    uint32_t sequence = reader.sequence;

    assert_int_equal(reader_take(&reader, &frame, payload, &why), 1);
    assert_true(frame_is(&frame, sequence, size));
}

static void frames_come_in_order(void **state)
{
    static size_t sizes[100000];
    unsigned first = 0, last = 0;

    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        size_t size = (size_t)rand() % (rand() % 4 ? 100 : FRAME_PAYLOAD_MAX + 1);

        assert_true(writer_look(&writer));
        if (rand() % 2 && (size == 0 ? 1 : writer_room(&writer, 0)) >= size &&
            SIZE - (writer.written - writer.read) >= size + 64) {
            put(size);
            sizes[last++] = size;
        } else if (first < last) {
            take(sizes[first++]);
            reader_publish(&reader);
        }
    }
    while (first < last)
        take(sizes[first++]);
    assert_int_equal(reader_take(&reader, &(struct frame){0}, payload, &why), 0);
    assert_true(last > 5000);
}

static void a_full_ring_has_no_room(void **state)
{
    unsigned count = 0;

    while (writer_room(&writer, SIZE / CHANNEL_RESERVE) >= 1000) {
        put(1000);
        count++;
    }
    assert_int_equal(count, 54);
    while (writer_room(&writer, 0) >= 1000)
        put(1000);
    assert_true(writer.written - writer.read <= SIZE);
    for (size_t size = 64; size < 4096; size += 64) /* never overlaps what is not read */
        assert_true(writer_room(&writer, 0) < 1000);
    take(1000);
    reader_publish(&reader);
    assert_true(writer_look(&writer));
    assert_true(writer_room(&writer, 0) >= 1000);
}

/* The next frame in the ring, to be spoiled; sign: then signed again. */
static struct frame *next_frame(void)
{
    return (struct frame *)(void *)(bytes + reader.read % SIZE);
}

static void sign(struct frame *frame)
{
    frame->checksum = 0;
    frame->checksum = crc32c(crc32c(0, frame, sizeof(*frame)), frame + 1, frame->size);
}

static void expect(enum violation violation)
{
    struct frame frame;
    uint64_t read = reader.read;

    assert_int_equal(reader_take(&reader, &frame, payload, &why), -1);
    assert_int_equal(why, violation);
    assert_int_equal(reader.read, read);
}

static void each_rule_has_its_name(void **state)
{
    for (unsigned test = 0; test < 9; test++) {
        begin(state);
        put(100);
        struct frame *frame = next_frame();
        switch (test) {
        case 0:
            frame->size = FRAME_PAYLOAD_MAX + 1;
            expect(VIOLATION_SIZE);
            break;
        case 1: /* larger than what is published */
            frame->size = 200;
            sign(frame);
            expect(VIOLATION_SIZE);
            break;
        case 2:
            frame->session++;
            sign(frame);
            expect(VIOLATION_SESSION);
            break;
        case 3:
            frame->sequence++;
            sign(frame);
            expect(VIOLATION_SEQUENCE);
            break;
        case 4:
            frame->kind = FRAME_KINDS;
            sign(frame);
            expect(VIOLATION_KIND);
            break;
        case 5:
            bytes[sizeof(struct frame) + 50] ^= 4;
            expect(VIOLATION_CHECKSUM);
            break;
        case 6:
            ends[0].out_written = SIZE + FRAME_ALIGN;
            expect(VIOLATION_POSITION);
            break;
        case 7:
            ends[0].out_written = 33;
            expect(VIOLATION_POSITION);
            break;
        default:
            take(100);
            ends[0].out_written = 0;
            expect(VIOLATION_BACK);
        }
    }
}

static void every_flipped_bit_is_seen(void **state)
{
    for (unsigned bit = 0; bit < (sizeof(struct frame) + 64) * 8; bit++) {
        begin(state);
        put(64);
        bytes[bit / 8] ^= (char)(1U << bit % 8);
        assert_int_equal(reader_take(&reader, &(struct frame){0}, payload, &why), -1);
    }
}

static void a_false_reader_is_seen(void **state)
{
    static const uint64_t wrong[] = {1, 160, 1UL << 40, UINT64_MAX, UINT64_MAX - 31};

    put(64);
    assert_true(writer_look(&writer));
    for (unsigned i = 0; i < COUNT_OF(wrong); i++) {
        ends[1].in_read = wrong[i];
        assert_false(writer_look(&writer));
    }
    ends[1].in_read = 96;
    assert_true(writer_look(&writer));
    ends[1].in_read = 64; /* back */
    assert_false(writer_look(&writer));
}

static void sessions_do_not_mix(void **state)
{
    struct frame frame;

    put(100);
    writer_begin(&writer, channel_session(3, 5, 2));
    assert_int_equal(reader_take(&reader, &frame, payload, &why), 0);
    assert_true(writer_look(&writer) && !writer.is_answered);
    reader_begin(&reader, channel_session(3, 5, 2));
    assert_true(writer_look(&writer) && writer.is_answered);
    assert_int_equal(reader_take(&reader, &frame, payload, &why), 0);
    put(10);
    take(10);
    reader_refuse(&reader);
    assert_int_equal(ends[1].in_refused, (uint32_t)channel_session(3, 5, 2));
    assert_true(writer_look(&writer) && !writer.is_answered);
    assert_int_equal(writer_room(&writer, 0), 0);
}

/* ---- stopped after every instruction ---- */

static char last_bytes[SIZE];
static struct channel_ends last_ends[2];
static unsigned states, news;
static void (*look)(void);

static void stepped(int signal, siginfo_t *info, void *context)
{
    if (memcmp(ends, last_ends, sizeof(ends)) == 0 && memcmp(bytes, last_bytes, WINDOW) == 0 &&
        memcmp(bytes + SIZE - WINDOW, last_bytes + SIZE - WINDOW, WINDOW) == 0)
        return;
    memcpy(last_ends, ends, sizeof(ends));
    memcpy(last_bytes, bytes, WINDOW);
    memcpy(last_bytes + SIZE - WINDOW, bytes + SIZE - WINDOW, WINDOW);
    states++;
    look();
}

static void step(void (*act)(void), void (*look_at_each)(void))
{
    struct sigaction action = {.sa_sigaction = stepped, .sa_flags = SA_SIGINFO};

    look = look_at_each;
    states = news = 0;
    memcpy(last_ends, ends, sizeof(ends));
    memcpy(last_bytes, bytes, SIZE);
    sigaction(SIGTRAP, &action, NULL);
    __writeeflags(__readeflags() | TRAP_FLAG);
    act();
    __writeeflags(__readeflags() & ~(unsigned long long)TRAP_FLAG);
    signal(SIGTRAP, SIG_DFL);
    look();
}

static size_t step_size;

static void act_put(void)
{
    put(step_size);
}

/* A reader in the state of ours, which leaves no trace. */
static void look_as_reader(void)
{
    struct channel_ends scratch = ends[1];
    struct ring_reader other = reader;
    struct frame frame;

    other.mine = &scratch;
    int taken = reader_take(&other, &frame, payload, &why);

    if (taken < 0 || (taken == 0 && news) || (taken > 0 && !frame_is(&frame, 4, step_size)))
        abort();
    news += (unsigned)taken;
}

static void a_frame_is_there_or_not(void **state)
{
    static const unsigned backs[] = {0, 32, 64, 192}; /* across the end of the ring, too */

    for (step_size = 0; step_size < 150; step_size += 49)
        for (unsigned i = 0; i < COUNT_OF(backs); i++) {
            unsigned back = backs[i];

            begin(state);
            writer.written = writer.read = reader.read = reader.written = SIZE - back;
            ends[0].out_written = ends[1].in_read = SIZE - back;
            writer.sequence = reader.sequence = 4;
            step(act_put, look_as_reader);
            assert_true(states >= 2 && news > 0);
        }
}

static void act_begin(void)
{
    writer_begin(&writer, channel_session(3, 5, 2));
}

/* One that still has the old session sees what was there, or nothing. */
static void look_at_new_session(void)
{
    struct channel_ends scratch = ends[1];
    struct ring_reader old = reader;
    struct frame frame;

    old.mine = &scratch;
    int taken = reader_take(&old, &frame, payload, &why);

    if (taken < 0 || (taken > 0 && !frame_is(&frame, 0, 100)))
        abort();
    /* One that follows takes the session only with position 0. */
    if (ends[0].out_session == channel_session(3, 5, 2)) {
        old = reader;
        old.mine = &scratch;
        reader_begin(&old, ends[0].out_session);
        if (reader_take(&old, &frame, payload, &why) != 0)
            abort();
        news++;
    }
}

static void a_session_begins_or_not(void **state)
{
    begin(state);
    put(100);
    step(act_begin, look_at_new_session);
    assert_true(states >= 3 && news > 0);
}

static void act_answer(void)
{
    reader_begin(&reader, channel_session(3, 5, 2));
}

static void look_as_writer(void)
{
    struct ring_writer other = writer;
    struct channel_ends scratch = ends[0];

    other.mine = &scratch;
    if (!writer_look(&other) || (other.is_answered && other.read != 0))
        abort();
    news += other.is_answered;
}

static void an_answer_is_there_or_not(void **state)
{
    begin(state);
    put(100);
    take(100);
    reader_publish(&reader);
    writer_begin(&writer, channel_session(3, 5, 2));
    step(act_answer, look_as_writer);
    assert_true(states >= 3 && news > 0);
}

static void crc32c_is_the_known_one(void **state)
{
    char text[300];

    for (unsigned instruction = 0; instruction < 2; instruction++) {
        crc32c_init(instruction);
        assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
        for (unsigned i = 0; i < sizeof(text); i++)
            text[i] = (char)(i * 13);
        for (unsigned cut = 0; cut < sizeof(text); cut++)
            assert_int_equal(crc32c(crc32c(0, text, cut), text + cut, sizeof(text) - cut),
                             crc32c(0, text, sizeof(text)));
    }
    memset(text, 0, 32); /* RFC 3720 B.4 */
    assert_int_equal(crc32c(0, text, 32), 0x8a9136aa);
    memset(text, 0xff, 32);
    assert_int_equal(crc32c(0, text, 32), 0x62a8ab43);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(frames_come_in_order, begin),
        cmocka_unit_test_setup(a_full_ring_has_no_room, begin),
        cmocka_unit_test_setup(each_rule_has_its_name, begin),
        cmocka_unit_test_setup(every_flipped_bit_is_seen, begin),
        cmocka_unit_test_setup(a_false_reader_is_seen, begin),
        cmocka_unit_test_setup(sessions_do_not_mix, begin),
        cmocka_unit_test_setup(a_frame_is_there_or_not, begin),
        cmocka_unit_test_setup(a_session_begins_or_not, begin),
        cmocka_unit_test_setup(an_answer_is_there_or_not, begin),
        cmocka_unit_test(crc32c_is_the_known_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
