/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the family of calls that make and end processes: process.c (table, end), fork.c, exec.c,
 * wait4.c, sys_process.c. Others need only process.h.
 */
#pragma once
#include "linux/process.h"

#define PID_MAX 32768 /* Linux's default, so that pids stay readable */

int process_pid_new(void); /* of a process or a thread; -EAGAIN: all taken */
struct process *process_allocate(void) MUST_CHECK; /* lists and queues ready, in no table; NULL */
void process_publish(struct process *process,
                     struct process *parent); /* into table, list, parent's children */
/* What it holds, then its memory; it is in no table (any more). */
void process_release(struct process *process);
void process_reap(struct process *zombie); /* its parent knows: gone for good */
void process_attach(struct process *process, struct thread *thread, int tid);
void process_rename_thread(struct thread *thread,
                           int tid); /* exec: it takes over the process's id */
size_t process_thread_total(void);   /* in all processes, zombies as one each */
bool process_must_end(void);         /* the running thread: told to, or SIGKILL is pending */
void process_vfork_done(struct process *process);
void process_file_context_put(struct file_context *context);
/* The process shares its descriptors with no other any more. -ENOMEM. */
int process_files_own(struct process *process) MUST_CHECK MAY_SLEEP;
struct file_context *process_file_context_copy(const struct file_context *from) MUST_CHECK;

/* What exec needs, gathered before anything is changed. */
struct exec_strings {
    char *bytes; /* strings with their 0, one after the other */
    size_t used, capacity;
    unsigned argument_count, environment_count;
};
int exec_strings_add(struct exec_strings *strings,
                     const char *text) MUST_CHECK; /* -E2BIG, -ENOMEM */
int exec_strings_add_user(struct exec_strings *strings,
                          user_addr text) MUST_CHECK MAY_SLEEP; /* -EFAULT too */
void exec_strings_free(struct exec_strings *strings);
/* Replaces the running thread's program. Arguments first, then environment, in strings. file: taken
 * over in every case. */
int exec_program(struct file *file, const char *path, struct exec_strings *strings,
                 struct registers *registers) MUST_CHECK MAY_SLEEP;
/* Entry of every thread of a program: to ring 3 with thread->start_registers. */
void process_thread_enter(void *unused);

/* futex.c */
int futex_wake_address(uintptr_t address,
                       unsigned count); /* in the running thread's space; shared or private */
/* Robust list, clear_child_tid; also at exec. */
void futex_thread_end(struct thread *thread) MAY_SLEEP;
