/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls for signals. What they mean is in signal.c (sending), signal_delivery.c (acting) and
 * signal_frame.c (rt_sigreturn, alternate stacks); here are the checks at the border.
 */
#include "lib/string.h"
#include "linux/interval.h"
#include "linux/signal.h"
#include "linux/signal_rules.h"
#include "linux/syscalls.h"
#include "memory/user_copy.h"
#include "thread/wait.h"

#define SET_SIZE 8 /* bytes of the kernel's sigset_t */
#define ACTION_FLAGS                                                                               \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |             \
     SA_RESETHAND | SA_RESTORER)

static bool is_signal(int signal)
{
    return signal >= 1 && signal <= SIGNAL_COUNT;
}

long sys_rt_sigaction(int signal, user_addr action, user_addr old, size_t set_size)
{
    struct process *process = process_current();
    struct linux_sigaction wanted;
    if (set_size != SET_SIZE || !is_signal(signal))
        return -EINVAL;
    if (action && copy_in(&wanted, action) != 0)
        return -EFAULT;
    if (action && (signal == SIGKILL || signal == SIGSTOP))
        return -EINVAL;
    struct linux_sigaction *slot = &process->signals->actions[signal - 1];
    struct linux_sigaction before = *slot;
    if (action) {
        wanted.flags &= ACTION_FLAGS;
        wanted.mask &= ~SIGNALS_UNBLOCKABLE;
        *slot = wanted;
        /* Ignoring a signal also forgets the ones that wait, blocked or not (POSIX). */
        if (wanted.handler == (uint64_t)SIG_IGN ||
            (wanted.handler == (uint64_t)SIG_DFL && signal_default_of(signal) == SIGNAL_IGNORE))
            signal_process_drop(process, signal_bit(signal));
    }
    if (old && copy_out(old, &before) != 0)
        return -EFAULT;
    return 0;
}

long sys_rt_sigprocmask(int how, user_addr set, user_addr old, size_t set_size)
{
    uint64_t before = current->signal_mask, bits;
    if (set_size != SET_SIZE)
        return -EINVAL;
    if (set) {
        if (copy_in(&bits, set) != 0)
            return -EFAULT;
        if (how == SIG_BLOCK)
            signal_mask_set(before | bits);
        else if (how == SIG_UNBLOCK)
            signal_mask_set(before & ~bits);
        else if (how == SIG_SETMASK)
            signal_mask_set(bits);
        else
            return -EINVAL;
    }
    return old && copy_out(old, &before) != 0 ? -EFAULT : 0;
}

long sys_rt_sigpending(user_addr set, size_t set_size)
{
    uint64_t pending =
        (current->signal_pending | current->process->signal_pending) & current->signal_mask;
    if (set_size > SET_SIZE)
        return -EINVAL;
    return arch_copy_out(set, &pending, set_size);
}

/* Sleeps until a signal; only its delivery ends the call. */
static long wait_for_signal(void)
{
    while (wait_any(NO_DEADLINE) != -EINTR)
        ;
    return -ERESTARTNOHAND;
}

long sys_rt_sigsuspend(user_addr set, size_t set_size)
{
    uint64_t mask;
    if (set_size != SET_SIZE)
        return -EINVAL;
    if (copy_in(&mask, set) != 0)
        return -EFAULT;
    signal_mask_for_call(mask);
    return wait_for_signal();
}

long sys_pause(void)
{
    return wait_for_signal();
}

long sys_rt_sigtimedwait(user_addr set, user_addr info, user_addr timeout, size_t set_size)
{
    uint64_t wanted, duration;
    nanoseconds deadline = NO_DEADLINE;
    if (set_size != SET_SIZE)
        return -EINVAL;
    if (copy_in(&wanted, set) != 0)
        return -EFAULT;
    wanted &= ~SIGNALS_UNBLOCKABLE;
    if (timeout) {
        struct linux_timespec time;
        if (copy_in(&time, timeout) != 0)
            return -EFAULT;
        if (timespec_to_ns(&time, &duration) != 0)
            return -EINVAL;
        deadline = time_add(arch_clock(), duration);
    }
    for (;;) {
        struct linux_siginfo taken;
        int signal = signal_take(current, wanted, &taken);
        if (signal != 0)
            return info && copy_out(info, &taken) != 0 ? -EFAULT : signal;
        if (timeout && deadline <= arch_clock())
            return -EAGAIN;
        int error = wait_on(&current->process->signal_waits, deadline);
        if (error == -EINTR &&
            ((current->signal_pending | current->process->signal_pending) & wanted) == 0)
            return -EINTR;
    }
}

