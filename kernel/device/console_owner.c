/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node that drives the line. Shows, in this order: its own answers to commands, whole kernel
 * messages of all nodes, and the selected node's console. Takes keys only while the selected node
 * has room for them, so nothing pasted is lost. Runs with interrupts off from interrupts, doorbells
 * and this node's own writes; each turn moves a bounded piece.
 */
#include "device/console_owner.h"

#include "arch/arch.h"
#include "device/console.h"
#include "lib/format.h"
#include "lib/string.h"
#include "node/doorbell.h"
#include "node/self.h"
#include "thread/wait.h"

/* To the line in one turn: then other work, and the line's interrupt calls again. */
#define TURN_BYTES   2048
#define LOG_LINE_MAX 512
#define ANSWER_MAX   8192  /* the list of 64 nodes */
#define LINE_KEPT    512   /* of the unfinished line, written again below a kernel message */
#define FLUSH_PIECES 20000 /* a flush ends although others go on writing */
#define HELD_KEYS    64    /* read from the line, not yet taken: a few times its FIFO */

static bool is_owner, in_pump;
static uint32_t selected;
static uint32_t lives[NODES_MAX];        /* whose positions these are */
static uint64_t log_shown[NODES_MAX];    /* taken; when it is out, it is published */
static uint32_t log_pending = NODES_MAX; /* node of the message on its way; NODES_MAX: none */
static char answer[ANSWER_MAX];          /* text of our own, to be shown first */
static size_t answer_size, answer_done;
static char pending[LOG_LINE_MAX * 2 + LINE_KEPT]; /* on its way to the line */
static size_t pending_size, pending_done;
static char line[LINE_KEPT]; /* what stands in the terminal's unfinished line */
static size_t line_size;
static bool line_kept; /* false: it is longer than that */
static char held[HELD_KEYS];
static size_t held_size;

/* A person watches: only the tool with a terminal tells a window size. Then messages may repaint.
 */
static bool is_watched(void)
{
    return self_published->window_change != 0;
}

/* ---- what is shown ---- */

static void line_follow(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n') {
            line_size = 0;
            line_kept = true;
        } else if (line_size < LINE_KEPT) {
            line[line_size++] = bytes[i];
        } else {
            line_kept = false;
        }
    }
}

static void pend(const char *bytes, size_t size)
{
    if (size > sizeof(pending) - pending_size)
        size = sizeof(pending) - pending_size;
    memcpy(pending + pending_size, bytes, size);
    pending_size += size;
}

static void pend_text(const char *text)
{
    pend(text, strlen(text));
}

/* Our own lines never run into a program's: its unfinished line is cleared and written again below.
 */
static void pend_break(void)
{
    if (line_size > 0)
        pend_text(is_watched() && line_kept ? "\r\033[K" : "\r\n");
}

static void pend_resume(void)
{
    if (line_size > 0 && is_watched() && line_kept)
        pend(line, line_size);
    else
        line_size = 0;
}

/* All positions of a node begin anew with its life. */
static void life_follow(uint32_t node)
{
    uint32_t life = published_of(node)->incarnation;
    if (life == lives[node])
        return;
    lives[node] = life;
    log_shown[node] = 0;
    atomic_store(&self_published->console_shown[node], 0);
}

/* The next whole message of a node. Its ring is copied once and then trusted no more than any
 * bytes. */
static bool log_take(uint32_t node)
{
    const struct published *page = published_of(node);
    uint64_t written = atomic_load_explicit(&page->log_written, memory_order_acquire);
    char text[LOG_LINE_MAX];
    size_t size = 0;
    life_follow(node);
    if (written < log_shown[node])
        log_shown[node] = 0;
    if (written == log_shown[node])
        return false;
    if (written - log_shown[node] > LOG_RING_SIZE - LOG_LINE_MAX)
        log_shown[node] = written - (LOG_RING_SIZE - LOG_LINE_MAX);
    while (log_shown[node] < written && size < sizeof(text)) {
        char byte = page->log[log_shown[node]++ % LOG_RING_SIZE];
        if (byte == '\n')
            break;
        text[size++] = (unsigned char)byte < ' ' ? '?' : byte;
    }
    log_pending = node;
    if (size == 0)
        return true;
    pend_break();
    pend(text, size);
    pend_text("\r\n");
    pend_resume();
    return true;
}

