/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's terminal: /dev/console, /dev/tty0, /dev/ttyS0, and /dev/tty for those whose
 * controlling terminal it is. Keys and output go over device/console.h, editing is
 * line_discipline.c; here are the files, settings and job control.
 */
#pragma once
#include "file/file.h"

struct terminal;
void terminal_init(void); /* after tree_init */
/* The leader of the session that has this terminal ended: its foreground group gets SIGHUP and
 * SIGCONT. */
void terminal_session_ended(struct terminal *terminal, int session);

/* What the terminal asks about the running process and of others; defined in
 * kernel/linux/terminal_caller.c. */
struct terminal *caller_terminal(void); /* its controlling one, or NULL */
void caller_terminal_set(struct terminal *terminal);
int caller_group(void);
int caller_session(void);
bool caller_is_leader(void);            /* of its session */
bool caller_refuses_signal(int signal); /* blocks or ignores it */
bool caller_is_orphan(void);            /* in an orphaned group: nobody could continue it */
int session_of_group(int group);        /* -1: no such group */
void session_leave_terminal(int session, struct terminal *terminal); /* all its processes lose it */
void group_signal(int group, int signal);
