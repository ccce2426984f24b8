/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending signals: pending sets, queues of siginfo, who is woken, and what the life of processes
 * and threads does to them. Taking and acting is signal_delivery.c.
 *
 * Always true: a bit in a pending set without an element in the queue is a signal whose siginfo was
 * not kept; an element in a queue has its bit set. Never sleeps: timers and drivers call from
 * interrupts.
 */
#include "linux/signal.h"
#include "file/event_files.h"

#include "lib/string.h"
#include "linux/interval.h"
#include "linux/signal_rules.h"
#include "memory/heap.h"
#include "thread/wait.h"

/* Siginfo of real-time signals in this node: 1.3 MB of kernel memory at most. */
#define QUEUED_MAX 8192

static size_t queued_count;
/* Threads of stopped processes sleep here until someone continues or kills any. */
struct wait_queue signal_stop_waits = WAIT_QUEUE_INIT(signal_stop_waits);

static uint64_t action_handler(const struct process *process, int signal)
{
    return process->signals->actions[signal - 1].handler;
}

/* Ignored now, so not worth queueing. A blocked one is kept: the action may change before it is
 * taken. */
static bool is_ignored(const struct process *process, int signal, uint64_t mask)
{
    if ((mask & signal_bit(signal)) != 0)
        return false;
    uint64_t handler = action_handler(process, signal);
    if (process->unkillable && handler == (uint64_t)SIG_DFL)
        return true;
    return handler == (uint64_t)SIG_IGN ||
           (handler == (uint64_t)SIG_DFL && signal_default_of(signal) == SIGNAL_IGNORE);
}

void signal_pending_free(struct pending_signal *item)
{
    list_remove(&item->link);
    heap_free(item);
    queued_count--;
}

void signal_queue_drop(uint64_t *pending, struct list *queue, uint64_t set)
{
    struct pending_signal *item;
    if ((*pending & set) == 0)
        return;
    *pending &= ~set;
    LIST_FOR_EACH (item, queue, struct pending_signal, link) {
        if (signal_bit(item->info.signal) & set)
            signal_pending_free(item);
    }
}

void signal_process_drop(struct process *process, uint64_t set)
{
    struct thread *thread;
    signal_queue_drop(&process->signal_pending, &process->signal_queue, set);
    LIST_FOR_EACH (thread, &process->threads, struct thread, process_link)
        signal_queue_drop(&thread->signal_pending, &thread->signal_queue, set);
}

static void info_fill(struct linux_siginfo *to, int signal, const struct linux_siginfo *info)
{
    if (info) {
        *to = *info;
        to->signal = signal;
        return;
    }
    memset(to, 0, sizeof(*to));
    to->signal = signal;
    to->code = SI_KERNEL;
}

/* -EAGAIN: a real-time signal with a value and no room for it (sigqueue's error). */
static int queue_add(uint64_t *pending, struct list *queue, const struct process *process,
                     int signal, const struct linux_siginfo *info)
{
    uint64_t bit = signal_bit(signal);
    bool realtime = signal >= SIGNAL_REALTIME_FIRST;
    if (!realtime && (*pending & bit) != 0)
        return 0;
    size_t limit = process->limits[RLIMIT_SIGPENDING].soft;
    bool room = !realtime || (queued_count < QUEUED_MAX && queued_count < limit);
    struct pending_signal *item = room ? HEAP_NEW(struct pending_signal) : NULL;
    if (item) {
        info_fill(&item->info, signal, info);
        list_init(&item->link);
        list_insert(queue, &item->link);
        queued_count++;
    } else if (realtime && info && info->code != SI_USER) {
        return -EAGAIN;
    }
    *pending |= bit;
    return 0;
}

static void continue_process(struct process *process)
{
    if (!process->stopped)
        return;
    process->stopped = false;
    wake_all(&signal_stop_waits, EVENT_IN);
}

/* Stop and continue cancel each other when they are sent, whatever their actions are. */
static void send_prepare(struct process *process, int signal)
{
    if (signal_bit(signal) & SIGNAL_SET_STOP) {
        signal_process_drop(process, signal_bit(SIGCONT));
    } else if (signal == SIGCONT) {
        signal_process_drop(process, SIGNAL_SET_STOP);
        if (process->stopped) {
            continue_process(process);
            process->stop_reported = false;
            process->continue_reported = true;
            signal_child_changed(process, CLD_CONTINUED, SIGCONT);
        }
    }
}

static bool wants(const struct thread *thread, int signal)
{
    return (thread->signal_mask & signal_bit(signal)) == 0 && thread->state != THREAD_ENDED &&
           !thread->dying;
}

