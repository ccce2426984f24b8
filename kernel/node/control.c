/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of a kernel that neither watches nor guards: watch.c and guardian.c have better ones. */
#include "node/control.h"

#include "linux/abi.h"
#include "node/self.h"

#define WEAK __attribute__((weak))

WEAK int guardian_order(uint32_t node, enum node_order order)
{
    return node < machine->node_count ? -EOPNOTSUPP : -EINVAL;
}

WEAK void watch_program_beat(uint64_t ms)
{
}

WEAK nanoseconds node_beat_age(uint32_t node)
{
    return 0;
}

WEAK uint32_t node_deaths_in_row(uint32_t node)
{
    uint32_t most = 0;
    for (uint32_t other = 0; other < machine->node_count; other++) {
        uint32_t count = published_of(other)->deaths_in_row[node];
        if (count > most)
            most = count;
    }
    return most;
}

WEAK bool node_is_offline(uint32_t node)
{
    return false;
}

WEAK bool node_is_safe(void)
{
    return option_get("safe", NULL, 0) >= 0;
}

WEAK const struct burial *node_death(unsigned index)
{
    return NULL;
}

WEAK uint64_t node_deaths(void)
{
    return 0;
}
