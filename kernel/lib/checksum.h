/* SPDX-License-Identifier: Apache-2.0 */
/* XXH64 (public domain algorithm, seed 0): fast without vector instructions. Also compiled into the
 * loader and the host tool. `data` any alignment. */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint64_t checksum_bytes(const void *data, size_t size);