static bool logs_take(void)
{
    for (uint32_t node = 0; node < machine->node_count; node++) {
        if (log_take(node))
            return true;
    }
    return false;
}

static void shown_set(uint64_t position)
{
    const struct published *page = published_of(selected);
    atomic_store(&self_published->console_shown[selected], position);
    if (page->console_waits && page->console_written - position < CONSOLE_ROOM / 2) {
        if (selected != self_node()) {
            doorbell_ring(selected);
        } else {
            atomic_store(&self_published->console_waits, 0);
            wake_all(console_room, EVENT_OUT | EVENT_WRNORM);
        }
    }
}

/* Next bytes of the shown console into text; position moves behind them. */
static size_t ring_take(const struct published *page, uint64_t *position, char *text, size_t size)
{
    uint64_t written = atomic_load(&page->console_written);
    if (written < *position)
        *position = 0;
    if (written - *position > CONSOLE_ROOM)
        *position = written - CONSOLE_ROOM;
    size_t count = written - *position < size ? (size_t)(written - *position) : size;
    for (size_t i = 0; i < count; i++)
        text[i] = page->console_out[(*position + i) % CONSOLE_OUT_SIZE];
    /* Was it overwritten meanwhile? Then these bytes are a mixture: take newer ones next time. */
    atomic_thread_fence(memory_order_acquire);
    if (page->console_written - *position > CONSOLE_OUT_SIZE - CONSOLE_MARGIN / 2)
        return 0;
    *position += count;
    return count;
}

static bool console_take(void)
{
    char text[256];
    life_follow(selected);
    uint64_t position = self_published->console_shown[selected], before = position;
    size_t count = ring_take(published_of(selected), &position, text, sizeof(text));
    pend(text, count);
    line_follow(text, count);
    if (position != before)
        shown_set(position);
    return count > 0;
}

static bool answer_take(void)
{
    if (answer_done == answer_size)
        return false;
    size_t count =
        answer_size - answer_done < LOG_LINE_MAX ? answer_size - answer_done : LOG_LINE_MAX;
    pend(answer + answer_done, count);
    line_follow(answer + answer_done, count);
    answer_done += count;
    return true;
}

/* Where nobody watches, output is data: a message waits for the end of a line that is being
 * written. */
static bool source_take(void)
{
    bool data = line_size > 0 && !is_watched();
    return answer_take() || (data && console_take()) || logs_take() || console_take();
}

/* What was pending is out: its node may know (console_wait_shown). Then the next piece; false:
 * none. */
static bool output_next(void)
{
    pending_done = pending_size = 0;
    if (log_pending < NODES_MAX)
        atomic_store(&self_published->log_shown[log_pending], log_shown[log_pending]);
    log_pending = NODES_MAX;
    return source_take();
}

/* false: the line is full or the turn is over. */
static bool output_turn(size_t *budget)
{
    for (;;) {
        if (pending_done == pending_size && !output_next())
            return true;
        /* Empty messages cost too: a broken node may write them faster than they are taken. */
        if (pending_size == 0 && --*budget == 0)
            return false;
        size_t count =
            pending_size - pending_done < *budget ? pending_size - pending_done : *budget;
        size_t done = arch_serial_write(pending + pending_done, count);
        pending_done += done;
        *budget -= done;
        if (done < count || *budget == 0)
            return false;
    }
}

/* ---- keys ---- */

static void keys_turn(void)
{
    for (;;) {
        size_t taken = 0;
        while (taken < held_size && console_key(held[taken]))
            taken++;
        held_size -= taken;
        memmove(held, held + taken, held_size);
        if (held_size > 0) {
            /* No room: the rest stays in the line, and whoever sends waits. */
            arch_serial_want_keys(false);
            return;
        }
        held_size = arch_serial_read(held, sizeof(held));
        if (held_size == 0) {
            arch_serial_want_keys(true);
            return;
        }
    }
}

