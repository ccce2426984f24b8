/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of something that grows: a tmpfs file, a memfd, shared anonymous memory. Sparse. */
#pragma once
#include "lib/check.h"
#include "memory/memory_object.h"

struct page_store {
    struct memory_object object; /* object.ops->page serves pages below `size` */
    uint64_t size;               /* bytes */
    void *root;                  /* radix tree, private to page_store.c */
    unsigned height;             /* of the tree; 0: root is the one page */
    uint64_t frames;             /* populated */
};
struct page_store *page_store_create(void) MUST_CHECK; /* count 1 in object.count; NULL */
int page_store_resize(struct page_store *store,
                      uint64_t size) MUST_CHECK; /* shrinking drops pages and
zeroes the tail of the last one; -ENOMEM, -EFBIG (over 1 TiB). Mapped pages keep their frames. */
/* Frame of page index, allocated zeroed when missing; no count taken. 0: out of memory. */
phys_addr page_store_frame(struct page_store *store, uint64_t index, bool allocate);
int page_store_punch(struct page_store *store, uint64_t offset, uint64_t size); /* zeroes a range */
/* First page at or after index that is populated (SEEK_DATA); false: none. */
bool page_store_next(const struct page_store *store, uint64_t index, uint64_t *found);
/* The store that an object belongs to; NULL: it is of another kind. */
struct page_store *page_store_of(struct memory_object *object);