/* Interrupts one thread that takes the signal. */
static void wake_for(struct process *process, int signal)
{
    struct thread *thread;
    wake_all(&process->signal_waits, EVENT_IN);
    LIST_FOR_EACH (thread, &process->threads, struct thread, process_link) {
        if (wants(thread, signal)) {
            thread_interrupt(thread);
            return;
        }
    }
}

/* A process signal counts as ignored only if no thread would keep it back: the first one's mask
 * decides, as in Linux. */
static uint64_t leader_mask(const struct process *process)
{
    return list_is_empty(&process->threads)
               ? 0
               : LIST_FIRST(&process->threads, struct thread, process_link)->signal_mask;
}

int signal_send_process(struct process *process, int signal, const struct linux_siginfo *info)
{
    if (signal == 0 || process->zombie || process->group_exiting)
        return 0;
    if (process->unkillable && (signal == SIGKILL || signal == SIGSTOP))
        return 0;
    if (signal == SIGKILL) { /* nothing can hold it back, so it is not even queued */
        continue_process(process);
        process_end(process, SIGKILL, NULL);
        return 0;
    }
    send_prepare(process, signal);
    if (is_ignored(process, signal, leader_mask(process)))
        return 0;
    int error = queue_add(&process->signal_pending, &process->signal_queue, process, signal, info);
    if (error == 0)
        wake_for(process, signal);
    return error;
}

int signal_send_thread(struct thread *thread, int signal, const struct linux_siginfo *info)
{
    struct process *process = thread->process;
    if (signal == 0 || process == NULL || thread->state == THREAD_ENDED || process->group_exiting)
        return 0;
    if (signal == SIGKILL || (process->unkillable && signal == SIGSTOP))
        return signal_send_process(process, signal, info);
    send_prepare(process, signal);
    if (is_ignored(process, signal, thread->signal_mask))
        return 0;
    int error = queue_add(&thread->signal_pending, &thread->signal_queue, process, signal, info);
    if (error == 0) {
        wake_all(&process->signal_waits, EVENT_IN);
        if (wants(thread, signal))
            thread_interrupt(thread);
    }
    return error;
}

int signal_send_group(int group, int signal, const struct linux_siginfo *info)
{
    int result = -ESRCH;
    struct process *process;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->group == group) {
            int error = signal_send_process(process, signal, info);
            if (result != 0)
                result = error;
        }
    }
    return result;
}

bool signal_is_pending(const struct thread *thread)
{
    const struct process *process = thread->process;
    if (process == NULL)
        return false;
    return thread->dying || process->stopped ||
           ((thread->signal_pending | process->signal_pending) & ~thread->signal_mask) != 0;
}

void signal_force(struct thread *thread, int signal, const struct linux_siginfo *info)
{
    struct linux_sigaction *action = &thread->process->signals->actions[signal - 1];
    uint64_t bit = signal_bit(signal);
    /* A program that blocks or ignores its own fault would run into it for ever. */
    if ((thread->signal_mask & bit) || action->handler == (uint64_t)SIG_IGN) {
        action->handler = (uint64_t)SIG_DFL;
        thread->signal_mask &= ~bit;
    }
    if (action->handler == (uint64_t)SIG_DFL)
        thread->process->unkillable = false; /* it cannot go on, whoever it is */
    signal_queue_drop(&thread->signal_pending, &thread->signal_queue, bit);
    (void)queue_add(&thread->signal_pending, &thread->signal_queue, thread->process, signal, info);
}

void signal_mask_for_call(uint64_t mask)
{
    if (!current->restore_mask)
        current->saved_mask = current->signal_mask;
    current->restore_mask = true;
    current->signal_mask = mask & ~SIGNALS_UNBLOCKABLE;
}

/* Process signals that `except` may have been woken for and will not take: wake another. */
static void retarget(struct process *process, const struct thread *except)
{
    struct thread *thread;
    LIST_FOR_EACH (thread, &process->threads, struct thread, process_link) {
        if (thread != except && (process->signal_pending & ~thread->signal_mask) != 0)
            thread_interrupt(thread);
    }
}

void signal_mask_set(uint64_t mask)
{
    uint64_t newly_blocked = mask & ~current->signal_mask;
    current->signal_mask = mask & ~SIGNALS_UNBLOCKABLE;
    if (current->process->signal_pending & newly_blocked)
        retarget(current->process, current);
}

void signal_info_user(struct linux_siginfo *info, int signal, int code)
{
    memset(info, 0, sizeof(*info));
    info->signal = signal;
    info->code = code;
    info->is.sent.pid = current->process->pid;
    info->is.sent.uid = current->process->uid;
}

