/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/device/virtqueue.c */
/*
 * libFuzzer: a device that writes anything into its part of the queue at any time. Whatever it is,
 * nothing outside of the queue is touched, a buffer is never handed out twice, and what is handed
 * out is one that the device had.
 */
#include <stdlib.h>
#include <string.h>

#include "device/virtqueue.h"

#define SIZE 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buffers[SIZE * VIRTQUEUE_BUFFER];
    uint8_t *descriptors = calloc(1, VIRTQUEUE_DESCRIPTORS(SIZE));
    uint8_t *available = calloc(1, VIRTQUEUE_AVAILABLE(SIZE));
    uint8_t *used = calloc(1, VIRTQUEUE_USED(SIZE));
    uint64_t is_given = 0, row = 0, rows[SIZE] = {0}; /* by the first buffer of each */
    int first = -1;
    struct virtqueue queue;
    bool is_written = size & 1;

    virtqueue_init(&queue, SIZE, descriptors, available, used, buffers, 0, is_written, size & 2);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        unsigned index = 0;
        size_t bytes = 0;
        int free = virtqueue_free(&queue), result;

        if (data[i] & 1 && free >= 0) {
            must(free < SIZE && !(is_given >> free & 1));
            is_given |= 1UL << free;
            row |= 1UL << free;
            first = first < 0 ? free : first;
            if (data[i] & 4 && queue.free_count > 1) {
                virtqueue_part(&queue, VIRTQUEUE_BUFFER);
                continue;
            }
            rows[first] = row;
            row = 0;
            first = -1;
            virtqueue_give(&queue, VIRTQUEUE_BUFFER);
        }
        /* A word somewhere; often the index, a little ahead. */
        if (data[i] & 2)
            memcpy(used + 2 * (data[i + 1] % (VIRTQUEUE_USED(SIZE) / 2)), data + i + 2, 2);
        else
            used[2] = (uint8_t)(used[2] + data[i + 1] % 3);
        (void)virtqueue_must_notify(&queue);
        (void)virtqueue_arm(&queue);
        result = virtqueue_take(&queue, &index, &bytes);
        if (result < 0)
            break;
        if (result == 0)
            continue;
        must(index < SIZE && rows[index]);
        must(!is_written || bytes <= VIRTQUEUE_BUFFER);
        is_given &= ~rows[index];
        rows[index] = 0;
        must(queue.free_count == SIZE - (unsigned)__builtin_popcountl(is_given));
    }
    free(descriptors);
    free(available);
    free(used);
    return 0;
}
