/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/device/e1000_ring.c */
/*
 * libFuzzer: a card that writes anything into the descriptors at any time. Whatever it is, what is
 * handed out is the next buffer in order, which the card had, and no longer than that.
 */
#include <stdlib.h>
#include <string.h>

#include "device/e1000_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buffers[E1000_RING_SIZE * E1000_BUFFER];
    uint8_t *descriptors = calloc(E1000_RING_SIZE, sizeof(struct e1000_descriptor));
    struct e1000_ring ring;
    bool is_written = size & 1;
    uint32_t given = 0, taken = 0;

    e1000_ring_init(&ring, descriptors, buffers, 0, is_written);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        const uint8_t *buffer = NULL;
        size_t bytes = 0;
        uint8_t *room;

        for (unsigned more = data[i] >> 4; more > 0 && (room = e1000_ring_free(&ring)); more--) {
            must(room == buffers + given % E1000_RING_SIZE * E1000_BUFFER);
            must(given - taken < E1000_RING_SIZE - 1);
            e1000_ring_give(&ring, data[i + 1]);
            given++;
        }
        /* A byte anywhere, or the state and size of the next one. */
        if (data[i] & 1)
            descriptors[(data[i + 1] << 8 | data[i + 2]) % (E1000_RING_SIZE * 16)] = data[i + 3];
        else
            memcpy(descriptors + taken % E1000_RING_SIZE * 16 + (data[i] & 2 ? 8 : 12),
                   data + i + 2, 2);
        bool has = e1000_ring_has(&ring);
        int result = e1000_ring_take(&ring, &buffer, &bytes);

        must(has == (result != 0));
        if (result <= 0)
            continue;
        must(taken != given && buffer == buffers + taken % E1000_RING_SIZE * E1000_BUFFER);
        must(bytes <= E1000_BUFFER);
        taken++;
    }
    free(descriptors);
    return 0;
}
