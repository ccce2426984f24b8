/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the pure parsers of boot/ see physical memory: through a function that answers NULL for what
 * cannot be read. So a table can claim any address and size, and the tests can give any bytes.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/string.h"

struct reader {
    /* All of [phys, phys + size) readable there, or NULL. Valid until the next call. */
    const void *(*at)(void *context, uint64_t phys, uint64_t size);
    void *context;
};

/* Copies size bytes, or answers false. */
static inline bool reader_copy(const struct reader *reader, uint64_t phys, void *to, uint64_t size)
{
    const void *from = reader->at(reader->context, phys, size);

    if (from == NULL)
        return false;
    memcpy(to, from, size);
    return true;
}
