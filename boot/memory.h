/* SPDX-License-Identifier: Apache-2.0 */
/* Physical memory as the loader sees it: one to one. Below 4 GiB always; above, on demand. */
#pragma once
#include <stdint.h>

#include "boot/reader.h"

#define MEMORY_LIMIT (8UL << 40) /* also known to boot/plan.c: no partition lies above */

/* NULL: beyond MEMORY_LIMIT, or more at once than there are tables for (32 GiB). Good until further
 * 32 GiB elsewhere have been asked for. */
void *memory_map(uint64_t phys, uint64_t size);
extern const struct reader memory_reader;
