/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of this node: what happened is written into the published page for the neighbours, shown
 * on the console, and the core stops. Nothing here allocates or sleeps, and a second panic on the
 * way goes straight to the serial line.
 */
#include "panic.h"

#include "arch/doors.h"
#include "device/console.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/string.h"
#include "node/doorbell.h"
#include "node/guardian.h"
#include "node/self.h"
#include "symbols.h"
#include "thread/thread.h"

#define CAUSE_SIZE     256
#define DEPTH_MAX      512
#define LINES_MAX      24
#define SHOWN_PATIENCE 5000000000UL /* ns that the owner gets to show our last words */

static unsigned depth; /* panics within panics */

/* Adds to the epitaph's text. */
static void epitaph_add(struct epitaph *epitaph, const char *text, ...) PRINTF(2);
static void epitaph_add(struct epitaph *epitaph, const char *text, ...)
{
    va_list args;
    size_t room = EPITAPH_TEXT - epitaph->text_size;
    int size;

    va_start(args, text);
    size = format_args(epitaph->text + epitaph->text_size, room, text, args);
    va_end(args);
    epitaph->text_size += (size_t)size < room ? (uint32_t)size : (uint32_t)room - 1;
}

static void epitaph_registers(struct epitaph *epitaph, const struct registers *r)
{
    epitaph_add(epitaph, "rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx,
                r->rdx);
    epitaph_add(epitaph, "rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", r->rsi, r->rdi, r->rbp,
                r->rsp);
    epitaph_add(epitaph, "r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", r->r8, r->r9, r->r10,
                r->r11);
    epitaph_add(epitaph, "r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", r->r12, r->r13, r->r14,
                r->r15);
    epitaph_add(epitaph, "rip %016lx flags %lx cs %lx ss %lx error %lx\n", r->rip, r->rflags, r->cs,
                r->ss, r->error);
}

/* A return address belongs to the call before it, which may be the last instruction of its
 * function. */
static void epitaph_place(struct epitaph *epitaph, uintptr_t address, bool is_return)
{
    uintptr_t offset;
    const char *name = symbol_find(address - is_return, &offset);

    if (name)
        epitaph_add(epitaph, "  %016lx %s+0x%lx\n", address, name, offset + is_return);
    else
        epitaph_add(epitaph, "  %016lx\n", address);
}

static bool is_mapped(uintptr_t address)
{
    struct arch_mapping mapping;

    return arch_lookup(&kernel_space, address, &mapping);
}

/* Of a fault: where it was. A function that calls no other, or a call to where no code is, leaves
 * the caller on top of the stack, where no frame pointer tells of it: that line is a guess. */
static void epitaph_fault_place(struct epitaph *epitaph, const struct registers *registers)
{
    uintptr_t offset, rsp = registers->rsp, top, caller = 0;
    const char *name;

    epitaph_place(epitaph, registers->rip, false);
    if (rsp < STACK_AREA_BASE || rsp % 8 != 0 || !is_mapped(rsp))
        return;
    top = *(const uintptr_t *)rsp;
    (void)arch_backtrace(registers->rbp, &caller, 1);
    name = symbol_find(top - 1, &offset);
    if (name && top != caller)
        epitaph_add(epitaph, "  %016lx %s+0x%lx ?\n", top, name, offset + 1);
}

/* An endless recursion is told in two lines, so that what began it stands there, too. */
static void epitaph_calls(struct epitaph *epitaph, uintptr_t rbp)
{
    static uintptr_t addresses[DEPTH_MAX];
    size_t count = arch_backtrace(rbp, addresses, DEPTH_MAX), same;
    unsigned lines = 0;

    for (size_t i = 0; i < count && lines < LINES_MAX; i += same, lines++) {
        for (same = 1; i + same < count && addresses[i + same] == addresses[i];)
            same++;
        epitaph_place(epitaph, addresses[i], true);
        if (same > 1)
            epitaph_add(epitaph, "    and the same %lu times more\n", same - 1);
    }
}

/* Past log and console: nobody drives the line, or what drives it is broken. */
static void epitaph_write(const struct epitaph *epitaph)
{
    char prefix[32];
    size_t size = epitaph->text_size < EPITAPH_TEXT ? epitaph->text_size : EPITAPH_TEXT;
    size_t start = 0;

    format(prefix, sizeof(prefix), "\r\n[n%u %lu.%06lu] ", self_node(),
           epitaph->time_ns / 1000000000, epitaph->time_ns / 1000 % 1000000);
    while (start < size) {
        const char *line = epitaph->text + start, *end = memchr(line, '\n', size - start);
        size_t length = end ? (size_t)(end - line) : size - start;

        if (!arch_serial_panic_write(prefix, strlen(prefix)) ||
            !arch_serial_panic_write(line, length))
            return;
        start += length + 1;
    }
    arch_serial_panic_write("\r\n", 2);
}

/* The node that drives the line shows our log; each line of the epitaph becomes one there. */
static void epitaph_show(const struct epitaph *epitaph)
{
    const char *line = epitaph->text;

    while (*line) {
        const char *end = strchr(line, '\n');
        int size = (int)(end ? end - line : (long)strlen(line));

        log_line("%.*s", size, line);
        line += size + (end ? 1 : 0);
    }
    if (!console_flush_panic())
        epitaph_write(epitaph);
}

