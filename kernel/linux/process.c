/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes and the threads in them: tables of ids, beginning and end. fork.c fills a new one,
 * exec.c gives it a program, wait4.c tells its parent. True always: a process is in the table from
 * process_publish until it is reaped; a thread from process_attach until it ends; only a process
 * without threads is a zombie.
 */
#include "linux/process.h"

#include "file/inode.h"
#include "lib/log.h"
#include "lib/string.h"
#include "linux/process_life.h"
#include "linux/signal.h"
#include "memory/heap.h"

#define HASH_SIZE 256

struct list processes = {&processes, &processes};
static struct process *process_table[HASH_SIZE];
static struct thread *thread_table[HASH_SIZE];
static size_t thread_total;
static int pid_last;

struct process *process_find(int pid)
{
    struct process *process = process_table[(unsigned)pid % HASH_SIZE];
    while (process && process->pid != pid)
        process = process->hash_next;
    return process;
}

struct thread *thread_find(int tid)
{
    struct thread *thread = thread_table[(unsigned)tid % HASH_SIZE];
    while (thread && thread->tid != tid)
        thread = thread->tid_next;
    return thread;
}

/* A group or session keeps its number after the process that founded it has gone. */
static bool pid_is_taken(int pid)
{
    if (process_find(pid) || thread_find(pid))
        return true;
    struct process *process;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->group == pid || process->session == pid)
            return true;
    }
    return false;
}

int process_pid_new(void)
{
    for (int tries = 0; tries < PID_MAX; tries++) {
        pid_last = pid_last + 1 < PID_MAX ? pid_last + 1 : 2;
        if (!pid_is_taken(pid_last))
            return pid_last;
    }
    return -EAGAIN;
}

static void thread_table_add(struct thread *thread, int tid)
{
    struct thread **bucket = &thread_table[(unsigned)tid % HASH_SIZE];
    thread->tid = tid;
    thread->tid_next = *bucket;
    *bucket = thread;
}

static void thread_table_remove(struct thread *thread)
{
    struct thread **link = &thread_table[(unsigned)thread->tid % HASH_SIZE];
    while (*link != thread)
        link = &(*link)->tid_next;
    *link = thread->tid_next;
}

static void process_table_remove(struct process *process)
{
    struct process **link = &process_table[(unsigned)process->pid % HASH_SIZE];
    while (*link != process)
        link = &(*link)->hash_next;
    *link = process->hash_next;
}

struct process *process_allocate(void)
{
    struct process *process = HEAP_NEW(struct process);
    if (!process)
        return NULL;
    list_init(&process->children);
    list_init(&process->sibling_link);
    list_init(&process->all_link);
    list_init(&process->threads);
    wait_queue_init(&process->child_waits);
    wait_queue_init(&process->vfork_waits);
    wait_queue_init(&process->exec_waits);
    signal_process_start(process);
    process->exit_signal = SIGCHLD;
    process->dumpable = 1;
    process->start_time = arch_clock();
    return process;
}

void process_publish(struct process *process, struct process *parent)
{
    struct process **bucket = &process_table[(unsigned)process->pid % HASH_SIZE];
    process->hash_next = *bucket;
    *bucket = process;
    list_insert(&processes, &process->all_link);
    process->parent = parent;
    if (parent)
        list_insert(&parent->children, &process->sibling_link);
}

void process_attach(struct process *process, struct thread *thread, int tid)
{
    list_insert(&process->threads, &thread->process_link);
    process->thread_count++;
    thread_total++;
    thread_table_add(thread, tid);
}

void process_rename_thread(struct thread *thread, int tid)
{
    if (thread->tid == tid)
        return;
    thread_table_remove(thread);
    thread_table_add(thread, tid);
}

int process_files_own(struct process *process)
{
    struct file_table *shared = process->files;
    if (shared->count == 1)
        return 0;
    struct file_table *own = file_table_copy(shared);
    if (!own)
        return -ENOMEM;
    process->files = own;
    file_table_put(shared);
    return 0;
}

struct file_context *process_file_context_copy(const struct file_context *from)
{
    struct file_context *copy = HEAP_NEW(struct file_context);
    if (!copy)
        return NULL;
    *copy = *from;
    copy->count = 1;
    if (copy->root)
        entry_get(copy->root);
    if (copy->directory)
        entry_get(copy->directory);
    return copy;
}

void process_file_context_put(struct file_context *context)
{
    if (!context || --context->count)
        return;
    if (context->root)
        entry_put(context->root);
    if (context->directory)
        entry_put(context->directory);
    heap_free(context);
}

/* Everything but the number and the status. May sleep: closing files may. */
static void drop_belongings(struct process *process)
{
    signal_process_end(process);
    struct file_table *files = process->files;
    process->files = NULL;
    if (files)
        file_table_put(files);
    struct file_context *context = process->context;
    process->context = NULL;
    process_file_context_put(context);
    struct address_space *space = process->space;
    if (current->process == process)
        schedule_space(NULL);
    process->space = NULL;
    if (space)
        address_space_put(space);
    heap_free(process->executable);
    process->executable = NULL;
}

