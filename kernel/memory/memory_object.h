/* SPDX-License-Identifier: Apache-2.0 */
/* What a region of memory can be filled from: memory does not know files. */
#pragma once
#include "lib/check.h"

struct memory_object;
struct memory_object_ops {
    /* The frame that holds page `index`, with one count taken (frame_get). -EFAULT: beyond the end
     * (SIGBUS), -ENOMEM. for_write: the caller will write to it (MAP_SHARED). */
    int (*page)(struct memory_object *object, uint64_t index, bool for_write, phys_addr *frame);
    void (*free)(struct memory_object *object); /* count reached 0 */
};
struct memory_object {
    const struct memory_object_ops *ops;
    unsigned count;
    /* for /proc/self/maps; may be NULL */
    const char *(*name)(struct memory_object *object, char *buffer, size_t size);
};
static inline void memory_object_get(struct memory_object *object)
{
    object->count++;
}
static inline void memory_object_put(struct memory_object *object)
{
    if (--object->count == 0)
        object->ops->free(object);
}
