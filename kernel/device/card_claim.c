/* SPDX-License-Identifier: Apache-2.0 */
#include "device/card_claim.h"

/* Who has slept through a change of owners cannot know who fenced whom, and believes in the end
 * whoever says so. By then a guardian, the slowest one too, has long claimed what is his. */
#define UNPROVEN_NS (10000 * 1000000UL)

void card_claim_look(struct card_known *known, uint32_t node_count, nanoseconds now,
                     struct card_claim (*read)(uint32_t node, uint32_t owner))
{
    bool is_first = known->node == CARD_NOBODY;
    bool is_open = is_first || (known->over != 0 && now - known->over > UNPROVEN_NS);
    bool goes_on = false;

    for (uint32_t node = 0; node < node_count; node++) {
        struct card_claim claim = read(node, known->node);

        if (!claim.is_made)
            continue;
        if (node == known->node && claim.life == known->life) {
            goes_on = true;
        } else if (is_open || claim.ended >= known->life) {
            *known = (struct card_known){.node = node, .life = claim.life};
            return;
        }
    }
    if (goes_on)
        known->over = 0;
    else if (!is_first && known->over == 0)
        known->over = now;
}
