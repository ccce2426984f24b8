/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20 generator (RFC 8439 block function, fast key erasure), seeded from RDSEED/RDRAND, TSC
 * and node number; reseeds every MiB. Never blocks. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* hardware: one word of true randomness, false: none now. clock: changes fast. extra: differs
 * between nodes and lives. */
void random_init(bool (*hardware)(uint64_t *value), uint64_t (*clock)(void), uint64_t extra);
void random_bytes(void *buffer, size_t size);
/* The block function, for the test vectors: 64 bytes of key stream. */
void chacha20_block(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3],
                    uint8_t out[64]);
