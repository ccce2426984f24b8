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
#include "node/self.h"
#include "symbols.h"
#include "thread/thread.h"

#define DEPTH_MAX      24
#define SHOWN_PATIENCE 500000000UL /* ns that another node gets to show our last words */

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

static void epitaph_place(struct epitaph *epitaph, uintptr_t address)
{
    uintptr_t offset;
    const char *name = symbol_find(address, &offset);

    if (name)
        epitaph_add(epitaph, "  %016lx %s+0x%lx\n", address, name, offset);
    else
        epitaph_add(epitaph, "  %016lx\n", address);
}

static void epitaph_stack(struct epitaph *epitaph, uintptr_t rip, uintptr_t rbp)
{
    uintptr_t addresses[DEPTH_MAX];
    size_t count = arch_backtrace(rbp, addresses, DEPTH_MAX);

    epitaph_add(epitaph, "stack:\n");
    if (rip)
        epitaph_place(epitaph, rip);
    /* A return address may belong to the next function if the call was the last instruction. */
    for (size_t i = 0; i < count; i++)
        epitaph_place(epitaph, addresses[i]);
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
    console_flush_panic();
}

static bool line_is_ours(void)
{
    return atomic_load_explicit(&self_published->console_owner, memory_order_relaxed);
}

void node_end(enum node_state state)
{
    struct epitaph *epitaph = &self_published->epitaph;

    atomic_store_explicit(&self_published->epitaph_valid, 1, memory_order_release);
    atomic_store_explicit(&self_published->state, state, memory_order_seq_cst);
    epitaph_show(epitaph);
    doorbell_ring_all();
}

void node_power_off(int status)
{
    console_flush_panic();
    if (!line_is_ours()) {
        nanoseconds until = arch_clock() + SHOWN_PATIENCE;

        while (arch_clock() < until)
            ;
    }
    arch_power_off(status);
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

/* Panics before the node knows who it is, or within a panic: one line, nothing else is trusted. */
static NO_RETURN void panic_plain(const char *text, va_list args)
{
    char line[200];
    int size = format(line, sizeof(line), "\r\nhydros: panic%s: ", depth > 1 ? " in panic" : "");

    format_args(line + size, sizeof(line) - (size_t)size, text, args);
    arch_serial_panic_write(line, strlen(line));
    arch_serial_panic_write("\r\n", 2);
    if (self_published) {
        atomic_store_explicit(&self_published->state, NODE_DEAD, memory_order_seq_cst);
        if (depth == 2) {
            doorbell_ring_all();
            if (option_is("on-death", "poweroff"))
                arch_power_off(70);
        }
    }
    arch_halt();
}

static NO_RETURN void panic_args(const struct registers *registers, uintptr_t address,
                                 uintptr_t rbp, const char *text, va_list args)
{
    struct epitaph *epitaph;
    char cause[256];

    if (++depth > 3) /* even the plain way fails: stop before the line is flooded */
        arch_halt();
    if (depth > 1 || !self_published)
        panic_plain(text, args);
    epitaph = epitaph_begin(-1);
    epitaph->address = address;
    epitaph->instruction = registers ? registers->rip : 0;
    format_args(cause, sizeof(cause), text, args);
    epitaph_add(epitaph, "panic: %s\n", cause);
    epitaph_add(epitaph, "node %u, incarnation %u", self_node(), self_start.incarnation);
    if (current)
        epitaph_add(epitaph, ", thread %d %s", current->tid, current->name);
    epitaph_add(epitaph, "\n");
    if (registers)
        epitaph_registers(epitaph, registers);
    epitaph_stack(epitaph, registers ? registers->rip : 0, registers ? registers->rbp : rbp);
    node_end(NODE_DEAD);
    if (option_is("on-death", "poweroff"))
        node_power_off(PANIC_STATUS);
    arch_halt();
}

void panic(const char *text, ...)
{
    va_list args;

    va_start(args, text);
    panic_args(NULL, 0, (uintptr_t)__builtin_frame_address(0), text, args);
}

void panic_registers(const struct registers *registers, uintptr_t address, const char *text, ...)
{
    va_list args;

    va_start(args, text);
    panic_args(registers, address, 0, text, args);
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
