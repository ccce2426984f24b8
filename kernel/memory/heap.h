/* SPDX-License-Identifier: Apache-2.0 */
/* Small kernel objects: size classes in frames, larger ones as runs of frames. At most 2 MiB. */
#pragma once
#include "lib/check.h"

void *heap_alloc(size_t size) MUST_CHECK; /* 16-byte aligned, zeroed; NULL: out of memory */
void heap_free(void *object);             /* NULL is fine */
void *heap_resize(void *object, size_t old_size,
                  size_t new_size) MUST_CHECK; /* new part zeroed; NULL: object unchanged */
char *heap_string(const char *text) MUST_CHECK;
#define HEAP_NEW(type) ((type *)heap_alloc(sizeof(type)))
