/* SPDX-License-Identifier: Apache-2.0 */
/* Names for addresses in the kernel's text, from the pristine ELF in the boot store. */
#pragma once
#include "lib/check.h"

/* The function that holds address: its name and how far into it. NULL: unknown. */
const char *symbol_find(uintptr_t address, uintptr_t *offset);
