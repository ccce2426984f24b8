/* SPDX-License-Identifier: Apache-2.0 */
/* The page before the vDSO, read by programs: the kernel fills it from struct clock_parameters, and
 * anew when the time of day is corrected, which it counts; the vDSO reads it. nanoseconds = ns_base
 * + ((tsc - tsc_base) * mult >> shift), product of 128 bits. */
#pragma once
#include <stdint.h>

#include "lib/wall.h"

struct vdso_data {
    uint64_t tsc_base, ns_base;
    struct wall wall;
    uint32_t mult, shift;
    uint32_t corrections;
};
