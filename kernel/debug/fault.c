/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults on purpose, to show that they end this node and no other. A program asks for one by "fault
 * NAME" to /dev/hydros ("fault NAME@STEP": when this node as a guardian begins that step), or the
 * boot options do: fault, fault-after, fault-in, fault-at-step, fault-again. docs/debugging.md has
 * them and the names.
 */
#include "debug/fault.h"

#include "arch/arch.h"
#include "device/console.h"
#include "lib/log.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "linux/control.h"
#include "node/control.h"
#include "thread/timer.h"

static void (*chosen)(void);
static uint32_t chosen_step = UINT32_MAX;

static const struct fault *const tables[] = {faults_access,  faults_core, faults_memory,
                                             faults_program, faults_ring, faults_store};

static void (*fault_find(const char *name))(void)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        for (const struct fault *fault = tables[i]; fault->name; fault++) {
            if (strcmp(fault->name, name) == 0)
                return fault->run;
        }
    }
    return NULL;
}

static NO_INLINE void fault_now(void)
{
    chosen();
    log_line("fault: this node goes on");
}

static void fault_fire(struct timer *timer)
{
    fault_now();
}

/* The guardian says that it has published this step. */
static void fault_step(uint32_t step)
{
    if (step == chosen_step)
        fault_now();
}

/* UINT32_MAX: no such step. */
static uint32_t step_find(const char *name)
{
    static const char *const names[] = {"idle", "intent", "fence", "bury", "load", "start"};

    for (uint32_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return UINT32_MAX;
}

static int fault_later(const char *name, size_t size, const char *step)
{
    char first[32] = "";
    uint32_t when = step_find(step);

    if (size >= sizeof(first) || when == UINT32_MAX)
        return -EINVAL;
    memcpy(first, name, size);
    void (*run)(void) = fault_find(first);
    if (!run)
        return -EINVAL;
    chosen = run;
    chosen_step = when;
    log_line("fault %s", name);
    return 0;
}

static int fault_call(const char *name)
{
    void (*run)(void) = fault_find(name);
    const char *at = strchr(name, '@');

    if (at)
        return fault_later(name, (size_t)(at - name), at + 1);
    if (!run)
        return -EINVAL;
    log_line("fault %s", name);
    run();
    log_line("fault: this node goes on");
    return 0;
}

static void fault_begin(void)
{
    static struct timer timer;
    char name[32], step[16];
    uint64_t after = option_number("fault-after", 0);

    if (option_get("fault", name, sizeof(name)) < 0 ||
        (self_start.incarnation > 1 && option_get("fault-again", NULL, 0) < 0))
        return;
    chosen = fault_find(name);
    if (!chosen)
        panic("option fault=%s: no such fault; see docs/debugging.md", name);
    if (option_get("fault-at-step", step, sizeof(step)) >= 0) {
        chosen_step = step_find(step);
        if (chosen_step == UINT32_MAX)
            panic("option fault-at-step=%s: no such step; see docs/debugging.md", step);
    } else if (option_is("fault-in", "keys")) {
        console_keys_arrived = fault_now;
    } else if (option_is("fault-in", "log")) {
        log_notify = fault_now;
        log_line("fault: in this line");
    } else if (after == 0) {
        fault_now();
    } else {
        if (timer_init(&timer, fault_fire) != 0)
            panic("no memory for a timer");
        timer_set(&timer, arch_clock() + after * 1000000);
    }
}

void (*const fault_start)(void) = fault_begin;
int (*const fault_named)(const char *name) = fault_call;
void (*const fault_at_step)(uint32_t step) = fault_step;
