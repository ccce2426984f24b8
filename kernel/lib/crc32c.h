/* SPDX-License-Identifier: Apache-2.0 */
/* CRC32C (Castagnoli, as iSCSI): of what comes from another node. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Chooses between the processor's instruction and doing without, whichever is faster: an emulator
 * may compute the instruction bit by bit. Before it, nothing here may be called. */
void crc32c_init(bool has_instruction);
const char *crc32c_method(void);
/* Goes on from crc (0 at first) over more bytes: crc32c(crc32c(0, a), b) is the CRC of a and b. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);
/* The same while it copies: it is the CRC of the copy, whoever writes to `from` meanwhile. */
uint32_t crc32c_copy(uint32_t crc, void *to, const void *from, size_t size);
/* false: the tables are not what they were at start, so nothing that was said here is true. */
bool crc32c_is_sound(void);
