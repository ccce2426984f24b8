/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs next: one queue, first come first served. A thread gives way when it blocks, yields, or
 * has run for a slice while others are ready; alone it runs without any timer. A thread that blocks
 * when nobody is ready idles on its own stack, so being woken again costs no switch.
 */
#include "lib/check.h"
#include "thread/thread.h"

/* Long enough that switching costs little; the longest that a woken thread waits for a busy one. */
#define SLICE_NS 3000000UL

static struct thread boot_thread = {
    .state = THREAD_RUNNING,
    .name = "boot",
    .run_link = {&boot_thread.run_link, &boot_thread.run_link},
    .process_link = {&boot_thread.process_link, &boot_thread.process_link},
    .signal_queue = {&boot_thread.signal_queue, &boot_thread.signal_queue},
};
static struct list ready = {&ready, &ready};
static const struct arch_space *loaded; /* NULL: the one of the start */
static bool slice_armed;

struct thread *current = &boot_thread;
bool schedule_work;
void (*schedule_before_idle)(void);

void schedule_ready(struct thread *thread)
{
    ASSERT(thread->state == THREAD_BLOCKED);
    thread->state = THREAD_READY;
    list_insert(&ready, &thread->run_link);
    schedule_work = !slice_armed;
}

bool schedule_others_ready(void)
{
    return !list_is_empty(&ready);
}

static struct thread *take_first(void)
{
    struct thread *thread = LIST_FIRST(&ready, struct thread, run_link);
    list_remove(&thread->run_link);
    return thread;
}

static void slice_reset(void)
{
    if (slice_armed) {
        slice_armed = false;
        timer_slice(UINT64_MAX);
    }
    schedule_work = !list_is_empty(&ready);
}

static void switch_to(struct thread *next)
{
    struct thread *from = current;
    next->state = THREAD_RUNNING;
    slice_reset();
    if (next == from)
        return;
    current = next;
    if (next->space && next->space != loaded) {
        loaded = next->space;
        arch_space_switch(loaded);
    }
    arch_switch(&from->arch, &next->arch);
}

/* Whoever comes out of switch_to here or in schedule_yield begins a new stretch of running. */
void schedule_block(void)
{
    ASSERT(current->state != THREAD_RUNNING);
    nanoseconds now = arch_clock();
    current->run_time += now - current->run_started;
    if (list_is_empty(&ready)) {
        if (schedule_before_idle)
            schedule_before_idle();
        while (list_is_empty(&ready))
            arch_idle();
        now = arch_clock();
    }
    struct thread *next = take_first();
    next->run_started = now;
    switch_to(next);
}

void schedule_yield(void)
{
    if (list_is_empty(&ready))
        return;
    nanoseconds now = arch_clock();
    current->run_time += now - current->run_started;
    current->state = THREAD_READY;
    list_insert(&ready, &current->run_link);
    struct thread *next = take_first();
    next->run_started = now;
    switch_to(next);
}

void schedule_slice_over(void)
{
    slice_armed = false;
    schedule_work = true;
}

void schedule_slice_check(void)
{
    schedule_work = false;
    if (list_is_empty(&ready))
        return;
    nanoseconds end = current->run_started + SLICE_NS;
    if (arch_clock() >= end) {
        schedule_yield();
    } else {
        slice_armed = true;
        timer_slice(end);
    }
}

bool schedule_pause(void)
{
    arch_poll_interrupts();
    if (schedule_work)
        schedule_slice_check();
    return current->dying || (thread_has_signal && thread_has_signal(current));
}

void schedule_space(const struct arch_space *space)
{
    current->space = space;
    const struct arch_space *wanted = space ? space : &kernel_space;
    if (wanted != loaded) {
        loaded = wanted;
        arch_space_switch(wanted);
    }
}

void schedule_start(void)
{
    current->state = THREAD_ENDED;
    schedule_block();
    panic("the boot flow came back");
}
