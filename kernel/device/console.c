/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This node's console: what its programs write goes to its published ring, keys come from the
 * owner's ring for it. Who shows it, and whether anybody does, is the owner's business
 * (console_owner.c). Only a shown console has back-pressure; one that is not keeps its newest
 * bytes.
 */
#include "device/console.h"

#include "arch/arch.h"
#include "device/console_owner.h"
#include "lib/log.h"
#include "lib/string.h"
#include "memory/frames.h"
#include "node/doorbell.h"
#include "node/self.h"
#include "thread/wait.h"

static struct wait_queue room = WAIT_QUEUE_INIT(room);
struct wait_queue *console_room = &room;
void (*console_keys_arrived)(void);
void (*console_window_changed)(uint32_t rows, uint32_t columns);

static uint32_t owner = UINT32_MAX; /* as last seen */
static uint32_t window_seen;

bool console_drives(uint32_t node)
{
    /* We ourselves do so to the last word of a panic. */
    return published_of(node)->console_owner == ~published_of(node)->incarnation &&
           (node == self_node() || node_state(node) != NODE_DEAD);
}

/* The published page of the node that drives the line; NULL: none does. */
static const struct published *owner_page(void)
{
    if (owner < machine->node_count && console_drives(owner))
        return published_of(owner);
    for (owner = 0; owner < machine->node_count; owner++) {
        if (console_drives(owner))
            return published_of(owner);
    }
    return NULL;
}

static void owner_call(void)
{
    if (owner == self_node())
        console_owner_output();
    else
        doorbell_ring(owner);
}

static bool is_shown(const struct published *page)
{
    return page && page->console_selected == self_node();
}

/* Bytes that the owner has yet to show. A position that cannot be is a broken owner's: nothing is
 * due then. */
static uint64_t backlog(const struct published *page)
{
    uint64_t due = self_published->console_written - page->console_shown[self_node()];
    return due <= CONSOLE_OUT_SIZE ? due : 0;
}

static void ring_add(const char *bytes, size_t size)
{
    uint64_t written = atomic_load_explicit(&self_published->console_written, memory_order_relaxed);
    size_t at = written % CONSOLE_OUT_SIZE;
    size_t first = size < CONSOLE_OUT_SIZE - at ? size : CONSOLE_OUT_SIZE - at;
    memcpy(self_published->console_out + at, bytes, first);
    memcpy(self_published->console_out, bytes + first, size - first);
    /* Full order with the look at console_shown below: either the owner sees the bytes or we see
     * that it sleeps. */
    atomic_store(&self_published->console_written, written + size);
}

size_t console_write(const char *bytes, size_t size)
{
    const struct published *page = owner_page();
    size_t done = 0;
    while (done < size) {
        size_t part = size - done < CONSOLE_MARGIN ? size - done : CONSOLE_MARGIN;
        bool shown = is_shown(page);
        if (shown) {
            uint64_t due = backlog(page);
            size_t free = due < CONSOLE_ROOM ? (size_t)(CONSOLE_ROOM - due) : 0;
            if (part > free)
                part = free;
            if (part == 0) {
                atomic_store(&self_published->console_waits, 1);
                if (backlog(page) >= CONSOLE_ROOM)
                    break;
                atomic_store(&self_published->console_waits, 0);
                continue;
            }
        }
        uint64_t before = self_published->console_written;
        ring_add(bytes + done, part);
        done += part;
        /* One that is behind looks again by itself when it has shown what it knew of. */
        if (shown && page->console_shown[self_node()] >= before)
            owner_call();
    }
    return done;
}

size_t console_read(char *bytes, size_t size)
{
    const struct published *page = owner_page();
    if (!page)
        return 0;
    uint64_t read = self_published->console_in_read[owner];
    uint64_t written = page->console_in_written[self_node()];
    uint64_t due = written - read;
    if (due >
        CONSOLE_IN_SIZE) { /* a new life of the owner, or a broken one: begin where it is now */
        atomic_store(&self_published->console_in_read[owner], written);
        return 0;
    }
    size_t count = due < size ? (size_t)due : size;
    for (size_t i = 0; i < count; i++)
        bytes[i] = page->console_in[self_node()][(read + i) % CONSOLE_IN_SIZE];
    if (count == 0)
        return 0;
    atomic_store(&self_published->console_in_read[owner], read + count);
    /* The owner may hold keys back because there was no room. */
    if (due > CONSOLE_IN_SIZE / 2) {
        if (owner == self_node())
            console_owner_room();
        else
            doorbell_ring(owner);
    }
    return count;
}

static void look_at_window(const struct published *page)
{
    uint32_t change = page->window_change;
    if (change == window_seen)
        return;
    window_seen = change;
    if (console_window_changed)
        console_window_changed(page->window_rows % 10000, page->window_columns % 10000);
}

void console_report_window(void)
{
    const struct published *page = owner_page();
    window_seen = 0;
    if (page)
        look_at_window(page);
}

static void bell(void)
{
    console_owner_pump();
    const struct published *page = owner_page();
    if (!page)
        return;
    look_at_window(page);
    if (page->console_in_written[self_node()] != self_published->console_in_read[owner] &&
        console_keys_arrived)
        console_keys_arrived();
    /* Waiting for room, or the console is no longer shown. */
    if (self_published->console_waits && (!is_shown(page) || backlog(page) < CONSOLE_ROOM)) {
        atomic_store(&self_published->console_waits, 0);
        wake_all(console_room, EVENT_OUT | EVENT_WRNORM);
    }
}

void console_log_written(void)
{
    if (owner_page())
        owner_call();
}

bool console_flush_panic(void)
{
    if (!owner_page())
        return false;
    if (owner == self_node())
        console_owner_flush();
    else
        doorbell_ring(owner);
    return true;
}

static bool all_shown(const struct published *page)
{
    return page->log_shown[self_node()] == self_published->log_written &&
           (!is_shown(page) || backlog(page) == 0);
}

void console_wait_shown(nanoseconds patience)
{
    nanoseconds until = arch_clock() + patience;
    const struct published *page;
    while ((page = owner_page()) != NULL && page != self_published && !all_shown(page) &&
           arch_clock() < until)
        ;
}

void console_init(void)
{
    static struct doorbell_listener listener = {.ring = bell};
    doorbell_listen(&listener);
    /* Keys that were meant for an earlier life are not ours. */
    for (uint32_t node = 0; node < machine->node_count; node++)
        atomic_store(&self_published->console_in_read[node],
                     published_of(node)->console_in_written[self_node()]);
    /* At first node 0; later whoever finds that nobody does. */
    bool wanted = self_node() == 0 || self_start.incarnation > 1;
    if (wanted && !owner_page() && console_owner_start(NULL))
        owner = self_node();
}

void console_owner_lost(uint32_t node)
{
    const struct published *page = published_of(node);
    if (!page->console_owner || owner_page() || !console_owner_start(page))
        return;
    owner = self_node();
    doorbell_ring_all();
    bell();
}
