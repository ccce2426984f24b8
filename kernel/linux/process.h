/* SPDX-License-Identifier: Apache-2.0 */
/* A Linux process: address space, files, children, signal actions, exit status. */
#pragma once
#include "file/file.h"
#include "lib/list.h"
#include "linux/abi.h"
#include "memory/address_space.h"
#include "thread/timer.h"

#define SIGNAL_COUNT 64
struct signal_actions { /* shared with CLONE_SIGHAND */
    unsigned count;
    struct linux_sigaction actions[SIGNAL_COUNT];
};
struct file_context { /* shared with CLONE_FS */
    unsigned count;
    struct entry *root, *directory;
    uint32_t umask;
};
struct terminal;
struct process {
    int pid, group, session;
    struct process *parent;
    struct list children; /* by sibling_link; zombies included */
    struct list sibling_link;
    struct list all_link;      /* processes */
    struct process *hash_next; /* in the table of process ids */
    struct list threads;       /* by thread->process_link */
    unsigned thread_count;
    bool zombie, group_exiting, execed, stopped;
    bool unkillable; /* pid 1: a signal without a handler does nothing, but for its own faults */
    bool stop_reported, continue_reported; /* wait4 WUNTRACED/WCONTINUED; set = something to tell */
    int exit_status;                       /* as wait(2) */
    int exit_signal;                       /* to the parent, SIGCHLD usually */
    int stop_signal;
    struct address_space *space;
    struct file_table *files;
    struct file_context *context;
    struct signal_actions *signals;
    uint64_t signal_pending; /* for the process: any thread takes it */
    struct list signal_queue;
    struct wait_queue child_waits;  /* wait4 of this process; woken as children change */
    struct wait_queue signal_waits; /* signalfd, sigtimedwait */
    struct wait_queue vfork_waits;  /* parent waits here until this child execs or exits */
    bool vfork_pending;             /* it has not yet */
    struct wait_queue exec_waits;   /* a thread in exec waits here until it is the only one */
    struct thread *exec_thread;     /* that thread; NULL: none */
    struct terminal *terminal;      /* controlling */
    char name[16];
    char *executable; /* absolute path, /proc/self/exe */
    struct linux_rlimit limits[16];
    uint32_t uid, gid, euid, egid, suid, sgid;
    nanoseconds start_time, dead_threads_time, children_time;
    int dumpable, no_new_privs, parent_death_signal, child_subreaper;
    struct list posix_timers; /* struct interval_timer of interval.c: setitimer's too */
};
extern struct list processes;
struct process *process_find(int pid); /* NULL; zombies too */
static inline struct process *process_current(void)
{
    return current->process;
}
struct thread *thread_find(int tid);
/* First program, as pid 1. path, arguments, environment: kernel strings. -errno when it cannot
 * start. */
int process_start_init(const char *path, const char *const *arguments,
                       const char *const *environment) MUST_CHECK;
/* Ends the running thread's process (status as wait(2)). The others of the group end at their next
 * user_return. */
NO_RETURN void process_exit_group(int status);
NO_RETURN void process_exit_thread(int code);
/* Ends all threads of a process but `except` (NULL: all), wherever they sleep; status counts if
 * nothing set one before. */
void process_end(struct process *process, int status, const struct thread *except);
nanoseconds
process_run_time(const struct process *process); /* of all its threads, ended ones too */
/* Set by who gives terminals to sessions: the leader of a session is ending (hang up, take the
 * terminal back). */
extern void (*process_session_ended)(struct process *leader);
/* Called when pid 1 ended: kernel/main.c decides (node stops or is dead). */
void node_init_ended(int status);

/* signal.c */
struct pending_signal {
    struct list link;
    struct linux_siginfo info;
};
int signal_send_process(struct process *process, int signal,
                        const struct linux_siginfo *info); /* info NULL: from the kernel */
int signal_send_thread(struct thread *thread, int signal, const struct linux_siginfo *info);
int signal_send_group(int group, int signal, const struct linux_siginfo *info);
bool signal_is_pending(const struct thread *thread); /* one that would be delivered or ends it */
void signal_force(struct thread *thread, int signal,
                  const struct linux_siginfo *info); /* fault: unblockable */
/* Takes the first pending signal in set (sigtimedwait, signalfd): its number, 0 none. */
int signal_take(struct thread *thread, uint64_t set, struct linux_siginfo *info);
/* Sets the mask for the time of a call; user_return restores it (or the signal frame carries it).
 */
void signal_mask_for_call(uint64_t mask);
/* Restart rule: a call interrupted by a signal returns one of these; user_return turns it into
 * EINTR or a repeat. */
#define ERESTARTSYS           512 /* repeat if SA_RESTART */
#define ERESTARTNOHAND        514 /* repeat only if no handler ran */
#define ERESTART_RESTARTBLOCK 516 /* restart_syscall */
