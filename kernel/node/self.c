/* SPDX-License-Identifier: Apache-2.0 */
/* Who this node is, and the boot options. What the boot store says was checked by the loader; what
 * start/ gave is copied here, since its page is not ours to keep. */
#include "node/self.h"

#include "abi/options.h"
#include "lib/string.h"
#include "memory/frames.h"

const struct machine *machine;
struct start_info self_start;
struct published *self_published;
static enum node_state own_state; /* as it is published */

const struct published *published_of(uint32_t node)
{
    if (node >= machine->node_count)
        return NULL;
    return (const struct published *)(PUBLISHED_BASE + node * PUBLISHED_SIZE);
}

bool node_is_fenced_by(uint32_t guardian, uint32_t node, uint32_t incarnation)
{
    const struct published *page = published_of(guardian);

    return word_unsealed(atomic_load_explicit(&page->fenced[node], memory_order_relaxed)) ==
           incarnation;
}

static bool is_fenced(uint32_t node, uint32_t incarnation)
{
    for (uint32_t other = 0; other < machine->node_count; other++) {
        if (node_is_fenced_by(other, node, incarnation))
            return true;
    }
    return false;
}

uint32_t node_state(uint32_t node)
{
    const struct published *page = published_of(node);
    uint32_t incarnation = atomic_load_explicit(&page->incarnation, memory_order_acquire);
    uint32_t state = atomic_load_explicit(&page->state, memory_order_acquire);

    if (incarnation == 0 || state == NODE_ABSENT)
        return state;
    return is_fenced(node, incarnation) ? NODE_DEAD : state;
}

const char *node_state_text(uint32_t state)
{
    static const char *const texts[] = {"absent",  "starting", "kernel",
                                        "running", "stopped",  "dead"};
    return state < COUNT_OF(texts) ? texts[state] : "?";
}

/* All positions count from the beginning of this life. What is known of others (fenced, burial,
 * deaths, offline) names lives by their number, so it goes on from life to life. */
static void published_reset(struct published *published)
{
    atomic_store_explicit(&published->epitaph_valid, 0, memory_order_relaxed);
    atomic_store_explicit(&published->sleeping, 0, memory_order_relaxed);
    atomic_store_explicit(&published->beat, 0, memory_order_relaxed);
    atomic_store_explicit(&published->memory_used, 0, memory_order_relaxed);
    atomic_store_explicit(&published->interrupts, 0, memory_order_relaxed);
    atomic_store_explicit(&published->log_written, 0, memory_order_relaxed);
    atomic_store_explicit(&published->console_written, 0, memory_order_relaxed);
    atomic_store_explicit(&published->console_waits, 0, memory_order_relaxed);
    atomic_store_explicit(&published->console_owner, 0, memory_order_relaxed);
    atomic_store_explicit(&published->card, 0, memory_order_relaxed);
    atomic_store_explicit(&published->address, 0, memory_order_relaxed);
    atomic_store_explicit(&published->nmi_answers, 0, memory_order_relaxed);
    atomic_store_explicit(&published->nmi_instruction, 0, memory_order_relaxed);
    atomic_store_explicit(&published->restarts, 0, memory_order_relaxed);
    atomic_store_explicit(&published->suspects, 0, memory_order_relaxed);
    atomic_store_explicit(&published->guardian_step, GUARDIAN_IDLE, memory_order_relaxed);
    atomic_store_explicit(&published->guardian_claim, 0, memory_order_relaxed);
    atomic_store_explicit(&published->bell_armed, 0, memory_order_relaxed);
    atomic_store_explicit(&published->wakeful, 0, memory_order_relaxed);
    for (unsigned i = 0; i < COUNT_OF(published->listens[0]); i++) {
        atomic_store_explicit(&published->listens[0][i], 0, memory_order_relaxed);
        atomic_store_explicit(&published->listens[1][i], 0, memory_order_relaxed);
    }
    for (uint32_t node = 0; node < NODES_MAX; node++) {
        struct channel_ends *ends = &published->channels[node];

        atomic_store_explicit(&ends->out_session, CHANNEL_NO_SESSION, memory_order_relaxed);
        atomic_store_explicit(&ends->out_waits, 0, memory_order_relaxed);
        atomic_store_explicit(&ends->in_refused, 0, memory_order_relaxed);
        atomic_store_explicit(&ends->in_session, CHANNEL_NO_SESSION, memory_order_relaxed);
        atomic_store_explicit(&published->console_shown[node], 0, memory_order_relaxed);
        atomic_store_explicit(&published->log_shown[node], 0, memory_order_relaxed);
        atomic_store_explicit(&published->console_in_written[node], 0, memory_order_relaxed);
        atomic_store_explicit(&published->console_in_read[node], 0, memory_order_relaxed);
    }
}

