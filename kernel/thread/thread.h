/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads. The kernel never preempts itself: it changes thread only where a MAY_SLEEP function
 * blocks (wait.c) and at user_return (time slice). So there are no locks; what you knew before a
 * sleep must be looked at again after it.
 */
#pragma once
#include "arch/arch.h"
#include "lib/list.h"
#include "thread/timer.h"

struct process;

enum thread_state { THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_ENDED };
enum thread_sleep {
    SLEEP_CERTAIN,
    SLEEP_FATAL,
    SLEEP_SIGNAL
}; /* ended early by: nothing, a new signal, any signal */

struct thread {
    struct arch_thread arch;
    enum thread_state state;
    struct list run_link;           /* in the run queue or the list of the ended */
    struct list process_link;       /* process->threads */
    struct process *process;        /* NULL: kernel thread */
    const struct arch_space *space; /* loaded when it runs; NULL: any will do (kernel thread) */
    struct thread *tid_next;        /* in the table of thread ids (linux/process.c) */
    int tid;
    int nice;
    char name[16];                     /* comm, PR_SET_NAME */
    nanoseconds run_started, run_time; /* CPU time: now running since; total before */
    /* sleeping (wait.c) */
    int wait_result; /* 0 woken, -EINTR, -ETIMEDOUT */
    enum thread_sleep interruptible;
    struct timer wait_timer;
    /* signals (linux/signal.c) */
    uint64_t signal_mask, signal_pending; /* bit n-1 is signal n */
    uint64_t saved_mask; /* to be restored at user_return (sigsuspend, ppoll, epoll_pwait) */
    bool restore_mask;
    struct list signal_queue;  /* struct pending_signal with siginfo */
    uintptr_t alternate_stack; /* sigaltstack */
    uint64_t alternate_size;
    int alternate_flags;
    bool dying; /* exit_group or exec in another thread, SIGKILL: ends at user_return; any sleep
                   gives -EINTR */
    /* Linux odds and ends */
    uintptr_t clear_child_tid, set_child_tid, robust_list, robust_size, rseq;
    uint32_t rseq_signature, rseq_length;
    long restart_block[4];             /* restart_syscall */
    struct registers *start_registers; /* first entry to ring 3, freed then */
};

extern struct thread *current;

/* A kernel thread, ready to run. NULL: out of memory. */
struct thread *thread_create_kernel(const char *name, void (*entry)(void *),
                                    void *argument) MUST_CHECK;
/* Allocates a thread of a process (not started; see thread_start). entry runs on its kernel stack
 * first. */
struct thread *thread_create(struct process *process, void (*entry)(void *),
                             void *argument) MUST_CHECK;
void thread_start(struct thread *thread);
void thread_discard(struct thread *thread); /* one that was never started */
NO_RETURN void thread_exit(void);           /* the running one; its memory is freed later */
nanoseconds thread_run_time(const struct thread *thread);

/* schedule.c */
/* Called before the node halts for want of work; set by main.c. A thread that it makes ready runs
 * at once. */
extern void (*schedule_before_idle)(void);
NO_RETURN void schedule_start(void); /* from kernel_main: the boot flow becomes the idle loop */
void schedule_ready(struct thread *thread);
void schedule_block(void) MAY_SLEEP; /* running thread's state was set by the caller */
void schedule_yield(void) MAY_SLEEP;
bool schedule_others_ready(void);
void schedule_slice_check(void) MAY_SLEEP; /* at user_return: yields when its slice is over */
/* For long loops on behalf of a program: takes interrupts (so that the node's beat goes on) and
 * gives way when others are due. true: a signal waits, so end with what is done. */
bool schedule_pause(void) MUST_CHECK MAY_SLEEP;
void schedule_slice_over(void); /* from timer.c */
/* Loads a space for the running thread, now and at its later switches. NULL: only the kernel's
 * half. */
void schedule_space(const struct arch_space *space);
extern bool schedule_work; /* schedule_slice_check has something to do */
/* Would a signal end this thread's sleep? Set by linux/; NULL until then. */
extern bool (*thread_has_signal)(const struct thread *thread);
