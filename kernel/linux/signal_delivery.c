/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking signals and acting on them on the way to ring 3: handlers, the default actions (end,
 * stop), repeat of interrupted calls, and the mask that a call set for its own time.
 *
 * Everything happens here, to the running thread only; senders just leave the signal pending and
 * wake.
 */
#include <asm/unistd.h>

#include "lib/log.h"
#include "lib/string.h"
#include "linux/interval.h"
#include "linux/signal.h"
#include "linux/signal_rules.h"
#include "thread/wait.h"

/* Takes `signal` from one pending set; its siginfo or that of a signal which was not kept. */
static void take_from(uint64_t *pending, struct list *queue, int signal, struct linux_siginfo *info)
{
    struct pending_signal *item, *found = NULL;
    bool more = false;
    LIST_FOR_EACH (item, queue, struct pending_signal, link) {
        if (item->info.signal != signal)
            continue;
        if (found) {
            more = true;
            break;
        }
        found = item;
    }
    if (found) {
        *info = found->info;
        signal_pending_free(found);
    } else {
        memset(info, 0, sizeof(*info));
        info->signal = signal;
    }
    if (!more)
        *pending &= ~signal_bit(signal);
}

int signal_take(struct thread *thread, uint64_t set, struct linux_siginfo *info)
{
    struct process *process = thread->process;
    int signal = signal_first(thread->signal_pending & set);
    if (signal != 0) {
        take_from(&thread->signal_pending, &thread->signal_queue, signal, info);
    } else {
        signal = signal_first(process->signal_pending & set);
        if (signal == 0)
            return 0;
        take_from(&process->signal_pending, &process->signal_queue, signal, info);
    }
    if (info->code == SI_TIMER)
        interval_timer_delivered(process, info);
    return signal;
}

static void stop_process(int signal)
{
    struct process *process = current->process;
    struct thread *thread;
    process->stopped = true;
    process->stop_signal = signal;
    process->stop_reported = true;
    process->continue_reported = false;
    LIST_FOR_EACH (thread, &process->threads, struct thread, process_link) {
        if (thread != current)
            thread_interrupt(thread);
    }
    signal_child_changed(process, CLD_STOPPED, signal);
}

static void wait_while_stopped(void)
{
    while (current->process->stopped && !current->dying)
        wait_certain(&signal_stop_waits);
}

NO_RETURN static void end_process(int signal, const struct linux_siginfo *info,
                                  const struct registers *registers)
{
    struct process *process = current->process;
    bool core = signal_default_of(signal) == SIGNAL_CORE;
    bool fault = info->code > 0 && info->code != SI_KERNEL;
    if (core || process->pid == 1) {
        log_line("pid %d (%s) killed by SIG%s at address 0x%lx rip 0x%lx rsp 0x%lx", process->pid,
                 process->name, signal_name(signal), fault ? info->is.fault.address : 0,
                 registers->rip, registers->rsp);
    }
    /* The core flag says that a core was written; none is, so it only follows the limit, and shells
     * that test it see what they see on a Linux that pipes its cores away. */
    if (core && process->limits[RLIMIT_CORE].soft != 0)
        signal |= 0x80;
    process_exit_group(signal);
}

/* Stop and end. Returns when the thread goes on. */
static void act_by_default(int signal, const struct linux_siginfo *info,
                           const struct registers *registers)
{
    switch (signal_default_of(signal)) {
    case SIGNAL_IGNORE:
        return;
    case SIGNAL_STOP:
        /* Nobody could continue an orphaned group, so the terminal's stop signals do nothing to it.
         */
        if (signal == SIGSTOP || !signal_group_is_orphaned(current->process->group))
            stop_process(signal);
        return;
    case SIGNAL_TERMINATE:
    case SIGNAL_CORE:
        end_process(signal, info, registers);
    }
}

static void call_repeat(struct registers *registers, uint64_t number)
{
    registers->rax = number;
    registers->rip -= 2; /* the syscall instruction has two bytes */
}

/* Resolves an ERESTART result. Afterwards the registers no longer count as those of a call. */
static void resolve_call(struct registers *registers, const struct linux_sigaction *action)
{
    if (!REGISTERS_ARE_SYSCALL(registers))
        return;
    bool restarts = action && (action->flags & SA_RESTART) != 0;
    switch (signal_call_outcome((int64_t)registers->rax, action != NULL, restarts)) {
    case CALL_KEEP:
        break;
    case CALL_EINTR:
        registers->rax = (uint64_t)-EINTR;
        break;
    case CALL_REPEAT:
        call_repeat(registers, registers->number);
        break;
    case CALL_RESTART_BLOCK:
        call_repeat(registers, __NR_restart_syscall);
        break;
    }
    registers->number = UINT64_MAX;
}

static void run_handler(struct registers *registers, int signal, const struct linux_siginfo *info)
{
    struct linux_sigaction *slot = &current->process->signals->actions[signal - 1];
    struct linux_sigaction action = *slot;
    uint64_t before = current->restore_mask ? current->saved_mask : current->signal_mask;
    if (action.flags & SA_RESETHAND)
        slot->handler = (uint64_t)SIG_DFL;
    resolve_call(registers, &action);
    if (signal_frame_build(registers, signal, info, &action, before) != 0) {
        /* No stack to tell it on. If it was to tell just that, the default action comes. */
        if (signal == SIGSEGV)
            slot->handler = (uint64_t)SIG_DFL;
        signal_force(current, SIGSEGV, NULL);
        return;
    }
    current->restore_mask = false;
    uint64_t mask = current->signal_mask | action.mask;
    if ((action.flags & SA_NODEFER) == 0)
        mask |= signal_bit(signal);
    signal_mask_set(mask);
}

static bool call_was_interrupted(const struct registers *registers)
{
    int64_t result = (int64_t)registers->rax;
    return REGISTERS_ARE_SYSCALL(registers) &&
           (result == -EINTR || signal_call_outcome(result, false, false) != CALL_KEEP);
}

static void mask_restore(void)
{
    if (current->restore_mask) {
        current->restore_mask = false;
        signal_mask_set(current->saved_mask);
    }
}

void signal_deliver(struct registers *registers)
{
    struct linux_siginfo info;
    /* A call that succeeded is over: what it let through for its time must not be delivered now. */
    if (!call_was_interrupted(registers))
        mask_restore();
    for (;;) {
        if (current->dying)
            process_exit_thread(0);
        if (current->process->stopped) {
            wait_while_stopped();
            continue;
        }
        int signal = signal_take(current, ~current->signal_mask, &info);
        if (signal == 0) {
            resolve_call(registers, NULL);
            if (!current->restore_mask)
                return;
            mask_restore();
            continue;
        }
        uint64_t handler = current->process->signals->actions[signal - 1].handler;
        if (handler == (uint64_t)SIG_DFL && current->process->unkillable)
            continue; /* was kept while it was blocked */
        if (signal == SIGKILL || signal == SIGSTOP || handler == (uint64_t)SIG_DFL)
            act_by_default(signal, &info, registers);
        else if (handler != (uint64_t)SIG_IGN)
            run_handler(registers, signal, &info);
    }
}
