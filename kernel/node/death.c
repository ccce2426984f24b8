/* SPDX-License-Identifier: Apache-2.0 */
/* A burial is read as any peer's page: its number before and after, checksum and sizes checked, and
 * then it is only text. What does not fit into memory is not kept. */
#include "node/death.h"

#include <stddef.h>

#include "arch/arch.h"
#include "lib/checksum.h"
#include "lib/string.h"
#include "memory/heap.h"
#include "node/control.h"
#include "node/election.h"
#include "node/self.h"

#define DEATHS_KEPT 32

static struct burial *kept[DEATHS_KEPT]; /* of number n at n % DEATHS_KEPT */
static uint64_t deaths;
static uint64_t seen[NODES_MAX][BURIALS]; /* their numbers */

uint64_t node_deaths(void)
{
    return deaths;
}

const struct burial *node_death(unsigned index)
{
    return index < deaths && index < DEATHS_KEPT ? kept[(deaths - 1 - index) % DEATHS_KEPT] : NULL;
}

const struct burial *death_of(uint32_t node, uint32_t incarnation)
{
    const struct burial *death;

    for (unsigned i = 0; (death = node_death(i)) != NULL; i++) {
        if (death->node == node && death->incarnation == incarnation)
            return death;
    }
    return NULL;
}

static uint64_t burial_sum(const struct burial *burial)
{
    return checksum_bytes(&burial->node, sizeof(*burial) - offsetof(struct burial, node));
}

static void death_keep(const struct burial *burial, uint64_t number)
{
    struct burial *copy = heap_alloc(sizeof(*copy));

    if (!copy)
        return;
    memcpy(copy, burial, sizeof(*copy));
    atomic_thread_fence(memory_order_acquire);
    if (burial->number != number || copy->checksum != burial_sum(copy) ||
        copy->node >= machine->node_count || death_of(copy->node, copy->incarnation)) {
        heap_free(copy);
        return;
    }
    if (copy->epitaph.text_size > EPITAPH_TEXT)
        copy->epitaph.text_size = EPITAPH_TEXT;
    if (copy->log_size > BURIAL_LOG_SIZE)
        copy->log_size = BURIAL_LOG_SIZE;
    heap_free(kept[deaths % DEATHS_KEPT]);
    kept[deaths++ % DEATHS_KEPT] = copy;
}

static unsigned oldest(const struct burial *burials)
{
    unsigned at = 0;

    for (unsigned i = 1; i < BURIALS; i++) {
        if (burials[i].number < burials[at].number)
            at = i;
    }
    return at;
}

void death_look(uint32_t node)
{
    const struct burial *burials = published_of(node)->burials;
    unsigned first = oldest(burials);

    for (unsigned i = 0; i < BURIALS; i++) {
        unsigned at = (first + i) % BURIALS;
        uint64_t number = atomic_load_explicit(&burials[at].number, memory_order_acquire);

        if (number == seen[node][at] || number & 1)
            continue;
        seen[node][at] = number;
        death_keep(&burials[at], number);
    }
}

static void log_copy(struct burial *burial, const struct published *page)
{
    uint64_t written = page->log_written;
    uint64_t size = written < BURIAL_LOG_SIZE ? written : BURIAL_LOG_SIZE;

    for (uint64_t i = 0; i < size; i++)
        burial->log[i] = page->log[(written - size + i) % LOG_RING_SIZE];
    burial->log_size = (uint32_t)size;
}

static void epitaph_copy(struct burial *burial, const struct published *page)
{
    memset(&burial->epitaph, 0, sizeof(burial->epitaph));
    burial->epitaph.exit_status = -1;
    if (!page->epitaph_valid)
        return;
    memcpy(&burial->epitaph, &page->epitaph, sizeof(burial->epitaph));
    if (burial->epitaph.text_size > EPITAPH_TEXT)
        burial->epitaph.text_size = EPITAPH_TEXT;
}

void death_bury(uint32_t node, uint32_t incarnation, enum death_notice notice)
{
    const struct published *page = published_of(node);
    struct burial *burials = self_published->burials, *burial = &burials[oldest(burials)];
    uint64_t number = 0;

    for (unsigned i = 0; i < BURIALS; i++)
        number = burials[i].number > number ? burials[i].number : number;
    number = (number + 1) | 1; /* odd already: died here in an earlier life */
    atomic_store(&burial->number, number);
    burial->node = node;
    burial->incarnation = incarnation;
    burial->guardian = self_node();
    burial->notice = notice;
    burial->noticed_ns = arch_clock();
    burial->wall_ns = arch_wall_offset() ? burial->noticed_ns + arch_wall_offset() : 0;
    epitaph_copy(burial, page);
    log_copy(burial, page);
    burial->checksum = burial_sum(burial);
    atomic_store(&burial->number, number + 1);
    death_look(self_node());
}

uint32_t node_deaths_in_row(uint32_t node)
{
    uint32_t words[NODES_MAX];

    for (uint32_t other = 0; other < machine->node_count; other++)
        words[other] = word_unsealed(published_of(other)->deaths_in_row[node]);
    return deaths_read(published_of(node)->incarnation, words[node], words, machine->node_count);
}

void death_row_add(uint32_t node, uint32_t incarnation)
{
    atomic_store(&self_published->deaths_in_row[node],
                 word_sealed(deaths_word(incarnation, node_deaths_in_row(node) + 1)));
}

void death_row_end(void)
{
    atomic_store(&self_published->deaths_in_row[self_node()],
                 word_sealed(deaths_word(self_start.incarnation, 0)));
}

bool node_is_safe(void)
{
    return option_get("safe", NULL, 0) >= 0 || node_deaths_in_row(self_node()) >= SAFE_MODE_DEATHS;
}
