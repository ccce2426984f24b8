/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creation and end of threads. The memory of an ended thread is given back by the next one that
 * creates or ends (nobody can free the stack that he stands on).
 */
#include "thread/thread.h"

#include "lib/string.h"
#include "memory/heap.h"
#include "thread/wait.h"

static struct list ended = {&ended, &ended};

static void thread_free(struct thread *thread)
{
    timer_release(&thread->wait_timer);
    arch_thread_destroy(&thread->arch);
    heap_free(thread->start_registers);
    heap_free(thread);
}

static void reap_ended(void)
{
    struct thread *thread;
    LIST_FOR_EACH (thread, &ended, struct thread, run_link) {
        list_remove(&thread->run_link);
        thread_free(thread);
    }
}

struct thread *thread_create(struct process *process, void (*entry)(void *), void *argument)
{
    reap_ended();
    struct thread *thread = HEAP_NEW(struct thread);
    if (!thread)
        return NULL;
    list_init(&thread->run_link);
    list_init(&thread->process_link);
    list_init(&thread->signal_queue);
    thread->process = process;
    thread->state = THREAD_BLOCKED;
    if (timer_init(&thread->wait_timer, wait_timer_fired) < 0) {
        heap_free(thread);
        return NULL;
    }
    if (arch_thread_create(&thread->arch, entry, argument, process != NULL) < 0) {
        timer_release(&thread->wait_timer);
        heap_free(thread);
        return NULL;
    }
    return thread;
}

struct thread *thread_create_kernel(const char *name, void (*entry)(void *), void *argument)
{
    struct thread *thread = thread_create(NULL, entry, argument);
    if (!thread)
        return NULL;
    string_copy(thread->name, name, sizeof(thread->name));
    thread_start(thread);
    return thread;
}

void thread_start(struct thread *thread)
{
    schedule_ready(thread);
}

void thread_discard(struct thread *thread)
{
    thread_free(thread);
}

void thread_exit(void)
{
    reap_ended();
    current->state = THREAD_ENDED;
    list_insert(&ended, &current->run_link);
    schedule_block();
    panic("an ended thread runs");
}

nanoseconds thread_run_time(const struct thread *thread)
{
    nanoseconds time = thread->run_time;
    if (thread == current && thread->state == THREAD_RUNNING) /* not: idling on its stack */
        time += arch_clock() - thread->run_started;
    return time;
}