void node_end(enum node_state state)
{
    struct epitaph *epitaph = &self_published->epitaph;

    atomic_store_explicit(&self_published->epitaph_valid, 1, memory_order_release);
    self_state_set(state);
    doorbell_ring_all();
    epitaph_show(epitaph);
    doorbell_ring_all();
    atomic_store_explicit(&self_published->epitaph_valid, EPITAPH_COMPLETE, memory_order_seq_cst);
}

void node_power_off(int status)
{
    if (console_flush_panic())
        console_wait_shown(SHOWN_PATIENCE);
    arch_power_off(status);
}

void node_reset(void)
{
    if (console_flush_panic())
        console_wait_shown(SHOWN_PATIENCE);
    arch_reset();
}

struct epitaph *epitaph_begin(int exit_status)
{
    struct epitaph *epitaph = &self_published->epitaph;

    epitaph->time_ns = arch_clock();
    epitaph->address = epitaph->instruction = 0;
    epitaph->exit_status = exit_status;
    epitaph->text_size = 0;
    epitaph->text[0] = 0;
    return epitaph;
}

static NO_RETURN void node_die(void)
{
    node_end(NODE_DEAD);
    if (option_is("on-death", "poweroff"))
        node_power_off(PANIC_STATUS);
    guardian_last();
    arch_halt();
}

void node_fail(const char *text, ...)
{
    struct epitaph *epitaph = epitaph_begin(-1);
    char line[320];
    va_list args;

    va_start(args, text);
    format_args(line, sizeof(line), text, args);
    va_end(args);
    epitaph_add(epitaph, "%s\n", line);
    node_die();
}

/* Panics before the node knows who it is, or within a panic: nothing but the line is trusted. */
static NO_RETURN void panic_plain(const char *cause)
{
    const char *begin = depth > 1 ? "\r\nhydros: panic in panic: " : "\r\nhydros: panic: ";

    if (depth > 3) /* even this fails: stop before the line is flooded */
        arch_halt();
    arch_serial_panic_write(begin, strlen(begin));
    arch_serial_panic_write(cause, strlen(cause));
    arch_serial_panic_write("\r\n", 2);
    if (self_published) {
        if (depth == 2)
            epitaph_write(&self_published->epitaph);
        atomic_store_explicit(&self_published->epitaph_valid, 1, memory_order_release);
        atomic_store_explicit(&self_published->state, NODE_DEAD, memory_order_seq_cst);
        if (depth == 2) {
            doorbell_ring_all();
            if (option_is("on-death", "poweroff"))
                arch_power_off(PANIC_STATUS);
        }
    }
    arch_halt();
}

static NO_RETURN void panic_cause(const char *cause, const struct registers *registers,
                                  uintptr_t address, uintptr_t rbp)
{
    const uintptr_t *frame = (const uintptr_t *)rbp;
    struct epitaph *epitaph;
    char area[64];

    if (++depth > 1 || !self_published)
        panic_plain(cause);
    log_notify = NULL; /* perhaps we were showing the log: it is shown when all is written */
    epitaph = epitaph_begin(-1);
    epitaph->address = address != NO_ADDRESS ? address : 0;
    epitaph->instruction = registers ? registers->rip : 0;
    epitaph_add(epitaph, "panic: %s\n", cause);
    epitaph_add(epitaph, "node %u, incarnation %u", self_node(), self_start.incarnation);
    if (current)
        epitaph_add(epitaph, ", thread %d %s", current->tid, current->name);
    epitaph_add(epitaph, "\n");
    if (address != NO_ADDRESS) {
        address_describe(address, area, sizeof(area));
        epitaph_add(epitaph, "address %016lx: %s\n", address, area);
    }
    if (registers)
        epitaph_registers(epitaph, registers);
    else if (frame && is_mapped(rbp)) /* of whoever called panic(): enough for gdb to go on from */
        epitaph_add(epitaph, "rip %016lx rbp %016lx rsp %016lx\n", frame[1], frame[0],
                    (uintptr_t)(frame + 2));
    epitaph_add(epitaph, "stack:\n");
    if (registers)
        epitaph_fault_place(epitaph, registers);
    epitaph_calls(epitaph, registers ? registers->rbp : rbp);
    node_die();
}

void panic_fenced(const struct registers *registers, uint32_t guardian)
{
    panic_registers(registers, NO_ADDRESS,
                    "its beat stood still, or it was ordered: fenced by node %u", guardian);
}

void panic(const char *text, ...)
{
    char cause[CAUSE_SIZE];
    va_list args;

    va_start(args, text);
    format_args(cause, sizeof(cause), text, args);
    va_end(args);
    panic_cause(cause, NULL, NO_ADDRESS, (uintptr_t)__builtin_frame_address(0));
}

void panic_registers(const struct registers *registers, uintptr_t address, const char *text, ...)
{
    char cause[CAUSE_SIZE];
    va_list args;

    va_start(args, text);
    format_args(cause, sizeof(cause), text, args);
    va_end(args);
    panic_cause(cause, registers, address, 0);
}

/* Pid 1 ended. A node whose init ended well has stopped; any other end is a death. */
void init_epitaph(int status)
{
    struct epitaph *epitaph = epitaph_begin(status);
    int signal = status & 0x7f;

    if (signal)
        epitaph_add(epitaph, "init was ended by signal %d\n", signal);
    else
        epitaph_add(epitaph, "init ended with status %d\n", status >> 8 & 0xff);
}
