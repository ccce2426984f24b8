/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of day, told from the monotonic clock. When it is corrected by a little it neither jumps
 * nor goes back: the rest of the error melts away, 1 ns in each 2048 ns. Used by kernel and vDSO.
 */
#pragma once
#include <stdint.h>

#define WALL_SLEW_SHIFT  11         /* 488 ppm, as adjtime(3) on Linux (500) */
#define WALL_SLEW_MAX_NS 128000000L /* larger errors are a step: 128 ms, as for ntpd */

/* All nanoseconds. */
struct wall {
    uint64_t offset; /* to add to the monotonic clock when nothing is left to melt */
    uint64_t from;   /* on the monotonic clock: when the melting began */
    int64_t error;   /* what the time of day was ahead of the right one then */
};

/* Both clocks. Monotonic: ns = ns_base + ((tsc - tsc_base) * mult >> shift), the product 128 bits
 * wide. */
struct clock_parameters {
    uint64_t tsc_base, ns_base;
    struct wall wall;
    uint32_t mult, shift;
};

/* What to add to the monotonic clock, which says now, for UTC. */
static inline uint64_t wall_offset(const struct wall *wall, uint64_t now)
{
    int64_t melted = (int64_t)((now - wall->from) >> WALL_SLEW_SHIFT);
    if (wall->error > melted)
        return wall->offset + (uint64_t)(wall->error - melted);
    if (wall->error < -melted)
        return wall->offset + (uint64_t)(wall->error + melted);
    return wall->offset;
}

/* From now on the right offset is another one; was: what wall_offset says now. */
static inline void wall_correct(struct wall *wall, uint64_t was, uint64_t offset, uint64_t now)
{
    int64_t error = (int64_t)(was - offset);
    if (error > WALL_SLEW_MAX_NS || error < -WALL_SLEW_MAX_NS)
        error = 0;
    *wall = (struct wall){.offset = offset, .from = now, .error = error};
}
