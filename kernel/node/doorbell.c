/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners look at what others published. A bell is always rung, also for a core that does not
 * sleep: a bell that is pending when a core is about to halt wakes it, so none can be missed. */
#include "node/doorbell.h"

#include "arch/arch.h"
#include "arch/doors.h"
#include "node/self.h"

static struct doorbell_listener *listeners;

void doorbell_listen(struct doorbell_listener *listener)
{
    listener->next = listeners;
    listeners = listener;
}

void doorbell_enter(void)
{
    for (struct doorbell_listener *listener = listeners; listener; listener = listener->next)
        listener->ring();
}

void doorbell_ring(uint32_t node)
{
    if (node < machine->node_count && node != self_node())
        arch_doorbell(machine->nodes[node].apic_id);
}

void doorbell_ring_all(void)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        const struct published *published = published_of(node);
        uint32_t state = atomic_load_explicit(&published->state, memory_order_relaxed);

        if (node != self_node() && state >= NODE_KERNEL && state <= NODE_STOPPED)
            arch_doorbell(machine->nodes[node].apic_id);
    }
}