void self_init(const struct start_info *start)
{
    ASSERT(start->magic == START_MAGIC);
    self_start = *start;
    machine = (const struct machine *)STORE_BASE;
    ASSERT(machine->magic == MACHINE_MAGIC && start->node < machine->node_count);
    self_published = (struct published *)(PUBLISHED_BASE + start->node * PUBLISHED_SIZE);
    /* The old life's state goes before the new life's number comes: who reads the number first and
     * then the state never takes the old death for the new life's. */
    self_state_set(NODE_STARTING);
    published_reset(self_published);
    atomic_store_explicit(&self_published->incarnation, start->incarnation, memory_order_release);
    self_state_set(NODE_KERNEL);
}

void self_state_set(enum node_state state)
{
    own_state = state;
    atomic_store_explicit(&self_published->state, state, memory_order_seq_cst);
}

void self_memory_publish(void)
{
    atomic_store_explicit(&self_published->memory_used, frames_used() * PAGE_SIZE,
                          memory_order_relaxed);
}

bool self_page_check(void)
{
    uint32_t incarnation = atomic_exchange(&self_published->incarnation, self_start.incarnation);

    return incarnation == self_start.incarnation && self_published->state == own_state;
}

const char *option_text(void)
{
    return machine->options_size > 0 ? (const char *)STORE_BASE + machine->options_offset : "";
}

/* Does the word at text name this option? 0: no, 1: for all nodes, 2: for the given one. *value is
 * where its value begins: behind '=', or the end of the word. */
static int option_match(const char *text, uint32_t node, const char *name, const char **value)
{
    size_t length = strlen(name);
    int rank = 1;

    if (strncmp(text, name, length) != 0)
        return 0;
    text += length;
    if (*text == '@') {
        uint32_t meant = 0;

        for (text++; *text >= '0' && *text <= '9'; text++)
            meant = meant * 10 + (uint32_t)(*text - '0');
        if (meant != node)
            return 0;
        rank = 2;
    }
    if (*text != '=' && *text != ' ' && *text != 0)
        return 0;
    *value = *text == '=' ? text + 1 : text;
    return rank;
}

/* The last one given wins; one for the node wins over those for all. */
long option_get_of(uint32_t node, const char *name, char *value, size_t size)
{
    const char *at = option_text();
    const char *found = NULL, *candidate;
    int found_rank = 0;

    while (*at) {
        int rank = option_match(at, node, name, &candidate);

        if (rank > 0 && rank >= found_rank) {
            found = candidate;
            found_rank = rank;
        }
        while (*at && *at != ' ')
            at++;
        while (*at == ' ')
            at++;
    }
    return found ? option_decode(found, value, size) : -1;
}

long option_get(const char *name, char *value, size_t size)
{
    return option_get_of(self_node(), name, value, size);
}

bool option_is_of(uint32_t node, const char *name, const char *value)
{
    char text[64];

    return option_get_of(node, name, text, sizeof(text)) >= 0 && strcmp(text, value) == 0;
}

bool option_is(const char *name, const char *value)
{
    return option_is_of(self_node(), name, value);
}

uint64_t option_number_of(uint32_t node, const char *name, uint64_t otherwise)
{
    char text[32];
    const char *at = text;
    uint64_t number = 0;
    unsigned base = 10;

    if (option_get_of(node, name, text, sizeof(text)) <= 0)
        return otherwise;
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        base = 16;
        at += 2;
    }
    for (; *at; at++) {
        int digit = hex_digit(*at);

        if (digit < 0 || digit >= (int)base || number > (UINT64_MAX - 15) / base)
            return otherwise;
        number = number * base + (unsigned)digit;
    }
    return number;
}

uint64_t option_number(const char *name, uint64_t otherwise)
{
    return option_number_of(self_node(), name, otherwise);
}
