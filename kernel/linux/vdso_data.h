/* SPDX-License-Identifier: Apache-2.0 */
/* The page before the vDSO, read by programs: the kernel fills it once from struct
 * clock_parameters, the vDSO reads it. nanoseconds = ns_base + ((tsc - tsc_base) * mult >> shift),
 * product of 128 bits. */
#pragma once
#include <stdint.h>

struct vdso_data {
    uint64_t tsc_base, ns_base, wall_offset;
    uint32_t mult, shift;
};
