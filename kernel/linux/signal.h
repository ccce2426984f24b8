/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals beyond what process.h promises to everyone: the calls that process life (fork, exec,
 * exit) and the way back to ring 3 make. signal.c sends and queues, signal_delivery.c takes and
 * acts, signal_frame.c builds and undoes frames, exception.c turns faults into signals.
 */
#pragma once
#include "arch/registers.h"
#include "linux/process.h"

static inline uint64_t signal_bit(int signal)
{
    return 1UL << (signal - 1);
}
#define SIGNALS_UNBLOCKABLE ((1UL << (SIGKILL - 1)) | (1UL << (SIGSTOP - 1)))

/* Has user_return anything to do for signals? The quick test of every return to ring 3. Also true
 * when a system call gave one of the ERESTART results, which only signal_deliver resolves. */
static inline bool signal_has_work(const struct registers *registers)
{
    const struct thread *thread = current;
    return ((thread->signal_pending | thread->process->signal_pending) & ~thread->signal_mask) !=
               0 ||
           thread->restore_mask || thread->dying || thread->process->stopped ||
           (REGISTERS_ARE_SYSCALL(registers) &&
            -registers->rax - ERESTARTSYS <= ERESTART_RESTARTBLOCK - ERESTARTSYS);
}

/* Last of all in user_return (after the time slice, since a sleep lets others send): stops, ends,
 * builds handler frames, repeats calls, restores the mask. May not return (fatal signal, dying). */
void signal_deliver(struct registers *registers) MAY_SLEEP;

/* New thread: mask inherited from the creator, nothing pending; the alternate stack stays only with
 * its own memory or with vfork (`keeps_stack`). Call on a fresh, zeroed struct thread. */
void signal_thread_start(struct thread *thread, const struct thread *creator, bool keeps_stack);
/* The thread ends: drops its queue, and hands process signals aimed at it to the others. */
void signal_thread_end(struct thread *thread);
/* New process: initialises pending set, queue, signal_waits and timer list (on a zeroed struct). */
void signal_process_start(struct process *process);
/* The process ends: drops queue, interval timers and POSIX timers. May be called twice. */
void signal_process_end(struct process *process);
/* exec: handlers become default, ignored stay; alternate stack and POSIX timers go. Unshares
 * process->signals if needed: -ENOMEM, before anything was changed. */
int signal_exec(struct process *process) MUST_CHECK;
/* Count 1; from NULL: all default; NULL: no memory. */
struct signal_actions *signal_actions_copy(const struct signal_actions *from) MUST_CHECK;
void signal_actions_put(struct signal_actions *actions);

/* Child ended: tells the parent (exit_signal with siginfo, wakes child_waits). true: nobody will
 * wait for it (SIGCHLD ignored or SA_NOCLDWAIT), so reap it now. */
bool signal_child_ended(struct process *child) MUST_CHECK;
/* Makes a thread end at its next user_return, also when it is stopped. */
void signal_thread_kill(struct thread *thread);
/* Is nobody left in the session to continue this group if it stopped? (job control) */
bool signal_group_is_orphaned(int group);

/* Fills siginfo as kill(2) by the current process does. */
void signal_info_user(struct linux_siginfo *info, int signal, int code);

/* Restart block: a call that returns -ERESTART_RESTARTBLOCK puts the address of a `long (*)(void)`
 * into current->restart_block[0], its data into [1..3]; restart_syscall calls it. */
typedef long (*restart_function)(void);

/* signal_frame.c. 0, or -EFAULT when the frame cannot be written. */
int signal_frame_build(struct registers *registers, int signal, const struct linux_siginfo *info,
                       const struct linux_sigaction *action,
                       uint64_t mask_to_restore) MUST_CHECK MAY_SLEEP;
size_t signal_frame_size_min(void); /* AT_MINSIGSTKSZ */
int signal_alternate_stack(const struct linux_sigaltstack *new_stack,
                           uintptr_t sp); /* sigaltstack's rules */
void signal_alternate_stack_get(struct linux_sigaltstack *stack, uintptr_t sp);

/* Inside the signal files: drops pending signals of `set` from one queue, from all of a process;
 * tells the parent (code CLD_*); changes the running thread's mask; where stopped threads sleep. */
void signal_queue_drop(uint64_t *pending, struct list *queue, uint64_t set);
void signal_pending_free(struct pending_signal *item);
void signal_process_drop(struct process *process, uint64_t set);
void signal_child_changed(struct process *child, int code, int status);
void signal_mask_set(uint64_t mask);
extern struct wait_queue signal_stop_waits;