void process_release(struct process *process)
{
    drop_belongings(process);
    signal_actions_put(process->signals);
    heap_free(process);
}

void process_reap(struct process *zombie)
{
    ASSERT(zombie->zombie && list_is_empty(&zombie->threads) && list_is_empty(&zombie->children));
    if (zombie->parent)
        zombie->parent->children_time += process_run_time(zombie) + zombie->children_time;
    list_remove(&zombie->sibling_link);
    list_remove(&zombie->all_link);
    process_table_remove(zombie);
    thread_total--;
    process_release(zombie);
}

nanoseconds process_run_time(const struct process *process)
{
    nanoseconds time = process->dead_threads_time;
    struct thread *thread;
    LIST_FOR_EACH (thread, &process->threads, struct thread, process_link)
        time += thread_run_time(thread);
    return time;
}

size_t process_thread_total(void)
{
    return thread_total;
}

bool process_must_end(void)
{
    return current->dying ||
           ((current->signal_pending | current->process->signal_pending) & signal_bit(SIGKILL));
}

void process_vfork_done(struct process *process)
{
    if (process->vfork_pending) {
        process->vfork_pending = false;
        wake_all(&process->vfork_waits, EVENT_IN);
    }
}

/* Nearest ancestor that asked for orphans (prctl), else pid 1. */
static struct process *new_parent(struct process *process)
{
    struct process *parent = process->parent;
    while (parent && parent->pid != 1 && (!parent->child_subreaper || parent->zombie))
        parent = parent->parent;
    return parent ? parent : process_find(1);
}

static void leave_children(struct process *process)
{
    struct process *child, *parent = new_parent(process);
    LIST_FOR_EACH (child, &process->children, struct process, sibling_link) {
        list_remove(&child->sibling_link);
        child->parent = parent;
        child->exit_signal = SIGCHLD; /* what was agreed with another is nothing for the new one */
        if (parent)
            list_insert(&parent->children, &child->sibling_link);
        if (child->parent_death_signal)
            (void)signal_send_process(child, child->parent_death_signal, NULL);
        if (child->zombie && signal_child_ended(child))
            process_reap(child);
    }
}

/* A group that loses its last link to the rest of its session while stopped would sleep for ever.
 */
static void wake_orphaned_groups(struct process *process)
{
    struct process *other;
    bool was_linked = process->parent && process->parent->group != process->group &&
                      process->parent->session == process->session;
    if (!was_linked || !signal_group_is_orphaned(process->group))
        return;
    LIST_FOR_EACH (other, &processes, struct process, all_link) {
        if (other != process && other->group == process->group && other->stopped) {
            (void)signal_send_group(process->group, SIGHUP, NULL);
            (void)signal_send_group(process->group, SIGCONT, NULL);
            return;
        }
    }
}

void (*process_session_ended)(struct process *leader);

/* The last thread of the process is ending: everything goes but what wait4 asks for. */
static void process_die(struct process *process)
{
    if (process->pid == 1) {
        node_init_ended(process->exit_status);
        /* The node's end is under way: nothing more may change here, but nobody may find the thread
         * that is about to be freed. */
        signal_thread_end(current);
        list_remove(&current->process_link);
        thread_table_remove(current);
        process->thread_count = 0;
        thread_exit();
    }
    if (process->session == process->pid && process_session_ended)
        process_session_ended(process);
    drop_belongings(process);
    process_vfork_done(process);
    leave_children(process);
}

static NO_RETURN void end_thread(void)
{
    struct thread *thread = current;
    struct process *process = thread->process;
    futex_thread_end(thread);
    bool last = process->thread_count == 1;
    if (last) {
        process->group_exiting = true;
        process_die(process);
    }
    process->dead_threads_time += thread_run_time(thread);
    signal_thread_end(thread);
    list_remove(&thread->process_link);
    process->thread_count--;
    if (!last) /* a zombie counts until it is reaped: it takes memory too */
        thread_total--;
    thread_table_remove(thread);
    if (last) {
        process->zombie = true;
        wake_orphaned_groups(process);
        thread->process = NULL;
        if (signal_child_ended(process))
            process_reap(process);
    } else {
        wake_all(&process->exec_waits, EVENT_IN);
        thread->process = NULL;
        /* Its space may go before this thread's stack does. */
        schedule_space(NULL);
    }
    thread_exit();
}

void process_end(struct process *process, int status, const struct thread *except)
{
    struct thread *thread;
    if (!except && !process->group_exiting) {
        process->group_exiting = true;
        process->exit_status = status;
    }
    LIST_FOR_EACH (thread, &process->threads, struct thread, process_link) {
        if (thread != except)
            signal_thread_kill(thread);
    }
}

void process_exit_group(int status)
{
    struct process *process = current->process;
    /* A thread that exec in another one is ending has no say any more. */
    if (!process->exec_thread || process->exec_thread == current)
        process_end(process, status, NULL);
    end_thread();
}

void process_exit_thread(int code)
{
    struct process *process = current->process;
    if (!process->group_exiting && process->thread_count == 1)
        process->exit_status = (code & 0xff) << 8;
    end_thread();
}
