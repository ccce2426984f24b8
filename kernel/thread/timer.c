/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap of deadlines and the end of the running thread's time slice. The hardware is programmed
 * only when something must happen earlier than it already stands: each write to it is slow under an
 * emulator. True always: heap[i]->position == i + 1, and a parent's deadline is not after its
 * children's.
 */
#include "thread/timer.h"

#include "arch/arch.h"
#include "arch/doors.h"
#include "memory/heap.h"
#include "thread/thread.h"

#include <asm/errno.h>

static struct timer **heap;
static size_t heap_count, heap_capacity, reserved;
static nanoseconds programmed = UINT64_MAX; /* where the hardware stands */
static nanoseconds slice_end = UINT64_MAX;

int timer_init(struct timer *timer, void (*fire)(struct timer *))
{
    if (reserved == heap_capacity) {
        size_t capacity = heap_capacity ? heap_capacity * 2 : 64;
        struct timer **grown =
            heap_resize(heap, heap_capacity * sizeof(void *), capacity * sizeof(void *));
        if (!grown)
            return -ENOMEM;
        heap = grown;
        heap_capacity = capacity;
    }
    reserved++;
    timer->deadline = UINT64_MAX;
    timer->position = 0;
    timer->fire = fire;
    return 0;
}

static void heap_place(size_t index, struct timer *timer)
{
    heap[index] = timer;
    timer->position = index + 1;
}

static void heap_up(size_t index, struct timer *timer)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (heap[parent]->deadline <= timer->deadline)
            break;
        heap_place(index, heap[parent]);
        index = parent;
    }
    heap_place(index, timer);
}

static void heap_down(size_t index, struct timer *timer)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap_count)
            break;
        if (child + 1 < heap_count && heap[child + 1]->deadline < heap[child]->deadline)
            child++;
        if (timer->deadline <= heap[child]->deadline)
            break;
        heap_place(index, heap[child]);
        index = child;
    }
    heap_place(index, timer);
}

static void heap_take(struct timer *timer)
{
    size_t index = timer->position - 1;
    ASSERT(index < heap_count && heap[index] == timer);
    timer->position = 0;
    struct timer *last = heap[--heap_count];
    if (last == timer)
        return;
    /* `last` may come from another branch, so it may have to go either way. */
    if (index > 0 && last->deadline < heap[(index - 1) / 2]->deadline)
        heap_up(index, last);
    else
        heap_down(index, last);
}

void timer_program(void)
{
    nanoseconds wanted = heap_count ? heap[0]->deadline : UINT64_MAX;
    if (slice_end < wanted)
        wanted = slice_end;
    if (wanted < programmed) {
        programmed = wanted;
        arch_timer_set(wanted);
    }
}

void timer_set(struct timer *timer, nanoseconds deadline)
{
    ASSERT(timer->fire);
    if (timer->position)
        heap_take(timer);
    timer->deadline = deadline;
    ASSERT(heap_count < heap_capacity);
    heap_up(heap_count++, timer);
    if (deadline < programmed)
        timer_program();
}

void timer_cancel(struct timer *timer)
{
    if (timer->position)
        heap_take(timer);
}

void timer_release(struct timer *timer)
{
    if (!timer->fire)
        return;
    timer_cancel(timer);
    timer->fire = NULL;
    reserved--;
}

void timer_slice(nanoseconds end)
{
    slice_end = end;
    if (end < programmed)
        timer_program();
}

nanoseconds timer_next(void)
{
    return heap_count ? heap[0]->deadline : UINT64_MAX;
}

void timer_enter(void)
{
    programmed = UINT64_MAX;
    nanoseconds now = arch_clock();
    while (heap_count && heap[0]->deadline <= now) {
        struct timer *timer = heap[0];
        heap_take(timer);
        timer->fire(timer);
    }
    if (slice_end <= now) {
        slice_end = UINT64_MAX;
        schedule_slice_over();
    }
    timer_program();
}