bool console_send(char byte)
{
    const struct published *page = published_of(selected);
    uint64_t written = self_published->console_in_written[selected];
    if (page->state != NODE_RUNNING && page->state != NODE_KERNEL)
        return true; /* nobody reads there: the key goes nowhere */
    uint64_t read = page->console_in_read[self_node()];
    if (written - read == CONSOLE_IN_SIZE)
        return false;
    if (written - read > CONSOLE_IN_SIZE) /* a new life that read nothing yet: begin with it */
        written = read;
    self_published->console_in[selected][written % CONSOLE_IN_SIZE] = byte;
    atomic_store(&self_published->console_in_written[selected], written + 1);
    return true;
}

static void keys_announce(uint32_t node, uint64_t before)
{
    /* After a change of the selected node both may have keys. */
    if (node != selected)
        keys_announce(selected, UINT64_MAX);
    if (self_published->console_in_written[node] == before)
        return;
    if (node != self_node())
        doorbell_ring(node);
    else if (console_keys_arrived)
        console_keys_arrived();
}

/* ---- commands ---- */

static void answer_begin(void)
{
    answer_size = answer_done = 0;
}

static void answer_add(const char *text, ...) PRINTF(1);
static void answer_add(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    int size = format_args(answer + answer_size, sizeof(answer) - answer_size, text, args);
    va_end(args);
    answer_size += (size_t)size;
    if (answer_size > sizeof(answer) - 1)
        answer_size = sizeof(answer) - 1;
}

/* The unfinished line of the shown node, which may be a prompt, is written again. */
static void answer_prompt(void)
{
    const struct published *page = published_of(selected);
    uint64_t shown = self_published->console_shown[selected], start = shown;
    char text[256];
    size_t size = 0;
    while (start > 0 && shown - start < sizeof(text) &&
           page->console_out[(start - 1) % CONSOLE_OUT_SIZE] != '\n')
        start--;
    if (page->console_written - start > CONSOLE_ROOM)
        return;
    for (; start < shown; start++)
        text[size++] = page->console_out[start % CONSOLE_OUT_SIZE];
    answer_add("%.*s", (int)size, text);
}

static const char *line_start(void)
{
    return line_size > 0 ? "\r\n" : "";
}

void console_help(void)
{
    answer_begin();
    answer_add("%sHydrOS: %u nodes. Ctrl-] then 0-9: that node, l: list, n: next, q: power off, "
               "Ctrl-]: send it\r\n",
               line_start(), machine->node_count);
    answer_prompt();
}

/* How often a node was started again, for people; for the first life nothing. */
static void answer_restarts(uint32_t node)
{
    uint32_t life = published_of(node)->incarnation;

    if (life > 1)
        answer_add(", restarted %u time%s", life - 1, life == 2 ? "" : "s");
}

void console_list(void)
{
    answer_begin();
    answer_add("%s", line_start());
    for (uint32_t node = 0; node < machine->node_count; node++) {
        const struct published *page = published_of(node);
        bool more = page->console_written != self_published->console_shown[node];
        uint32_t state = node_state(node);
        bool runs = state == NODE_KERNEL || state == NODE_RUNNING;
        answer_add("%c n%u  %s", node == selected ? '*' : ' ', node, node_state_text(state));
        if (runs)
            answer_add(", %lu s, %lu MiB", (arch_clock() - page->started_ns) / 1000000000,
                       page->memory_used >> 20);
        answer_restarts(node);
        answer_add("%s\r\n", more ? ", new output" : "");
    }
    answer_prompt();
}

void console_select_next(bool back)
{
    uint32_t count = machine->node_count;
    console_select(back ? (selected + count - 1) % count : (selected + 1) % count);
}

