/* SPDX-License-Identifier: Apache-2.0 */
/* What start/load.c leaves in the first page of a partition for start/core.c: the kernel sees only
 * the start_info at its beginning. */
#pragma once
#include "abi/machine.h"

struct start_page {
    struct start_info info;
    uint64_t entry; /* virtual address of the kernel's first instruction */
};
