/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/hydros: what this node knows of all nodes, for programs. docs/control.md is the contract:
 * pairs may be added at the end of a line, none is taken away. A peer's words are copied once, and
 * bytes that would change a terminal or make a line of their own become '?'.
 */
#include "lib/string.h"
#include "linux/proc.h"
#include "memory/heap.h"
#include "node/control.h"
#include "node/self.h"

/* The newest bytes of a full log ring may be in change while we read; as console_owner.h. */
#define LOG_MARGIN 4096U
#define MS         1000000UL

static uint64_t partition_kib(uint32_t node)
{
    const struct machine_node *partition = &machine->nodes[node];
    uint64_t size = 0;
    for (uint32_t i = 0; i < partition->extent_count; i++)
        size += partition->extents[i].size;
    return size / 1024;
}

static const char *step_text(uint32_t step)
{
    static const char *const texts[] = {"idle", "intent", "fence", "bury", "load", "start"};
    return step < COUNT_OF(texts) ? texts[step] : "?";
}

static uint64_t uptime_ms(const struct published *page, uint32_t state)
{
    uint64_t started = page->started_ns, now = arch_clock();
    bool runs = state == NODE_KERNEL || state == NODE_RUNNING;
    return runs && started < now ? (now - started) / MS : 0;
}

void proc_nodes(struct proc_text *text, const struct proc_source *source)
{
    self_memory_publish(); /* a busy node that is alone has no looks */
    for (uint32_t node = 0; node < machine->node_count; node++) {
        const struct published *page = published_of(node);
        uint32_t incarnation = page->incarnation, state = node_state(node);
        bool self = node == self_node();
        proc_print(text, "node %u state %s incarnation %u beat_age_ms %lu uptime_ms %lu", node,
                   node_state_text(state), incarnation, self ? 0 : node_beat_age(node) / MS,
                   uptime_ms(page, state));
        proc_print(text, " memory_used %lu memory_total %lu interrupts %lu restarts %u",
                   (uint64_t)page->memory_used / 1024, partition_kib(node),
                   (uint64_t)page->interrupts, incarnation ? incarnation - 1 : 0);
        proc_print(text, " deaths_in_row %u offline %u step %s target %u started %u",
                   node_deaths_in_row(node), node_is_offline(node), step_text(page->guardian_step),
                   (uint32_t)page->guardian_target, (uint32_t)page->restarts);
        proc_print(text, " safe %u console %u self %u\n", self && node_is_safe(),
                   page->console_owner == ~incarnation, self);
    }
}

/* size bytes that another node wrote, sanitised; every line begins with the prefix. A last line
 * without end gets one. */
static void lines_print(struct proc_text *text, const char *prefix, const char *bytes, size_t size)
{
    bool begins = true;
    char piece[256];
    size_t filled = 0;
    for (size_t i = 0; i < size; i++) {
        char byte = ((const volatile char *)bytes)[i];
        if (begins)
            proc_print(text, "%s", prefix);
        begins = byte == '\n';
        piece[filled++] = ((unsigned char)byte < ' ' && byte != '\n') || byte == 0x7f ? '?' : byte;
        if (begins || filled == sizeof(piece)) {
            proc_bytes(text, piece, filled);
            filled = 0;
        }
    }
    proc_bytes(text, piece, filled);
    if (!begins)
        proc_bytes(text, "\n", 1);
}

static void epitaph_lines(struct proc_text *text, const char *prefix, const struct epitaph *epitaph)
{
    uint32_t size = *(const volatile uint32_t *)&epitaph->text_size;
    lines_print(text, prefix, epitaph->text, size < EPITAPH_TEXT ? size : EPITAPH_TEXT);
}

void proc_epitaphs(struct proc_text *text, const struct proc_source *source)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        const struct published *page = published_of(node);
        if (!atomic_load_explicit(&page->epitaph_valid, memory_order_acquire))
            continue;
        proc_print(text, "== node %u, incarnation %u\n", node, (uint32_t)page->incarnation);
        epitaph_lines(text, "", &page->epitaph);
    }
}

static const char *notice_text(uint32_t notice)
{
    static const char *const texts[] = {"none",    "last_words", "hang",
                                        "silence", "order",      "no_start"};
    return notice < COUNT_OF(texts) ? texts[notice] : "?";
}

void proc_deaths(struct proc_text *text, const struct proc_source *source)
{
    const struct burial *death;
    uint64_t total = node_deaths();
    for (unsigned i = 0; (death = node_death(i)) != NULL; i++) {
        const struct epitaph *epitaph = &death->epitaph;
        uint32_t size = death->log_size < BURIAL_LOG_SIZE ? death->log_size : BURIAL_LOG_SIZE;
        proc_print(text, "death %lu node %u incarnation %u guardian %u notice %s noticed_ms %lu",
                   total - i, death->node, death->incarnation, death->guardian,
                   notice_text(death->notice), death->noticed_ns / MS);
        proc_print(text, " wall_ms %lu ended_ms %lu exit_status %d address %lx instruction %lx\n",
                   death->wall_ns / MS, epitaph->time_ns / MS, epitaph->exit_status,
                   epitaph->address, epitaph->instruction);
        epitaph_lines(text, "text ", epitaph);
        lines_print(text, "log ", death->log, size);
        proc_print(text, "end\n");
    }
}

/* Whole lines of a ring that may go on being written meanwhile: what was overwritten under our
 * eyes is left out. */
void proc_log(struct proc_text *text, const struct proc_source *source)
{
    const struct published *page = published_of((uint32_t)source->fd);
    uint64_t written = atomic_load_explicit(&page->log_written, memory_order_acquire), now;
    uint64_t from = written > LOG_RING_SIZE ? written - LOG_RING_SIZE : 0;
    char *copy = heap_alloc(LOG_RING_SIZE);
    size_t size = (size_t)(written - from), at = from % LOG_RING_SIZE, skip = 0;
    if (!copy) {
        text->failed = true;
        return;
    }
    size_t first = size < LOG_RING_SIZE - at ? size : LOG_RING_SIZE - at;
    memcpy(copy, page->log + at, first);
    memcpy(copy + first, page->log, size - first);
    atomic_thread_fence(memory_order_acquire);
    now = page->log_written;
    /* A smaller position: a new life began while we looked. What we have is a mixture. */
    if (now < written)
        size = 0;
    else if (now + LOG_MARGIN > from + LOG_RING_SIZE)
        skip = (size_t)(now + LOG_MARGIN - from - LOG_RING_SIZE);
    if (skip > size)
        skip = size;
    while (skip && skip < size && copy[skip - 1] != '\n')
        skip++;
    lines_print(text, "", copy + skip, size - skip);
    heap_free(copy);
}
