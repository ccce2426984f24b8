/* SPDX-License-Identifier: Apache-2.0 */
/* What event files and sockets ask about the running process (file/event_files.h). */
#include "file/event_files.h"
#include "linux/process.h"

void caller_broken_pipe(void)
{
    if (current->process)
        signal_send_thread(current, SIGPIPE, NULL);
}

void caller_credentials(struct caller_credentials *credentials)
{
    const struct process *process = process_current();
    *credentials = (struct caller_credentials){0};
    if (process)
        *credentials = (struct caller_credentials){process->pid, process->euid, process->egid};
}

bool caller_may_claim(const struct caller_credentials *credentials)
{
    const struct process *process = process_current();
    if (process->euid == 0)
        return true;
    return credentials->pid == process->pid &&
           (credentials->uid == process->uid || credentials->uid == process->euid ||
            credentials->uid == process->suid) &&
           (credentials->gid == process->gid || credentials->gid == process->egid ||
            credentials->gid == process->sgid);
}

struct wait_queue *caller_signal_queue(void)
{
    return &process_current()->signal_waits;
}

uint64_t caller_signals_pending(void)
{
    return current->signal_pending | process_current()->signal_pending;
}

int caller_signal_take(uint64_t set, struct linux_siginfo *info)
{
    return signal_take(current, set, info);
}
