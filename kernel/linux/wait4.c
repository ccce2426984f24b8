/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait4 and waitid: what children have to tell their parent. Any thread of the parent may ask; each
 * end is told once, then the child is reaped.
 */
#include <linux/wait.h>

#include "lib/string.h"
#include "linux/process_life.h"
#include "linux/signal.h"
#include "linux/sys_process.h"
#include "linux/syscalls.h"

struct wait_request {
    int which, id; /* P_ALL, P_PID, P_PGID */
    int options;
    bool usage_wanted;
};
struct wait_answer {
    int pid, status; /* pid 0: nothing to tell yet */
    int code;        /* CLD_* */
    uint32_t uid;
    struct linux_rusage usage;
};

static bool concerns(const struct wait_request *request, const struct process *child)
{
    if ((request->which == P_PID && child->pid != request->id) ||
        (request->which == P_PGID && child->group != request->id))
        return false;
    if (request->options & __WALL)
        return true;
    bool clone_child = child->exit_signal != SIGCHLD;
    return clone_child == ((request->options & __WCLONE) != 0);
}

static void fill_answer(struct wait_answer *answer, struct process *child, int status, int code)
{
    answer->pid = child->pid;
    answer->uid = child->uid;
    answer->status = status;
    answer->code = code;
    sys_process_usage(&answer->usage, process_run_time(child) + child->children_time);
}

static bool take_news(const struct wait_request *request, struct process *child,
                      struct wait_answer *answer)
{
    bool keep = (request->options & WNOWAIT) != 0;
    if (child->zombie && (request->options & WEXITED)) {
        int signal = child->exit_status & 0x7f;
        int code = !signal ? CLD_EXITED : child->exit_status & 0x80 ? CLD_DUMPED : CLD_KILLED;
        fill_answer(answer, child, child->exit_status, code);
        if (!keep)
            process_reap(child);
        return true;
    }
    if (child->stop_reported && (request->options & WSTOPPED)) {
        fill_answer(answer, child, child->stop_signal << 8 | 0x7f, CLD_STOPPED);
        if (!keep)
            child->stop_reported = false;
        return true;
    }
    if (child->continue_reported && (request->options & WCONTINUED)) {
        fill_answer(answer, child, 0xffff, CLD_CONTINUED);
        if (!keep)
            child->continue_reported = false;
        return true;
    }
    return false;
}

/* 0: answered (pid 0 with WNOHANG). */
static int wait_for_news(const struct wait_request *request, struct wait_answer *answer)
{
    struct process *process = current->process, *child;
    int error = 0;
    for (;;) {
        bool any = false;
        LIST_FOR_EACH (child, &process->children, struct process, sibling_link) {
            if (!concerns(request, child))
                continue;
            any = true;
            if (take_news(request, child, answer))
                return 0;
        }
        if (!any)
            return -ECHILD;
        if (request->options & WNOHANG)
            return 0;
        /* After a signal there was one more look: a child's end and its SIGCHLD come together, and
         * the end counts. */
        if (error < 0)
            return error == -EINTR ? -ERESTARTSYS : error;
        error = wait_on(&process->child_waits, NO_DEADLINE);
    }
}

long sys_wait4(int pid, user_addr status, int options, user_addr usage)
{
    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
        return -EINVAL;
    if (pid == INT32_MIN)
        return -ESRCH;
    struct wait_request request = {.which = P_ALL, .options = options | WEXITED};
    if (pid > 0) {
        request.which = P_PID;
        request.id = pid;
    } else if (pid != -1) {
        request.which = P_PGID;
        request.id = pid == 0 ? current->process->group : -pid;
    }
    struct wait_answer answer = {0};
    int error = wait_for_news(&request, &answer);
    if (error < 0 || !answer.pid)
        return error;
    if (status && copy_out(status, &answer.status) < 0)
        return -EFAULT;
    if (usage && copy_out(usage, &answer.usage) < 0)
        return -EFAULT;
    return answer.pid;
}

static int waitid_status(const struct wait_answer *answer)
{
    switch (answer->code) {
    case CLD_EXITED:
        return (answer->status >> 8) & 0xff;
    case CLD_CONTINUED:
        return SIGCONT;
    case CLD_STOPPED:
        return (answer->status >> 8) & 0xff;
    default:
        return answer->status & 0x7f;
    }
}

long sys_waitid(int which, int pid, user_addr info, int options, user_addr usage)
{
    if (options &
        ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
        return -EINVAL;
    if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
        return -EINVAL;
    if ((which != P_ALL && which != P_PID && which != P_PGID) || (which == P_PID && pid <= 0) ||
        (which == P_PGID && pid < 0))
        return -EINVAL;
    struct wait_request request = {.which = which, .id = pid, .options = options};
    if (which == P_PGID && pid == 0)
        request.id = current->process->group;
    struct wait_answer answer = {0};
    int error = wait_for_news(&request, &answer);
    if (error < 0)
        return error;
    if (usage && answer.pid && copy_out(usage, &answer.usage) < 0)
        return -EFAULT;
    struct linux_siginfo told;
    memset(&told, 0, sizeof(told));
    if (answer.pid) {
        told.signal = SIGCHLD;
        told.code = answer.code;
        told.is.child.pid = answer.pid;
        told.is.child.uid = answer.uid;
        told.is.child.status = waitid_status(&answer);
    }
    if (info && copy_out(info, &told) < 0)
        return -EFAULT;
    return 0;
}