long sys_sigaltstack(user_addr stack, user_addr old)
{
    struct registers *registers = arch_user_registers(&current->arch);
    struct linux_sigaltstack wanted, before;
    if (stack && copy_in(&wanted, stack) != 0)
        return -EFAULT;
    signal_alternate_stack_get(&before, registers->rsp);
    if (stack) {
        int error = signal_alternate_stack(&wanted, registers->rsp);
        if (error != 0)
            return error;
    }
    return old && copy_out(old, &before) != 0 ? -EFAULT : 0;
}

/* ---- sending ---- */

static bool may_signal(const struct process *target, int signal)
{
    const struct process *self = process_current();
    if (self->euid == 0 || self == target)
        return true;
    if (signal == SIGCONT && self->session == target->session)
        return true;
    return self->euid == target->uid || self->euid == target->suid || self->uid == target->uid ||
           self->uid == target->suid;
}

static int send_checked(struct process *target, int signal, const struct linux_siginfo *info)
{
    if (!may_signal(target, signal))
        return -EPERM;
    return signal_send_process(target, signal, info);
}

/* All processes of a group, or (group 0) all but init and the caller. Success if one got it. */
static long send_many(int group, int signal, const struct linux_siginfo *info)
{
    struct process *process;
    long result = -ESRCH;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (group != 0 ? process->group != group
                       : process->pid == 1 || process == process_current())
            continue;
        int error = send_checked(process, signal, info);
        if (result != 0)
            result = error;
    }
    return result;
}

long sys_kill(int pid, int signal)
{
    struct linux_siginfo info;
    if (signal != 0 && !is_signal(signal))
        return -EINVAL;
    signal_info_user(&info, signal, SI_USER);
    if (pid > 0) {
        struct process *process = process_find(pid);
        return process ? send_checked(process, signal, &info) : -ESRCH;
    }
    if (pid == INT32_MIN)
        return -ESRCH;
    return send_many(pid == 0 ? process_current()->group : pid == -1 ? 0 : -pid, signal, &info);
}

/* pid -1: any process. */
static long send_to_thread(int pid, int tid, int signal, const struct linux_siginfo *info)
{
    if (signal != 0 && !is_signal(signal))
        return -EINVAL;
    struct thread *thread = thread_find(tid);
    if (thread == NULL || thread->process == NULL || (pid != -1 && thread->process->pid != pid))
        return -ESRCH;
    if (!may_signal(thread->process, signal))
        return -EPERM;
    return signal_send_thread(thread, signal, info);
}

long sys_tgkill(int pid, int tid, int signal)
{
    struct linux_siginfo info;
    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    signal_info_user(&info, signal, SI_TKILL);
    return send_to_thread(pid, tid, signal, &info);
}

long sys_tkill(int tid, int signal)
{
    struct linux_siginfo info;
    if (tid <= 0)
        return -EINVAL;
    signal_info_user(&info, signal, SI_TKILL);
    return send_to_thread(-1, tid, signal, &info);
}

/* A program may not pretend to be the kernel or kill(2) to anybody but itself. */
static int info_copy_in(struct linux_siginfo *info, user_addr from, int signal, int pid)
{
    if (copy_in(info, from) != 0)
        return -EFAULT;
    if ((info->code >= 0 || info->code == SI_TKILL) && pid != process_current()->pid)
        return -EPERM;
    info->signal = signal;
    if (info->code == SI_TIMER) /* ours alone: it would be looked up in the timers */
        info->code = SI_QUEUE;
    return 0;
}

long sys_rt_sigqueueinfo(int pid, int signal, user_addr from)
{
    struct linux_siginfo info;
    int error = info_copy_in(&info, from, signal, pid);
    if (error != 0)
        return error;
    if (signal != 0 && !is_signal(signal))
        return -EINVAL;
    struct process *process = pid > 0 ? process_find(pid) : NULL;
    return process ? send_checked(process, signal, &info) : -ESRCH;
}

long sys_rt_tgsigqueueinfo(int pid, int tid, int signal, user_addr from)
{
    struct linux_siginfo info;
    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    int error = info_copy_in(&info, from, signal, pid);
    return error != 0 ? error : send_to_thread(pid, tid, signal, &info);
}

long sys_restart_syscall(void)
{
    restart_function restart = (restart_function)current->restart_block[0];
    current->restart_block[0] = 0;
    return restart ? restart() : -EINTR;
}
