/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the boot store that boot/plan.c has placed. */
#pragma once
#include "abi/image.h"
#include "boot/info.h"

/* Copies kernels, options and the root file system to where the plan wants them, sums everything,
 * and returns the machine description in its place in the store. `machine` is complete but for
 * checksums. */
const struct machine *store_fill(struct machine *machine, const struct boot_info *info,
                                 const struct image_header *header);
