/* SPDX-License-Identifier: Apache-2.0 */
/* The page before the vDSO, read by programs: the kernel fills it from the clock, and
 * anew when the time of day is corrected, which it counts; the vDSO reads it. nanoseconds = ns_base
 * + ((tsc - tsc_base) * mult >> shift), product of 128 bits. */
#pragma once
#include <stdint.h>

#include "lib/wall.h"

struct vdso_data {
    struct clock_parameters clock;
    uint32_t corrections;
};
