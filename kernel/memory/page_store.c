/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of something that grows. A radix tree with 64 slots a node whose height grows with the
 * highest page: height 0 is one page and no node. Nodes come from the heap, pages are programs'
 * frames, so a program that fills a file is refused before the kernel's reserve is touched by the
 * pages.
 */
#include "memory/page_store.h"

#include <asm/errno.h>

#include "arch/arch.h"
#include "lib/string.h"
#include "memory/frames.h"
#include "memory/heap.h"

#define NODE_BITS      6
#define NODE_SLOTS     (1U << NODE_BITS)
#define SIZE_MAX_BYTES (1UL << 40) /* 1 TiB: 28 bits of page index, height 5 */

struct node {
    uint32_t used;           /* slots that are not empty */
    void *slots[NODE_SLOTS]; /* nodes; in the lowest ones direct-map pointers of the pages */
};

static uint64_t pages_of(uint64_t size)
{
    return (size + PAGE_SIZE - 1) / PAGE_SIZE;
}

static unsigned slot_of(uint64_t index, unsigned level)
{
    return (unsigned)(index >> (level - 1) * NODE_BITS) % NODE_SLOTS;
}

static bool is_covered(const struct page_store *store, uint64_t index)
{
    return index >> store->height * NODE_BITS == 0;
}

/* Makes the tree high enough for index. */
static int grow(struct page_store *store, uint64_t index)
{
    while (!is_covered(store, index)) {
        if (store->root) {
            struct node *node = HEAP_NEW(struct node);
            if (!node)
                return -ENOMEM;
            node->slots[0] = store->root;
            node->used = 1;
            store->root = node;
        }
        store->height++;
    }
    return 0;
}

static void *page_new(struct page_store *store)
{
    phys_addr frame = frame_alloc_zeroed(FRAME_USER);
    if (!frame)
        return NULL;
    store->frames++;
    return direct_pointer(frame);
}

phys_addr page_store_frame(struct page_store *store, uint64_t index, bool allocate)
{
    if (!is_covered(store, index) && (!allocate || grow(store, index) != 0))
        return 0;
    void **slot = &store->root;
    struct node *above = NULL;
    for (unsigned level = store->height; level > 0; level--) {
        if (!*slot) {
            if (!allocate || !(*slot = HEAP_NEW(struct node)))
                return 0;
            if (above)
                above->used++;
        }
        above = *slot;
        slot = &above->slots[slot_of(index, level)];
    }
    if (!*slot) {
        if (!allocate || !(*slot = page_new(store)))
            return 0;
        if (above)
            above->used++;
    }
    return direct_phys(*slot);
}

bool page_store_next(const struct page_store *store, uint64_t index, uint64_t *found)
{
    while (store->root && is_covered(store, index)) {
        void *thing = store->root;
        unsigned level = store->height;
        while (level > 0 && thing) {
            thing = ((struct node *)thing)->slots[slot_of(index, level)];
            level--;
        }
        if (thing) {
            *found = index;
            return true;
        }
        index = ((index >> level * NODE_BITS) + 1)
                << level * NODE_BITS; /* past the empty subtree */
    }
    return false;
}

struct span { /* pages to drop */
    uint64_t first, end;
    /* those that a program has mapped are zeroed instead: it must see the zeros */
    bool keep_mapped;
};

/* Below `thing` (level levels high, its first page is number `base`): drops what is in the span.
 * Returns what is to stand in its slot: NULL once it is empty. */
static void *drop(struct page_store *store, void *thing, unsigned level, uint64_t base,
                  const struct span *span)
{
    if (level == 0) {
        if (span->keep_mapped && frame_count(direct_phys(thing)) > 1) {
            page_zero(thing);
            return thing;
        }
        frame_put(direct_phys(thing));
        store->frames--;
        return NULL;
    }
    struct node *node = thing;
    uint64_t step = 1UL << (level - 1) * NODE_BITS;
    for (unsigned i = 0; i < NODE_SLOTS && node->used != 0; i++) {
        uint64_t start = base + i * step;
        if (!node->slots[i] || start >= span->end || start + step <= span->first)
            continue;
        node->slots[i] = drop(store, node->slots[i], level - 1, start, span);
        if (!node->slots[i])
            node->used--;
    }
    if (node->used != 0)
        return node;
    heap_free(node);
    return NULL;
}

static void pages_drop(struct page_store *store, uint64_t first, uint64_t end, bool keep_mapped)
{
    const struct span span = {first, end, keep_mapped};
    if (store->root && first < end && is_covered(store, first))
        store->root = drop(store, store->root, store->height, 0, &span);
    if (!store->root)
        store->height = 0;
}

/* Zeroes [offset, offset + size), which lies within one page. */
static void bytes_zero(struct page_store *store, uint64_t offset, uint64_t size)
{
    phys_addr frame = size ? page_store_frame(store, offset / PAGE_SIZE, false) : 0;
    if (frame)
        memset((char *)direct_pointer(frame) + offset % PAGE_SIZE, 0, size);
}

int page_store_resize(struct page_store *store, uint64_t size)
{
    if (size > SIZE_MAX_BYTES)
        return -EFBIG;
    if (size < store->size) {
        pages_drop(store, pages_of(size), UINT64_MAX / PAGE_SIZE, false);
        bytes_zero(store, size, pages_of(size) * PAGE_SIZE - size);
    }
    store->size = size;
    return 0;
}

int page_store_punch(struct page_store *store, uint64_t offset, uint64_t size)
{
    if (offset >= store->size || size == 0)
        return 0;
    uint64_t end = size < store->size - offset ? offset + size : store->size;
    uint64_t first = pages_of(offset) * PAGE_SIZE; /* whole pages: [first, last) */
    uint64_t last = end == store->size ? pages_of(end) * PAGE_SIZE : end / PAGE_SIZE * PAGE_SIZE;
    if (first > last) { /* within one page */
        bytes_zero(store, offset, end - offset);
        return 0;
    }
    bytes_zero(store, offset, first - offset);
    if (last < end)
        bytes_zero(store, last, end - last);
    pages_drop(store, first / PAGE_SIZE, last / PAGE_SIZE, true);
    return 0;
}

static int store_page(struct memory_object *object, uint64_t index, bool for_write,
                      phys_addr *frame)
{
    struct page_store *store = CONTAINER_OF(object, struct page_store, object);
    if (index >= pages_of(store->size))
        return -EFAULT;
    *frame = page_store_frame(store, index, true);
    if (!*frame)
        return -ENOMEM;
    frame_get(*frame);
    return 0;
}

static void store_free(struct memory_object *object)
{
    struct page_store *store = CONTAINER_OF(object, struct page_store, object);
    pages_drop(store, 0, UINT64_MAX / PAGE_SIZE, false);
    heap_free(store);
}

static const struct memory_object_ops store_ops = {.page = store_page, .free = store_free};

struct page_store *page_store_create(void)
{
    struct page_store *store = HEAP_NEW(struct page_store);
    if (store) {
        store->object.ops = &store_ops;
        store->object.count = 1;
    }
    return store;
}

struct page_store *page_store_of(struct memory_object *object)
{
    return object->ops == &store_ops ? CONTAINER_OF(object, struct page_store, object) : NULL;
}
