/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Red zones of the heap. Behind each small object stand a pattern and, at the end of its room, its
 * size; what is free is filled with another pattern. Whoever writes past an object, or into one
 * that it has given back, is found when the object is next given or taken.
 */
#include "lib/check.h"
#include "lib/string.h"

#define ZONE_BYTE  0xc5
#define FREE_BYTE  0xdf
#define SIZE_MAGIC 0x656e6f7a64657221UL /* so that a plain number is no size */

extern const struct heap_guard { /* kernel/memory/heap.c */
    size_t extra;
    void (*begin)(void *object, size_t room);
    void (*give)(void *object, size_t size, size_t room);
    void (*resize)(void *object, size_t size, size_t room);
    void (*take)(void *object, size_t room);
} heap_guard;

static bool is_filled(const uint8_t *from, const uint8_t *to, uint8_t byte)
{
    while (from < to && *from == byte)
        from++;
    return from == to;
}

static uint64_t *size_of(void *object, size_t room)
{
    return (uint64_t *)((char *)object + room) - 1;
}

static void guard_begin(void *object, size_t room)
{
    memset(object, FREE_BYTE, room);
}

static void zone_set(void *object, size_t size, size_t room)
{
    memset((char *)object + size, ZONE_BYTE, room - sizeof(uint64_t) - size);
    *size_of(object, room) = size ^ SIZE_MAGIC;
}

/* Of its old size. */
static void zone_check(void *object, size_t room)
{
    uint64_t size = *size_of(object, room) ^ SIZE_MAGIC;
    const uint8_t *bytes = object;

    if (size > room - heap_guard.extra ||
        !is_filled(bytes + size, bytes + room - sizeof(uint64_t), ZONE_BYTE))
        panic("heap: someone wrote past the object at %p", object);
}

static void guard_give(void *object, size_t size, size_t room)
{
    const uint8_t *bytes = object;

    if (!is_filled(bytes, bytes + room, FREE_BYTE))
        panic("heap: someone wrote to the object at %p after it was freed", object);
    memset(object, 0, size);
    zone_set(object, size, room);
}

static void guard_resize(void *object, size_t size, size_t room)
{
    zone_set(object, size, room);
}

static void guard_take(void *object, size_t room)
{
    zone_check(object, room);
    memset(object, FREE_BYTE, room);
}

const struct heap_guard heap_guard = {.extra = 16,
                                      .begin = guard_begin,
                                      .give = guard_give,
                                      .resize = guard_resize,
                                      .take = guard_take};
