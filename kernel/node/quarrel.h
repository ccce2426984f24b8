/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two nodes that both live and whose channel does not come up: one of them carries damage that new
 * sessions do not mend, and only a new life of it will. Pure: from what all nodes publish both
 * conclude alike which one ends, so nobody has to be asked.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/channel.h"

/* What each of the two publishes of its channels with the other. */
bool quarrel_is_between(const struct channel_ends *one, const struct channel_ends *other);

struct quarrel_side {
    uint32_t node;
    unsigned quarrels;   /* running nodes whose channel with it is not up */
    uint64_t started_ns; /* when its life began */
};
/* The one with more quarrels ends. Else the older life: it had more time to be damaged, and the
 * younger one was loaded anew from the boot store; so if it was the wrong one, the other is next.
 */
bool quarrel_ends(const struct quarrel_side *one, const struct quarrel_side *other);