void console_select(uint32_t node)
{
    if (node >= machine->node_count) {
        answer_begin();
        answer_add("%sThere is no node %u.\r\n", line_start(), node);
        answer_prompt();
        return;
    }
    uint32_t left = selected;
    selected = node;
    atomic_store(&self_published->console_selected, node);
    answer_begin();
    answer_add("%s-- node %u (%s", line_start(), node, node_state_text(node_state(node)));
    answer_restarts(node);
    answer_add(") --\r\n");
    answer_prompt();
    /* The one that is no longer shown need not wait for us. */
    if (left != self_node())
        doorbell_ring(left);
    else
        wake_all(console_room, EVENT_OUT | EVENT_WRNORM);
}

void console_window(uint32_t rows, uint32_t columns)
{
    bool first = !is_watched();
    self_published->window_rows = rows;
    self_published->window_columns = columns;
    atomic_fetch_add(&self_published->window_change, 1);
    doorbell_ring_all();
    if (console_window_changed)
        console_window_changed(rows, columns);
    if (first)
        console_help();
}

void console_power_off(void)
{
    static const char farewell[] = "\r\nHydrOS: power off\r\n";
    arch_serial_panic_write(farewell, sizeof(farewell) - 1);
    arch_power_off(0);
}

/* ---- turns ---- */

void console_owner_pump(void)
{
    if (!is_owner || in_pump)
        return;
    in_pump = true;
    size_t budget = TURN_BYTES, held_before;
    /* Our own terminal takes keys at once, which may make room for held ones. */
    do {
        uint32_t node = selected;
        uint64_t before = self_published->console_in_written[node];
        held_before = held_size;
        keys_turn();
        keys_announce(node, before);
    } while (held_size > 0 && held_size != held_before);
    arch_serial_want_room(!output_turn(&budget));
    in_pump = false;
}

void console_owner_output(void)
{
    if (!is_owner || in_pump)
        return;
    in_pump = true;
    size_t budget = TURN_BYTES;
    arch_serial_want_room(!output_turn(&budget));
    in_pump = false;
}

void console_owner_room(void)
{
    if (held_size > 0)
        console_owner_pump();
}

/* Also in the midst of a turn that a panic has cut short: what was pending goes out first. A panic
 * within it finds it cut short again and goes on behind the piece that failed. */
void console_owner_flush(void)
{
    if (!is_owner)
        return;
    for (unsigned pieces = 0; pieces < FLUSH_PIECES; pieces++) {
        size_t done = pending_done, count = pending_size - pending_done;
        if (count > sizeof(pending) - done)
            count = 0;
        pending_done = pending_size;
        if (!arch_serial_panic_write(pending + done, count) || !output_next())
            return;
    }
}

/* What the terminal's last line holds, nobody knows: ours begin on a new one. */
static void owner_follow(const struct published *before)
{
    selected = before->console_selected < machine->node_count ? before->console_selected : 0;
    self_published->window_rows = before->window_rows;
    self_published->window_columns = before->window_columns;
    atomic_store(&self_published->window_change, before->window_change);
    for (uint32_t node = 0; node < machine->node_count; node++) {
        lives[node] = published_of(node)->incarnation;
        log_shown[node] = before->log_shown[node];
        atomic_store(&self_published->log_shown[node], log_shown[node]);
        atomic_store(&self_published->console_shown[node], before->console_shown[node]);
        /* A reader that sees nothing new has no key of ours to take. */
        atomic_store(&self_published->console_in_written[node],
                     published_of(node)->console_in_read[self_node()]);
    }
    pend_text("\r\n");
}

bool console_owner_start(const struct published *before)
{
    if (!arch_serial_start(console_owner_pump))
        return false;
    is_owner = true;
    line_kept = true;
    if (before)
        owner_follow(before);
    atomic_store(&self_published->console_selected, selected);
    console_mend();
    return true;
}

/* Two that found at the same time that nobody drives the line, a guardian and the one that it has
 * started, say, both took it: the lower number keeps it. */
static void yield(void)
{
    uint32_t node = 0;

    while (node < self_node() && !console_drives(node))
        node++;
    if (node == self_node())
        return;
    is_owner = false;
    held_size = 0;
    arch_serial_give(machine->nodes[node].apic_id);
}

void console_mend(void)
{
    if (is_owner)
        yield();
    atomic_store(&self_published->console_owner, is_owner ? ~self_start.incarnation : 0);
}
