/* SPDX-License-Identifier: Apache-2.0 */
#include "node/offline.h"

#include "node/control.h"
#include "node/self.h"

static uint32_t word(uint32_t node, enum offline_why why)
{
    return published_of(node)->incarnation << 2 | why;
}

void offline_set(uint32_t node, enum offline_why why)
{
    atomic_store(&self_published->offline[node], word_sealed(word(node, why)));
}

bool offline_is(uint32_t node, enum offline_why why)
{
    for (uint32_t other = 0; other < machine->node_count; other++) {
        if (word_unsealed(published_of(other)->offline[node]) == word(node, why))
            return true;
    }
    return false;
}

bool node_is_offline(uint32_t node)
{
    return offline_is(node, OFFLINE_CORE);
}
