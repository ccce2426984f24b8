/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/hydros: what this node sees of all nodes, from their published pages. `nodes`: a line for
 * each; `epitaphs`: what the dead ones left. A peer's words are copied once, and bytes that would
 * change a terminal become '?'.
 */
#include "lib/string.h"
#include "linux/proc.h"
#include "node/self.h"

void proc_nodes(struct proc_text *text, const struct proc_source *source)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        const struct published *page = published_of(node);
        uint32_t state = page->state, life = page->incarnation;
        proc_print(text, "%u %s life %u memory %lu KiB interrupts %lu%s%s\n", node,
                   node_state_text(state), life, (uint64_t)page->memory_used / 1024,
                   (uint64_t)page->interrupts, page->console_owner ? " console" : "",
                   node == self_node() ? " self" : "");
    }
}

static void epitaph_print(struct proc_text *text, const struct epitaph *epitaph)
{
    char bytes[128];
    uint32_t size = *(const volatile uint32_t *)&epitaph->text_size;
    if (size > EPITAPH_TEXT)
        size = EPITAPH_TEXT;
    for (uint32_t done = 0; done < size;) {
        uint32_t part = size - done < sizeof(bytes) ? size - done : (uint32_t)sizeof(bytes);
        memcpy(bytes, epitaph->text + done, part);
        for (uint32_t i = 0; i < part; i++) {
            if (((unsigned char)bytes[i] < ' ' && bytes[i] != '\n') || bytes[i] == 0x7f)
                bytes[i] = '?';
        }
        proc_bytes(text, bytes, part);
        done += part;
    }
}

void proc_epitaphs(struct proc_text *text, const struct proc_source *source)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        const struct published *page = published_of(node);
        if (!atomic_load_explicit(&page->epitaph_valid, memory_order_acquire))
            continue;
        proc_print(text, "== node %u, life %u\n", node, (uint32_t)page->incarnation);
        epitaph_print(text, &page->epitaph);
    }
}