/* ---- life of threads and processes ---- */

void signal_thread_start(struct thread *thread, const struct thread *creator, bool keeps_stack)
{
    list_init(&thread->signal_queue);
    thread->signal_pending = 0;
    if (creator == NULL)
        return;
    thread->signal_mask = creator->signal_mask;
    if (keeps_stack) {
        thread->alternate_stack = creator->alternate_stack;
        thread->alternate_size = creator->alternate_size;
        thread->alternate_flags = creator->alternate_flags;
    }
}

void signal_thread_end(struct thread *thread)
{
    signal_queue_drop(&thread->signal_pending, &thread->signal_queue, UINT64_MAX);
    if (thread->process && thread->process->signal_pending && !thread->process->group_exiting)
        retarget(thread->process, thread);
}

void signal_process_start(struct process *process)
{
    list_init(&process->signal_queue);
    list_init(&process->posix_timers);
    process->signal_pending = 0;
    wait_queue_init(&process->signal_waits);
}

void signal_process_end(struct process *process)
{
    interval_timers_drop(process, true);
    signal_queue_drop(&process->signal_pending, &process->signal_queue, UINT64_MAX);
    /* A signalfd of this process may still be watched through a child's copy. */
    wait_queue_end(&process->signal_waits, EVENT_HUP);
}

struct signal_actions *signal_actions_copy(const struct signal_actions *from)
{
    struct signal_actions *copy = HEAP_NEW(struct signal_actions);
    if (copy == NULL)
        return NULL;
    if (from)
        *copy = *from;
    copy->count = 1;
    return copy;
}

void signal_actions_put(struct signal_actions *actions)
{
    if (actions && --actions->count == 0)
        heap_free(actions);
}

int signal_exec(struct process *process)
{
    if (process->signals->count > 1) {
        struct signal_actions *own = signal_actions_copy(process->signals);
        if (own == NULL)
            return -ENOMEM;
        signal_actions_put(process->signals);
        process->signals = own;
    }
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        struct linux_sigaction *action = &process->signals->actions[i];
        bool ignored = action->handler == (uint64_t)SIG_IGN;
        memset(action, 0, sizeof(*action));
        if (ignored)
            action->handler = (uint64_t)SIG_IGN;
    }
    interval_timers_drop(process, false);
    current->alternate_stack = 0;
    current->alternate_size = 0;
    current->alternate_flags = 0;
    return 0;
}

void signal_thread_kill(struct thread *thread)
{
    thread->dying = true;
    thread_interrupt(thread);
    wake_all(&signal_stop_waits, EVENT_IN);
}

/* ---- children and job control ---- */

void signal_child_changed(struct process *child, int code, int status)
{
    struct process *parent = child->parent;
    if (parent == NULL || parent->zombie)
        return;
    bool life = code == CLD_STOPPED || code == CLD_CONTINUED || code == CLD_TRAPPED;
    int signal = life ? SIGCHLD : child->exit_signal;
    const struct linux_sigaction *action = &parent->signals->actions[SIGCHLD - 1];
    bool wanted = signal != 0 && !(life && (action->flags & SA_NOCLDSTOP)) &&
                  !(signal == SIGCHLD && action->handler == (uint64_t)SIG_IGN);
    if (wanted) {
        struct linux_siginfo info;
        memset(&info, 0, sizeof(info));
        info.signal = signal;
        info.code = code;
        info.is.child.pid = child->pid;
        info.is.child.uid = child->uid;
        info.is.child.status = status;
        info.is.child.user_time =
            (int64_t)(process_run_time(child) / 10000000); /* clock_t: 10 ms */
        (void)signal_send_process(parent, signal, &info);
    }
    wake_all(&parent->child_waits, EVENT_IN);
}

bool signal_child_ended(struct process *child)
{
    int status = child->exit_status, signal = status & 0x7f;
    int code = signal == 0 ? CLD_EXITED : status & 0x80 ? CLD_DUMPED : CLD_KILLED;
    signal_child_changed(child, code, signal == 0 ? (status >> 8) & 0xff : signal);
    if (child->parent == NULL)
        return true;
    const struct linux_sigaction *action = &child->parent->signals->actions[SIGCHLD - 1];
    return child->exit_signal == SIGCHLD &&
           (action->handler == (uint64_t)SIG_IGN || (action->flags & SA_NOCLDWAIT) != 0);
}

bool signal_group_is_orphaned(int group)
{
    struct process *process;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        const struct process *parent = process->parent;
        if (process->group == group && !process->zombie && parent && parent->group != group &&
            parent->session == process->session)
            return false;
    }
    return true;
}
