/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical memory for the parsers' tests and fuzz targets: one piece of bytes at one address. What
 * is asked for is given in an allocation of exactly that size, so that the address sanitizer sees
 * the first byte read beyond it, and the former one is freed: "valid until the next call" is
 * tested, too.
 */
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "boot/reader.h"

struct fake_memory {
    uint64_t base, size;
    const uint8_t *bytes;
    void *given;
};

static inline const void *fake_memory_at(void *context, uint64_t phys, uint64_t size)
{
    struct fake_memory *memory = context;

    free(memory->given);
    memory->given = NULL;
    if (phys < memory->base || phys - memory->base > memory->size ||
        size > memory->size - (phys - memory->base))
        return NULL;
    memory->given = malloc(size > 0 ? size : 1);
    memcpy(memory->given, memory->bytes + (phys - memory->base), size);
    return memory->given;
}

static inline struct reader fake_memory_reader(struct fake_memory *memory)
{
    return (struct reader){fake_memory_at, memory};
}
