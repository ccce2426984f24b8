/* SPDX-License-Identifier: Apache-2.0 */
/* /dev/hydros, and the faults that a debug kernel can be asked for. */
#pragma once
#include "lib/check.h"

int control_init(void) MUST_CHECK; /* makes /dev/hydros; after tree_init */

/* kernel/debug/fault.c; only a debug kernel has these. Options fault= and so on; then a fault by
 * its name: -EINVAL when there is none. */
extern void (*const fault_start)(void) __attribute__((weak));
extern int (*const fault_named)(const char *name) __attribute__((weak));
