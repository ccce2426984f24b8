/* SPDX-License-Identifier: Apache-2.0 */
/* Who am I: number, incarnation, the machine, published pages of all nodes. */
#pragma once
#include "abi/machine.h"
#include "abi/published.h"
#include "lib/check.h"

extern const struct machine *machine;    /* boot store, read-only */
extern struct start_info self_start;     /* copy of what start/ gave us */
extern struct published *self_published; /* ours, writable */
static inline uint32_t self_node(void)
{
    return self_start.node;
}
const struct published *published_of(uint32_t node); /* NULL: no such node */
/* Its state as all live nodes see it: NODE_DEAD also for one that was fenced and cannot say so. */
uint32_t node_state(uint32_t node);
const char *node_state_text(uint32_t state); /* enum node_state in a word */
bool node_is_fenced_by(uint32_t guardian, uint32_t node, uint32_t incarnation);
void self_state_set(enum node_state state);
/* false: somebody has altered who we are and what we do, as it stands in our page. The number of
 * our life is right again then. */
bool self_page_check(void);
void self_init(const struct start_info *start);
/* At each look, before this core halts, and when a program here asks: others see what a busy node
 * uses, and at once what an idle one does. */
void self_memory_publish(void);

/* Boot options: space-separated name or name=value; value percent-encoded. option_get decodes into
 * value (terminated): length, or -1 when absent. "name@3=..." applies to node 3 only and wins. */
long option_get(const char *name, char *value, size_t size);
long option_get_of(uint32_t node, const char *name, char *value, size_t size);
bool option_is(const char *name, const char *value);
bool option_is_of(uint32_t node, const char *name, const char *value); /* for another node */
uint64_t option_number(const char *name, uint64_t otherwise);
uint64_t option_number_of(uint32_t node, const char *name, uint64_t otherwise);
const char *option_text(void); /* all of it: /proc/cmdline */
