/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/tcp_frame.c build/lwip/src/core/def.c */
/*
 * libFuzzer: a frame of another node with any word, and a frame of a card with any header. What is
 * let through lies within the frame; nothing else is touched. An input: four bytes that are the
 * word, the header (12 bytes), the frame.
 */
#include <stdlib.h>
#include <string.h>

#include "device/virtio_net_head.h"
#include "network/tcp_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

uint16_t network_sum(const void *bytes, int size)
{
    const uint8_t *at = bytes;
    uint64_t sum = 0;

    for (int i = 0; i < size; i++)
        sum += (uint64_t)at[i] << (i % 2 * 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void from_node(uint32_t word, const uint8_t *frame, size_t size)
{
    struct card_task task;

    if (!tcp_frame_task(word, frame, size, &task))
        return;
    must(size <= CARD_FRAME_MAX || task.data);
    must(!task.sum_from || (task.sum_at >= task.sum_from && task.sum_at + 2UL <= size));
    must(!task.data || (size <= CARD_CUT_MAX && task.head + task.data <= CARD_FRAME_MAX &&
                        task.head > task.sum_at && task.head + task.data < size));
    struct virtio_net_head head = virtio_net_head_of(&task);

    must(!task.sum_from || head.sum_from + head.sum_at + 2UL <= size);
    must(!task.data || (head.cuts == (task.is_v6 ? 4 : 1) && head.data == task.data));
}

/* Of a frame of `size` bytes these are the first. */
static void large(const uint8_t *bytes, size_t size, const struct card_task *task, size_t most)
{
    struct tcp_frame_cut cut;
    size_t data = 0, part_size;
    uint8_t *part = malloc(0x4000);
    struct card_task left;

    if (tcp_frame_cut_begin(&cut, bytes, size, task, most)) {
        while ((part_size = tcp_frame_cut_next(&cut, part)) != 0) {
            must(part_size > cut.head_size);
            must(part_size <= (most > CARD_FRAME_MAX ? most : CARD_FRAME_MAX));
            must(tcp_frame_task(cut.word, part, part_size, &left));
            data += part_size - cut.head_size;
        }
        must(data + cut.head_size == size);
    }
    free(part);
}

static void from_card(const uint8_t *bytes, const uint8_t *from, size_t size)
{
    struct virtio_net_head head;
    struct card_task task = {0};
    uint8_t *frame = malloc(size); /* exactly so large */

    memcpy(&head, bytes, sizeof(head));
    memcpy(frame, from, size);
    virtio_net_task_of(&head, head.cuts ? CARD_JOINED_MAX : size, &task);
    if (head.cuts && (!task.data || size < CARD_HEAD_MAX)) {
        free(frame);
        return;
    }
    if (task.data) {
        size_t end = CARD_HEAD_MAX;

        (void)tcp_frame_at(frame, CARD_JOINED_MAX, &end);
        end = end < CARD_JOINED_MAX ? end : CARD_JOINED_MAX;
        large(frame, end > CARD_HEAD_MAX ? end : CARD_HEAD_MAX, &task, bytes[2] & 1 ? 0x4000 : 0);
    } else if (task.sum_from) {
        struct card_task again;
        uint32_t word = tcp_frame_word(&task, frame, size);

        must(!word || tcp_frame_task(word, frame, size, &again));
        must(!word || (again.sum_from == task.sum_from && again.sum_at == task.sum_at));
        tcp_frame_sum(frame, size, &task);
    }
    free(frame);
}

/* Most of what makes it a segment, and of what a card says of one. */
static void make_right(uint8_t *bytes, uint8_t *frame, bool is_v6)
{
    static const uint8_t v4[] = {8, 0, 0x45}, v6[] = {0x86, 0xdd, 0x60};
    size_t at = is_v6 ? TCP_AT_V6 : TCP_AT_V4;

    memcpy(frame + ETHERNET_KIND, is_v6 ? v6 : v4, 3);
    frame[is_v6 ? 20 : 23] = 6;
    frame[20] = is_v6 ? 6 : 0;
    frame[at + TCP_HEAD] = (uint8_t)(5 + frame[at + TCP_HEAD] % 3) << 4;
    frame[at + TCP_SIGNS] = (uint8_t)(16 | (frame[at + TCP_SIGNS] & 9));
    bytes[0] = 1;
    memcpy(bytes + 6, (uint16_t[]){(uint16_t)at, TCP_SUM}, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t word;
    static uint8_t bytes[16], frame[CARD_FRAME_MAX + 1];

    if (size < 16 + 14 || size - 16 > sizeof(frame))
        return 0;
    size -= 16;
    memcpy(bytes, data, sizeof(bytes));
    memcpy(frame, data + 16, size);
    memcpy(&word, data, sizeof(word));
    if (size > CARD_HEAD_MAX && word >> 24 & 1)
        make_right(bytes + 4, frame, word >> 24 & 2);
    /* Mostly one that may be. */
    from_node(word & 0x80000000 ? word : word & (WORD_NO_SUM | WORD_DATA), frame, size);
    if (size <= CARD_FRAME_MAX)
        from_card(bytes + 4, frame, size);
    return 0;
}
