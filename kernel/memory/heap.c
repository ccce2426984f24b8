/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small kernel objects. A slab is one frame: a head with a bitmap, then objects of one size class.
 * As the head comes first, no small object is page-aligned; what is page-aligned is a run of
 * frames, whose length stands in its first frame's count. The bitmap and the head's magic make a
 * double or a wild free a panic.
 */
#include "memory/heap.h"

#include "arch/arch.h"
#include "lib/list.h"
#include "lib/string.h"
#include "memory/frames.h"

#define SLAB_MAGIC 0x62616c73U /* "slab" */
#define GRAIN      16UL
#define SMALL_MAX  2016UL

/* Multiples of 16 that fill a page behind the head: from 320 on 12, 10, 8, 7, 6, 5, 4, 3 and 2 of
 * them fit. */
static const uint16_t class_sizes[] = {16,  32,  48,  64,  80,  96,  112, 128,  160,  192,      224,
                                       256, 320, 400, 496, 576, 672, 800, 1008, 1344, SMALL_MAX};
#define CLASSES COUNT_OF(class_sizes)

struct slab {
    struct list link; /* in partial[class] while an object is free */
    uint32_t magic;
    uint16_t class, free;
    uint64_t free_bits[4];
    uint64_t unused; /* objects start 16-aligned, on a cache line */
};
_Static_assert(sizeof(struct slab) == 64, "the class sizes are made for it");

/* kernel/debug/heap_guard.c; only a debug kernel has it. Each small object then has `extra` bytes
 * more, and all its room is looked at when it is given and taken back. */
extern const struct heap_guard {
    size_t extra;
    void (*begin)(void *object, size_t room); /* not given yet */
    void (*give)(void *object, size_t size, size_t room);
    void (*resize)(void *object, size_t size, size_t room);
    void (*take)(void *object, size_t room);
} heap_guard __attribute__((weak));

static struct list partial[CLASSES]; /* next == NULL: not used yet, so the heap needs no init */

static unsigned class_of(size_t size)
{
    static uint8_t table[SMALL_MAX / GRAIN + 1]; /* by grains; 0: not computed, else class + 1 */
    size_t grains = (size + GRAIN - 1) / GRAIN;
    if (table[grains] == 0) {
        unsigned class = 0;
        while (class_sizes[class] < size)
            class ++;
        table[grains] = (uint8_t)(class + 1);
    }
    return table[grains] - 1U;
}

static inline size_t slab_capacity(unsigned class)
{
    return (PAGE_SIZE - sizeof(struct slab)) / class_sizes[class];
}

static struct slab *slab_create(unsigned class)
{
    phys_addr frame = frame_alloc(FRAME_KERNEL);
    if (!frame)
        return NULL;
    struct slab *slab = direct_pointer(frame);
    memset(slab, 0, sizeof(*slab));
    slab->magic = SLAB_MAGIC;
    slab->class = (uint16_t) class;
    slab->free = (uint16_t)slab_capacity(class);
    for (unsigned i = 0; i < slab->free; i++) {
        slab->free_bits[i / 64] |= 1UL << i % 64;
        if (&heap_guard)
            heap_guard.begin((char *)(slab + 1) + i * class_sizes[class], class_sizes[class]);
    }
    list_insert(&partial[class], &slab->link);
    return slab;
}

static inline size_t guarded(size_t size)
{
    return &heap_guard ? size + heap_guard.extra : size;
}

static void *small_alloc(size_t size)
{
    unsigned class = class_of(guarded(size));
    struct list *list = &partial[class];
    if (!list->next)
        list_init(list);
    struct slab *slab =
        list_is_empty(list) ? slab_create(class) : LIST_FIRST(list, struct slab, link);
    if (!slab)
        return NULL;
    ASSERT(slab->magic == SLAB_MAGIC && slab->class == class && slab->free != 0);
    unsigned word = 0;
    while (slab->free_bits[word] == 0)
        word++;
    unsigned index = word * 64 + (unsigned)__builtin_ctzl(slab->free_bits[word]);
    slab->free_bits[word] &= slab->free_bits[word] - 1;
    if (--slab->free == 0)
        list_remove(&slab->link);
    void *object = (char *)(slab + 1) + index * class_sizes[class];
    if (&heap_guard)
        heap_guard.give(object, size, class_sizes[class]);
    else
        memset(object, 0, class_sizes[class]);
    return object;
}

void *heap_alloc(size_t size)
{
    if (guarded(size) <= SMALL_MAX)
        return small_alloc(size ? size : 1);
    if (size > LARGE_PAGE_SIZE)
        return NULL;
    size_t count = (size + PAGE_SIZE - 1) / PAGE_SIZE;
    phys_addr frame = frame_alloc_run(count, FRAME_KERNEL);
    if (!frame)
        return NULL;
    frame_run_mark(frame, count);
    for (size_t i = 0; i < count; i++)
        page_zero(direct_pointer(frame + i * PAGE_SIZE));
    return direct_pointer(frame);
}

void heap_free(void *object)
{
    if (!object)
        return;
    uintptr_t offset = (uintptr_t)object % PAGE_SIZE;
    if (offset == 0) {
        size_t count = frame_run_unmark(direct_phys(object));
        ASSERT(count != 0); /* else: freed twice, or never allocated */
        frame_put_run(direct_phys(object), count);
        return;
    }
    struct slab *slab = (struct slab *)((uintptr_t)object - offset);
    ASSERT(slab->magic == SLAB_MAGIC && slab->class < CLASSES && offset >= sizeof(*slab));
    unsigned index = (unsigned)(offset - sizeof(*slab)) / class_sizes[slab->class];
    ASSERT(sizeof(*slab) + index * class_sizes[slab->class] == offset);
    ASSERT((slab->free_bits[index / 64] >> index % 64 & 1) == 0); /* else: freed twice */
    if (&heap_guard)
        heap_guard.take(object, class_sizes[slab->class]);
    slab->free_bits[index / 64] |= 1UL << index % 64;
    struct list *list = &partial[slab->class];
    if (slab->free++ == 0)
        list_insert(list->next, &slab->link);
    /* An empty slab stays only as the last of its class, so that one object coming and going is
     * cheap. */
    if (slab->free == slab_capacity(slab->class) && list->next->next != list) {
        list_remove(&slab->link);
        slab->magic = 0;
        frame_put(direct_phys(slab));
    }
}

/* What an allocation of this size really holds. */
static size_t room_of(size_t size)
{
    if (guarded(size) <= SMALL_MAX)
        return class_sizes[class_of(guarded(size ? size : 1))];
    return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

void *heap_resize(void *object, size_t old_size, size_t new_size)
{
    if (object && new_size <= LARGE_PAGE_SIZE && room_of(old_size) == room_of(new_size)) {
        if (new_size > old_size)
            memset((char *)object + old_size, 0, new_size - old_size);
        if (&heap_guard && guarded(new_size) <= SMALL_MAX)
            heap_guard.resize(object, new_size, room_of(new_size));
        return object;
    }
    void *resized = heap_alloc(new_size);
    if (!resized)
        return NULL;
    if (object)
        memcpy(resized, object, old_size < new_size ? old_size : new_size);
    heap_free(object);
    return resized;
}

char *heap_string(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = heap_alloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}
