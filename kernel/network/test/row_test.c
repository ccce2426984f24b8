/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/test/fake_kernel.c kernel/network/row.c kernel/network/tcp_frame.c build/lwip/src/core/def.c build/lwip/src/core/inet_chksum.c build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/pbuf.c */
/* What lwIP sends, frame by frame, comes out of a card that cuts as the same frames, with their
 * sums, in the same order; whatever the frames are, and whether the card has room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/inet_chksum.h>

#include "memory/user_copy.h"
#include "network/link.h"
#include "network/row.h"

#define FRAMES 300

struct bytes {
    size_t size;
    uint8_t at[CARD_FRAME_MAX];
};
static struct bytes wanted[FRAMES], got[FRAMES];
static unsigned wanted_count, got_count, sent_count;
static size_t room, told, largest; /* told: to the row at hand */
static bool can_cut;

/* ---- the kernel around it ---- */

void io_kernel(struct io *io, void *base, size_t size)
{
    *io = (struct io){
        .count = 1, .remaining = size, .kernel = true, .single = {(uintptr_t)base, size}};
    io->segments = &io->single;
}

size_t link_room(const uint8_t to[ADDRESS_SIZE], bool is_v6)
{
    told = room;
    return room;
}

/* ---- a card that cuts ---- */

static void put16be(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* The whole sum in place of the pseudo header's. */
static void card_sum(uint8_t *frame, size_t size, const struct card_task *task)
{
    if (task->sum_from)
        tcp_frame_sum(frame, size, task);
}

static void card_cut(const uint8_t *frame, size_t size, const struct card_task *task)
{
    size_t tcp = task->sum_from, count = 0;

    for (size_t done = task->head; done < size; count++) {
        struct bytes *one = &got[got_count++];
        size_t data = size - done < task->data ? size - done : task->data;
        bool is_last = done + data == size;
        uint32_t number = get32(frame + tcp + TCP_NUMBER) + (uint32_t)(done - task->head);

        one->size = task->head + data;
        memcpy(one->at, frame, task->head);
        memcpy(one->at + task->head, frame + done, data);
        put16be(one->at + tcp + TCP_NUMBER, number >> 16);
        put16be(one->at + tcp + TCP_NUMBER + 2, number & 0xffff);
        if (!task->is_v6)
            put16be(one->at + 18, get16(frame + 18) + count);
        if (!is_last)
            one->at[tcp + TCP_SIGNS] &= (uint8_t)~8;
        tcp_frame_resize(one->at, tcp, one->size);
        uint16_t sum = tcp_frame_pseudo_sum(one->at, tcp, one->size);

        memcpy(one->at + tcp + TCP_SUM, &sum, sizeof(sum));
        card_sum(one->at, one->size, task);
        done += data;
    }
}

static void card_send_one(uint8_t *frame, size_t size, const struct card_task *task)
{
    if (task->data) {
        card_cut(frame, size, task);
        return;
    }
    card_sum(frame, size, task);
    got[got_count].size = size;
    memcpy(got[got_count++].at, frame, size);
}

/* A card that puts together hands us such a frame: its parts are the same frames. Numbers of
 * packets are the same in all of them, for nobody fragments them. */
static void cut_again(const uint8_t *bytes, size_t size, const struct card_task *task)
{
    static uint8_t part[0x4000];
    struct tcp_frame_cut cut;
    struct card_task left;
    size_t done = 0;

    assert_true(tcp_frame_cut_begin(&cut, bytes, size, task, random() % 2 ? sizeof(part) : 0));
    for (size_t part_size; (part_size = tcp_frame_cut_next(&cut, part)) != 0;) {
        memcpy(part + cut.head_size, bytes + cut.head_size + done, part_size - cut.head_size);
        assert_true(tcp_frame_task(cut.word, part, part_size, &left));
        if (!task->is_v6)
            put16be(part + 18, get16(part + 18) + done / task->data);
        tcp_frame_resize(part, cut.at, part_size);
        done += part_size - cut.head_size;
        card_send_one(part, part_size, &left);
    }
    assert_int_equal(done + cut.head_size, size);
}

bool link_send(struct io *frame, uint32_t word)
{
    static uint8_t bytes[CARD_CUT_MAX];
    struct card_task task;
    size_t size = 0;

    for (unsigned i = 0; i < frame->count; i++) {
        memcpy(bytes + size, (const void *)frame->segments[i].base, frame->segments[i].size);
        size += frame->segments[i].size;
    }
    assert_int_equal(size, frame->remaining);
    assert_true(size <= told || size <= CARD_FRAME_MAX);
    assert_true(tcp_frame_task(word, bytes, size, &task));
    assert_true(can_cut || !word);
    largest = size > largest ? size : largest;
    sent_count++;
    if (task.data && random() % 2)
        cut_again(bytes, size, &task);
    else
        card_send_one(bytes, size, &task);
    return true;
}

/* ---- lwIP ---- */

static struct stream {
    bool is_v6;
    uint32_t number, acknowledged;
    uint16_t id;
    uint8_t port;
} streams[2];

static unsigned below(unsigned limit)
{
    return (unsigned)random() % limit;
}

static void sum_right(struct bytes *frame, size_t at)
{
    struct card_task task = {.sum_from = (uint16_t)at, .sum_at = (uint16_t)(at + TCP_SUM)};
    uint16_t sum = tcp_frame_pseudo_sum(frame->at, at, frame->size);

    memcpy(frame->at + at + TCP_SUM, &sum, sizeof(sum));
    tcp_frame_sum(frame->at, frame->size, &task);
}

static size_t segment_make(struct bytes *frame, struct stream *stream, size_t data, unsigned signs,
                           size_t options)
{
    static const uint8_t v4[] = {8, 0, 0x45}, v6[] = {0x86, 0xdd, 0x60};
    size_t at = stream->is_v6 ? TCP_AT_V6 : TCP_AT_V4, header = at + TCP_PLAIN + options;

    memset(frame->at, 7, header);
    memcpy(frame->at + 12, stream->is_v6 ? v6 : v4, 3);
    if (stream->is_v6) {
        frame->at[14 + 6] = 6;
    } else {
        put16be(frame->at + 18, stream->id++);
        put16be(frame->at + 20, 0);
        frame->at[14 + 9] = 6;
    }
    frame->at[at + 1] = stream->port;
    put16be(frame->at + at + TCP_NUMBER, stream->number >> 16);
    put16be(frame->at + at + TCP_NUMBER + 2, stream->number & 0xffff);
    put16be(frame->at + at + TCP_ACKNOWLEDGED + 2, stream->acknowledged);
    frame->at[at + TCP_HEAD] = (uint8_t)((TCP_PLAIN + options) / 4 << 4);
    frame->at[at + TCP_SIGNS] = (uint8_t)(16 | signs);
    for (size_t i = 0; i < data; i++)
        frame->at[header + i] = (uint8_t)random();
    frame->size = header + data;
    tcp_frame_resize(frame->at, at, frame->size);
    stream->number += (uint32_t)data;
    return at;
}

/* In one piece or in several. */
static struct pbuf *frame_of(const struct bytes *frame)
{
    size_t first = below(4) ? frame->size : 60 + below((unsigned)frame->size);
    struct pbuf *whole = NULL;

    first = first < frame->size ? first : frame->size;
    for (size_t done = 0; done < frame->size; first = frame->size - done) {
        first = below(4) || first < 5 ? first : first / 2 + 1;
        struct pbuf *part = pbuf_alloc(PBUF_RAW, (u16_t)first, PBUF_RAM);

        memcpy(part->payload, frame->at + done, first);
        done += first;
        if (whole)
            pbuf_cat(whole, part);
        else
            whole = part;
    }
    return whole;
}

static void send(struct bytes *frame, size_t tcp_at)
{
    struct pbuf *whole = frame_of(frame);
    err_t error;

    if (!can_cut && tcp_at) {
        struct bytes sums = *frame;

        sum_right(&sums, tcp_at);
        pbuf_take(whole, sums.at, (u16_t)sums.size);
    }
    error = row_output(whole, can_cut);
    assert_true(error == ERR_OK || (error == ERR_IF && tcp_at && room < frame->size));
    pbuf_free(whole);
    if (error == ERR_OK) {
        if (tcp_at)
            sum_right(frame, tcp_at);
        wanted_count++;
    }
}

static void any_frame(void)
{
    static const unsigned sizes[] = {1460, 1460, 1440, 1400, 700, 512, 511, 1, 0};
    struct bytes *frame = &wanted[wanted_count];
    struct stream *stream = &streams[below(8) == 0];
    size_t data = below(3) ? 1440 : sizes[below(sizeof(sizes) / sizeof(sizes[0]))];

    if (below(20) == 0) {
        frame->size = 14 + below(1500);
        for (size_t i = 0; i < frame->size; i++)
            frame->at[i] = 1;
        send(frame, 0);
        return;
    }
    if (stream->is_v6 && data > 1440)
        data = 1440;
    stream->acknowledged += below(20) == 0;
    stream->number += below(20) == 0;
    send(frame, segment_make(frame, stream, data, below(10) ? 0 : 8U >> below(4),
                             below(20) || data > 1400 ? 0 : 12));
    if (below(30) == 0)
        row_end();
}

/* In a row only the last one pushes, for any of them. */
static void push_leave(const struct bytes *one, struct bytes *other)
{
    size_t end, at = tcp_frame_at(other->at, other->size, &end);

    if (!at || !tcp_frame_is_plain(other->at, at, end))
        return;
    other->at[at + TCP_SIGNS] = (uint8_t)(16 | (one->at[at + TCP_SIGNS] & 8));
    sum_right(other, at);
}

static void round_of(unsigned seed)
{
    srandom(seed);
    streams[0] = (struct stream){.is_v6 = below(2), .number = (uint32_t)random() * 2, .port = 1};
    streams[1] = (struct stream){.is_v6 = below(2), .number = (uint32_t)random(), .port = 2};
    wanted_count = got_count = 0;
    can_cut = below(4);
    while (wanted_count < FRAMES) {
        room = can_cut ? 1514 + below(below(2) ? 64000 : 4000) : CARD_FRAME_MAX;
        room = below(100) ? room : below(1514);
        any_frame();
    }
    row_end();
    assert_int_equal(got_count, wanted_count);
    for (unsigned i = 0; i < wanted_count; i++) {
        assert_int_equal(got[i].size, wanted[i].size);
        push_leave(&got[i], &wanted[i]);
        assert_memory_equal(got[i].at, wanted[i].at, wanted[i].size);
    }
}

static void frames_come_out_as_they_went_in(void **state)
{
    for (unsigned seed = 1; seed <= 300; seed++)
        round_of(seed);
    assert_in_range(largest, 15000, CARD_CUT_MAX);
}

static void a_stream_is_few_frames(void **state)
{
    room = CARD_CUT_MAX;
    can_cut = true;
    for (int is_v6 = 0; is_v6 <= 1; is_v6++) {
        streams[0] = (struct stream){.is_v6 = is_v6};
        wanted_count = got_count = sent_count = 0;
        for (unsigned i = 0; i < 88; i++) {
            struct bytes *frame = &wanted[wanted_count];

            send(frame, segment_make(frame, &streams[0], 1440, 0, 0));
        }
        row_end();
        assert_in_range(sent_count, 2, 4); /* some consist of several pieces */
        assert_int_equal(got_count, 88);
    }
}

/* ---- what another node may ask for ---- */

static void only_what_fits_the_frame(void **state)
{
    static uint8_t many[CARD_CUT_MAX];
    struct bytes one = {0};
    struct card_task task;
    struct stream stream = {.is_v6 = false};
    size_t at = segment_make(&one, &stream, 1000, 0, 0), size = at + TCP_PLAIN + 5000;

    assert_true(tcp_frame_task(0, one.at, one.size, &task) && !task.sum_from);
    assert_true(tcp_frame_task(WORD_NO_SUM, one.at, one.size, &task));
    assert_true(task.sum_from == at && task.sum_at == at + 16 && !task.data);
    assert_false(tcp_frame_task(WORD_NO_SUM, one.at, one.size - 1, &task));
    assert_false(tcp_frame_task(WORD_NO_SUM << 1, one.at, one.size, &task));
    assert_false(tcp_frame_task(WORD_NO_SUM | 1000, one.at, one.size, &task));
    assert_false(tcp_frame_task(1000, one.at, one.size, &task));
    memcpy(many, one.at, at + TCP_PLAIN);
    tcp_frame_resize(many, at, size);
    assert_true(tcp_frame_task(WORD_NO_SUM | 1460, many, size, &task));
    assert_true(task.data == 1460 && task.head == at + TCP_PLAIN && !task.is_v6);
    assert_false(tcp_frame_task(WORD_NO_SUM | 1461, many, size, &task));
    assert_false(tcp_frame_task(WORD_NO_SUM | 511, many, size, &task));
    assert_false(tcp_frame_task(WORD_NO_SUM | 1460, many, size + 1, &task));
    assert_false(tcp_frame_task(WORD_NO_SUM, many, size, &task));
    assert_false(tcp_frame_task(0, many, size, &task));
    many[at + TCP_SIGNS] |= 2;
    assert_false(tcp_frame_task(WORD_NO_SUM | 1460, many, size, &task));
    many[at + TCP_SIGNS] = 16;
    many[at + TCP_HEAD] = 6 << 4;
    assert_false(tcp_frame_task(WORD_NO_SUM | 1460, many, size, &task));
    many[at + TCP_HEAD] = 4 << 4;
    assert_false(tcp_frame_task(WORD_NO_SUM, many, size, &task));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_out_as_they_went_in),
        cmocka_unit_test(a_stream_is_few_frames),
        cmocka_unit_test(only_what_fits_the_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
