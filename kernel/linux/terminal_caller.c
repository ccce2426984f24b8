/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal may know about processes, and do to them (file/terminal.h). */
#include "file/terminal.h"
#include "linux/process.h"
#include "linux/signal.h"

struct terminal *caller_terminal(void)
{
    return current->process ? current->process->terminal : NULL;
}

static void session_ended(struct process *leader)
{
    if (leader->terminal)
        terminal_session_ended(leader->terminal, leader->session);
}

void caller_terminal_set(struct terminal *terminal)
{
    process_session_ended = session_ended;
    current->process->terminal = terminal;
}

int caller_group(void)
{
    return current->process ? current->process->group : 0;
}

int caller_session(void)
{
    return current->process ? current->process->session : 0;
}

bool caller_is_leader(void)
{
    return current->process && current->process->session == current->process->pid;
}

bool caller_refuses_signal(int signal)
{
    return (current->signal_mask >> (signal - 1) & 1) != 0 ||
           current->process->signals->actions[signal - 1].handler == (uint64_t)SIG_IGN;
}

bool caller_is_orphan(void)
{
    return signal_group_is_orphaned(current->process->group);
}

int session_of_group(int group)
{
    struct process *process;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->group == group)
            return process->session;
    }
    return -1;
}

void session_leave_terminal(int session, struct terminal *terminal)
{
    struct process *process;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->session == session && process->terminal == terminal)
            process->terminal = NULL;
    }
}

void group_signal(int group, int signal)
{
    (void)signal_send_group(group, signal, NULL);
}
