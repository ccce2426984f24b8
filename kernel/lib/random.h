/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20 generator (RFC 8439 block function, fast key erasure), seeded from RDSEED/RDRAND, TSC
 * and node number; reseeds every MiB. Never blocks. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void random_init(void);
void random_bytes(void *buffer, size_t size);
