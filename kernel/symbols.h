/* SPDX-License-Identifier: Apache-2.0 */
/* Names for addresses: functions, from the pristine ELF in the boot store, and areas of
 * abi/layout.h. */
#pragma once
#include "lib/check.h"

/* The function that holds address: its name and how far into it. NULL: unknown. */
const char *symbol_find(uintptr_t address, uintptr_t *offset);
/* What lies at address, in words: "partition of node 2". */
void address_describe(uintptr_t address, char *text, size_t size);
