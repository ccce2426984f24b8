/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/test/fake_kernel.c kernel/network/merge.c kernel/network/tcp_frame.c build/lwip/src/core/def.c build/lwip/src/core/inet_chksum.c build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/pbuf.c */
/* What comes in a row becomes one segment, with all its bytes; nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/inet_chksum.h>

#include "lib/check.h"
#include "memory/user_copy.h"
#include "network/merge.h"
#include "network/tcp_frame.h"

#define DATA 100
#define ROOM 200

/* ---- the kernel around it ---- */

void io_kernel(struct io *io, void *base, size_t size)
{
    *io = (struct io){
        .count = 1, .remaining = size, .kernel = true, .single = {(uintptr_t)base, size}};
    io->segments = &io->single;
}

long io_get(struct io *io, void *to, size_t size)
{
    size = size < io->remaining ? size : io->remaining;
    memcpy(to, (const uint8_t *)io->segments[0].base + io->done, size);
    io->done += size;
    io->remaining -= size;
    return (long)size;
}

/* ---- frames ---- */

static size_t head_of(bool is_v6)
{
    return is_v6 ? 14 + 40 : 14 + 20;
}

static void tcp_sum(uint8_t *frame, bool is_v6, size_t size)
{
    uint8_t pseudo[2000] = {0};
    size_t at = head_of(is_v6), addresses = is_v6 ? 32 : 8;
    uint16_t sum = 0;

    memcpy(frame + at + 16, &sum, 2);
    memcpy(pseudo, frame + at - addresses, addresses);
    pseudo[addresses + 1] = 6;
    pseudo[addresses + 2] = (uint8_t)((size - at) >> 8);
    pseudo[addresses + 3] = (uint8_t)(size - at);
    memcpy(pseudo + addresses + 4, frame + at, size - at);
    sum = (uint16_t)~network_sum(pseudo, (int)(addresses + 4 + size - at));
    memcpy(frame + at + 16, &sum, 2);
}

static bool append(const uint8_t *frame, size_t size, uint32_t word)
{
    struct io io;

    io_kernel(&io, (void *)(uintptr_t)frame, size);
    return merge_append(&io, word);
}

/* A segment that begins at byte `first` of the stream 0, 1, 2, ... */
static size_t make(uint8_t *frame, bool is_v6, unsigned first)
{
    size_t at = head_of(is_v6), size = at + 20 + DATA;
    uint8_t *ip = frame + 14;

    memset(frame, 0, ROOM);
    memcpy(frame + 12, is_v6 ? "\x86\xdd" : "\x08\x00", 2);
    if (is_v6) {
        ip[0] = 0x60;
        ip[5] = 20 + DATA;
        ip[6] = 6;
    } else {
        ip[0] = 0x45;
        ip[3] = 20 + 20 + DATA;
        ip[9] = 6;
    }
    frame[at - 1] = 9;
    if (!is_v6) {
        uint16_t sum = (uint16_t)~network_sum(ip, 20);

        memcpy(ip + 10, &sum, 2);
    }
    frame[at + 1] = 80;
    frame[at + 6] = (uint8_t)(first >> 8);
    frame[at + 7] = (uint8_t)first;
    frame[at + 12] = 5 << 4;
    frame[at + 13] = 0x10;
    for (unsigned i = 0; i < DATA; i++)
        frame[at + 20 + i] = (uint8_t)(first + i);
    tcp_sum(frame, is_v6, size);
    return size;
}

static void begin(bool is_v6)
{
    uint8_t frame[ROOM];
    size_t size = make(frame, is_v6, 0);
    struct pbuf *held = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_RAM);

    pbuf_take(held, frame, (u16_t)size);
    assert_true(merge_begin(held, 0));
}

static void end(bool is_v6, unsigned count)
{
    uint8_t bytes[ROOM * 2];
    unsigned frames;
    struct pbuf *whole = merge_take(&frames);
    size_t at = head_of(is_v6), size = at + 20 + (size_t)count * DATA;

    assert_int_equal(frames, count);
    assert_int_equal(whole->tot_len, size);
    assert_int_equal(pbuf_copy_partial(whole, bytes, (u16_t)size, 0), size);
    assert_int_equal(is_v6 ? bytes[18] << 8 | bytes[19] : (bytes[16] << 8 | bytes[17]) - 20,
                     size - at);
    for (unsigned i = 0; i < count * DATA; i++)
        assert_int_equal(bytes[at + 20 + i], i);
    pbuf_free(whole);
    assert_null(merge_take(&frames));
}

static void a_row_is_one(void **state)
{
    uint8_t frame[ROOM];

    for (int is_v6 = 0; is_v6 <= 1; is_v6++) {
        begin(is_v6);
        size_t size = make(frame, is_v6, DATA);

        assert_true(append(frame, size + 3, 0)); /* filled up, as short frames are */
        assert_false(append(frame, size, 0));    /* not in a row any more */
        end(is_v6, 2);
    }
}

/* One byte or bit of the second is another; its sum is right again, or not. */
static void others_are_not(void **state)
{
    static const struct {
        int at; /* behind the addresses */
        uint8_t bits;
    } changed[] = {{-1, 1},  {-5, 1}, {0, 1},  {3, 1},  {4, 1},   {7, 1},   {8, 1},  {11, 1},
                   {12, 16}, {13, 1}, {13, 2}, {13, 4}, {13, 16}, {13, 32}, {14, 1}, {15, 1}};
    uint8_t frame[ROOM];

    for (int is_v6 = 0; is_v6 <= 1; is_v6++) {
        for (unsigned i = 0; i < COUNT_OF(changed); i++) {
            begin(is_v6);
            size_t size = make(frame, is_v6, DATA);

            frame[(int)head_of(is_v6) + changed[i].at] ^= changed[i].bits;
            tcp_sum(frame, is_v6, size);
            assert_false(append(frame, size, 0));
            end(is_v6, 1);
        }
        begin(is_v6);
        for (size_t size = make(frame, is_v6, DATA), at = head_of(is_v6); at < size; at++) {
            frame[at] ^= 4; /* the sum tells */
            assert_false(append(frame, size, 0));
            frame[at] ^= 4;
            assert_false(append(frame, at, 0));
        }
        end(is_v6, 1);
    }
}

static void at_most_32_kib(void **state)
{
    uint8_t frame[ROOM];
    unsigned count = 1;

    begin(false);
    while (count < 100 && append(frame, make(frame, false, count * DATA), 0))
        count++;
    assert_int_equal(count, 32768 / 1460);
    pbuf_free(merge_take(&count));
}

/* What another node vouches for needs no sum, and may be many in one. */
static void many_in_one(void **state)
{
    uint8_t frame[ROOM];
    unsigned count;

    for (int is_v6 = 0; is_v6 <= 1; is_v6++) {
        begin(is_v6);
        size_t size = make(frame, is_v6, DATA);

        frame[head_of(is_v6) + 16] ^= 1;
        assert_false(append(frame, size, 0));
        assert_true(append(frame, size, WORD_NO_SUM | 30));
        pbuf_free(merge_take(&count));
        assert_int_equal(count, 1 + 4); /* 30, 30, 30 and 10 bytes */
    }
    /* IPv4's own sum is always looked at. */
    begin(false);
    size_t size = make(frame, false, DATA);

    frame[24] ^= 1;
    assert_false(append(frame, size, WORD_NO_SUM));
    pbuf_free(merge_take(&count));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_one), cmocka_unit_test(others_are_not),
        cmocka_unit_test(at_most_32_kib), cmocka_unit_test(many_in_one)};

    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
