/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers of a process that end in a signal: setitimer's three and timer_create's. One structure
 * serves both; it runs on the monotonic clock or on a CPU clock. There is no tick, so a CPU timer
 * wakes when the time could have been used up at the earliest, looks, and sets itself again.
 *
 * A periodic POSIX timer sleeps while its signal waits to be taken (interval_timer_delivered sets
 * it again and counts what was missed), so that a program cannot drown the node in expirations.
 */
#include "linux/interval.h"

#include "arch/arch.h"
#include "lib/string.h"
#include "linux/interval_timer.h"
#include "linux/signal.h"
#include "memory/heap.h"

#define PERIOD_MIN_NS 100000    /* for timers that set themselves again in their interrupt */
#define CPU_LOOK_NS   1000000   /* a CPU timer looks no more often */
#define OVERRUN_MAX   INT32_MAX /* DELAYTIMER_MAX */

/* The clock a timer runs on. A thread that is gone leaves its clock where it never reaches
 * anything. */
static uint64_t base_now(const struct interval_timer *timer)
{
    if (timer->base == INTERVAL_MONOTONIC)
        return arch_clock();
    if (timer->base == INTERVAL_PROCESS)
        return process_run_time(timer->process);
    const struct thread *thread = thread_find(timer->clock_tid);
    return thread && thread->process == timer->process ? thread_run_time(thread) : 0;
}

static void arm(struct interval_timer *timer)
{
    if (timer->deadline == 0 || timer->notify == SIGEV_NONE) {
        timer_cancel(&timer->timer);
    } else if (timer->base == INTERVAL_MONOTONIC) {
        timer_set(&timer->timer, timer->deadline);
    } else {
        uint64_t now = base_now(timer);
        uint64_t left = timer->deadline > now ? timer->deadline - now : 0;
        timer_set(&timer->timer, arch_clock() + (left > CPU_LOOK_NS ? left : CPU_LOOK_NS));
    }
}

static bool is_queued(const struct list *queue, int id)
{
    struct pending_signal *item;
    LIST_FOR_EACH (item, queue, struct pending_signal, link) {
        if (item->info.code == SI_TIMER && item->info.is.timer.timer == id)
            return true;
    }
    return false;
}

/* Sends the timer's signal. true: it waits in a queue, and will come to interval_timer_delivered.
 */
static bool send(struct interval_timer *timer)
{
    struct linux_siginfo info;
    memset(&info, 0, sizeof(info));
    info.signal = timer->signal;
    info.code = SI_TIMER;
    info.is.timer.timer = timer->id;
    info.is.timer.value = timer->value;
    if (timer->notify != SIGEV_THREAD_ID) {
        (void)signal_send_process(timer->process, timer->signal, &info);
        return is_queued(&timer->process->signal_queue, timer->id);
    }
    struct thread *thread = thread_find(timer->tid);
    if (thread == NULL || thread->process != timer->process)
        return false;
    (void)signal_send_thread(thread, timer->signal, &info);
    return is_queued(&thread->signal_queue, timer->id);
}

static void next_period(struct interval_timer *timer, uint64_t now)
{
    uint64_t missed;
    timer->deadline =
        timer->interval ? interval_advance(timer->deadline, timer->interval, now, &missed) : 0;
    if (timer->deadline != 0 && timer->deadline < now + PERIOD_MIN_NS)
        timer->deadline = now + PERIOD_MIN_NS;
    arm(timer);
}

static void fire(struct timer *hardware)
{
    struct interval_timer *timer = CONTAINER_OF(hardware, struct interval_timer, timer);
    uint64_t now = base_now(timer);
    if (now < timer->deadline) {
        arm(timer);
    } else if (timer->id < 0) {
        (void)signal_send_process(timer->process, timer->signal, NULL);
        next_period(timer, now);
    } else if (send(timer)) {
        timer->signalled = true;
    } else {
        next_period(timer, now); /* ignored: nobody will take it */
    }
}

void interval_timer_delivered(struct process *process, struct linux_siginfo *info)
{
    struct interval_timer *timer = interval_timer_find(process, info->is.timer.timer);
    if (timer == NULL || !timer->signalled)
        return;
    timer->signalled = false;
    timer->overrun = 0;
    if (timer->interval == 0) {
        timer->deadline = 0;
        return;
    }
    uint64_t missed;
    timer->deadline = interval_advance(timer->deadline, timer->interval, base_now(timer), &missed);
    timer->overrun = missed > OVERRUN_MAX ? OVERRUN_MAX : (int)missed;
    info->is.timer.overrun = timer->overrun;
    arm(timer);
}

struct interval_timer *interval_timer_find(const struct process *process, int id)
{
    struct interval_timer *timer;
    LIST_FOR_EACH (timer, &process->posix_timers, struct interval_timer, link) {
        if (timer->id == id)
            return timer;
    }
    return NULL;
}

struct interval_timer *interval_timer_create(struct process *process, int id)
{
    struct interval_timer *timer = HEAP_NEW(struct interval_timer);
    if (timer == NULL)
        return NULL;
    if (timer_init(&timer->timer, fire) != 0) {
        heap_free(timer);
        return NULL;
    }
    timer->process = process;
    timer->id = id;
    list_init(&timer->link);
    list_insert(&process->posix_timers, &timer->link);
    return timer;
}

void interval_timer_delete(struct interval_timer *timer)
{
    timer_release(&timer->timer);
    list_remove(&timer->link);
    heap_free(timer);
}

void interval_timers_drop(struct process *process, bool itimers_too)
{
    struct interval_timer *timer;
    LIST_FOR_EACH (timer, &process->posix_timers, struct interval_timer, link) {
        if (timer->id >= 0 || itimers_too)
            interval_timer_delete(timer);
    }
}

void interval_timer_set(struct interval_timer *timer, uint64_t value, uint64_t interval,
                        bool absolute)
{
    timer->signalled = false;
    timer->overrun = 0;
    timer->interval = interval;
    if (value != 0 && !absolute) {
        value = time_add(base_now(timer), value);
    } else if (value != 0 && timer->realtime) {
        uint64_t offset = arch_wall_offset();
        value = value > offset ? value - offset : 1; /* 1: long ago, but set */
    }
    timer->deadline = value;
    arm(timer);
}

uint64_t interval_timer_left(const struct interval_timer *timer)
{
    uint64_t deadline = timer->deadline, now, missed;
    if (deadline == 0)
        return 0;
    now = base_now(timer);
    if (now >= deadline && timer->interval != 0)
        deadline = interval_advance(deadline, timer->interval, now, &missed);
    if (deadline > now)
        return deadline - now;
    /* Due, and the signal on its way: as long as it is set, it does not answer 0. */
    return timer->notify == SIGEV_NONE || timer->signalled ? 0 : 1;
}
