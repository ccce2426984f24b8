/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that ask about or set something of a process or thread: ids, groups, limits, usage, prctl.
 */
#include "linux/sys_process.h"

#include <linux/prctl.h>
#include <linux/securebits.h>

#include "file/inode.h"
#include "lib/string.h"
#include "linux/process_life.h"
#include "linux/signal.h"
#include "linux/syscalls.h"

enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS }; /* <asm/prctl.h> */
enum { USAGE_SELF = 0, USAGE_CHILDREN = -1, USAGE_THREAD = 1 };
#define LAST_CAPABILITY 40
/* /proc/sys/fs/nr_open: bounds descriptor tables, poll, what is in flight. */
#define FILES_MAX 65536

long sys_getpid(void)
{
    return current->process->pid;
}

long sys_gettid(void)
{
    return current->tid;
}

long sys_getppid(void)
{
    return current->process->parent ? current->process->parent->pid : 0;
}

long sys_exit(int code)
{
    process_exit_thread(code);
}

long sys_exit_group(int code)
{
    process_exit_group((code & 0xff) << 8);
}

long sys_set_tid_address(user_addr address)
{
    current->clear_child_tid = address;
    return current->tid;
}

/* ---- groups and sessions ---- */

static struct process *find_or_self(int pid)
{
    return pid == 0 ? current->process : process_find(pid);
}

static bool group_exists(int group, int session)
{
    struct process *process;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        if (process->group == group && process->session == session)
            return true;
    }
    return false;
}

long sys_setpgid(int pid, int group)
{
    struct process *self = current->process, *process = find_or_self(pid);
    if (group < 0)
        return -EINVAL;
    if (!process || (process != self && process->parent != self))
        return -ESRCH;
    if (process->session != self->session || process->pid == process->session)
        return -EPERM;
    if (process != self && process->execed)
        return -EACCES;
    if (group == 0)
        group = process->pid;
    if (group != process->pid && !group_exists(group, self->session))
        return -EPERM;
    process->group = group;
    return 0;
}

long sys_getpgid(int pid)
{
    const struct process *process = find_or_self(pid);
    return process ? process->group : -ESRCH;
}

long sys_getpgrp(void)
{
    return current->process->group;
}

long sys_getsid(int pid)
{
    const struct process *process = find_or_self(pid);
    return process ? process->session : -ESRCH;
}

long sys_setsid(void)
{
    struct process *process = current->process, *other;
    LIST_FOR_EACH (other, &processes, struct process, all_link) {
        if (other->group == process->pid)
            return -EPERM;
    }
    process->session = process->group = process->pid;
    process->terminal = NULL;
    return process->pid;
}

/* ---- limits and usage ---- */

long sys_prlimit64(int pid, uint32_t resource, user_addr new_limit, user_addr old_limit)
{
    struct process *process = find_or_self(pid);
    struct linux_rlimit limit;
    if (!process || process->zombie)
        return -ESRCH;
    if (resource >= COUNT_OF(process->limits))
        return -EINVAL;
    if (new_limit && copy_in(&limit, new_limit) < 0)
        return -EFAULT;
    struct linux_rlimit old = process->limits[resource];
    if (new_limit) {
        if (limit.soft > limit.hard)
            return -EINVAL;
        if (limit.hard > old.hard && current->process->euid != 0)
            return -EPERM;
        if (resource == RLIMIT_NOFILE && limit.hard > FILES_MAX)
            return -EPERM;
        process->limits[resource] = limit;
        if (resource == RLIMIT_AS)
            process->space->address_limit = limit.soft;
        if (resource == RLIMIT_STACK)
            process->space->stack_limit = limit.soft;
    }
    return old_limit && copy_out(old_limit, &old) < 0 ? -EFAULT : 0;
}

long sys_getrlimit(uint32_t resource, user_addr limit)
{
    return limit ? sys_prlimit64(0, resource, 0, limit) : -EFAULT;
}

long sys_setrlimit(uint32_t resource, user_addr limit)
{
    return limit ? sys_prlimit64(0, resource, limit, 0) : -EFAULT;
}

void sys_process_usage(struct linux_rusage *usage, nanoseconds run_time)
{
    memset(usage, 0, sizeof(*usage));
    usage->user.seconds = (int64_t)(run_time / 1000000000);
    usage->user.microseconds = (int64_t)(run_time % 1000000000 / 1000);
}

long sys_getrusage(int who, user_addr to)
{
    const struct process *process = current->process;
    struct linux_rusage usage;
    if (who == USAGE_SELF)
        sys_process_usage(&usage, process_run_time(process));
    else if (who == USAGE_CHILDREN)
        sys_process_usage(&usage, process->children_time);
    else if (who == USAGE_THREAD)
        sys_process_usage(&usage, thread_run_time(current));
    else
        return -EINVAL;
    if (who != USAGE_CHILDREN)
        usage.max_resident_kib = (int64_t)(process->space->resident * (PAGE_SIZE / 1024));
    return copy_out(to, &usage);
}

long sys_times(user_addr to)
{
    const uint64_t tick = 10000000; /* ns: clock_t counts hundredths */
    const struct process *process = current->process;
    const uint64_t times[4] = {process_run_time(process) / tick, 0, process->children_time / tick,
                               0};
    if (to && copy_out(to, &times) < 0)
        return -EFAULT;
    return (long)(arch_clock() / tick);
}

/* ---- prctl ---- */

static long set_name(user_addr from)
{
    char name[16];
    for (size_t i = 0; i < sizeof(name); i++) {
        if (i == sizeof(name) - 1)
            name[i] = 0;
        else if (copy_in(&name[i], from + i) < 0)
            return -EFAULT;
        if (!name[i])
            break;
    }
    string_copy(current->name, name, sizeof(current->name));
    if (current->tid == current->process->pid)
        string_copy(current->process->name, name, sizeof(current->process->name));
    return 0;
}

static long get_name(user_addr to)
{
    char name[16] = {0};
    string_copy(name, current->name, sizeof(name));
    return copy_out(to, &name);
}

long sys_prctl(int option, uint64_t argument2, uint64_t argument3, uint64_t argument4,
               uint64_t argument5)
{
    struct process *process = current->process;
    switch (option) {
    case PR_SET_NAME:
        return set_name(argument2);
    case PR_GET_NAME:
        return get_name(argument2);
    case PR_SET_PDEATHSIG:
        if (argument2 > SIGNAL_COUNT)
            return -EINVAL;
        process->parent_death_signal = (int)argument2;
        return 0;
    case PR_GET_PDEATHSIG:
        return copy_out(argument2, &process->parent_death_signal);
    case PR_GET_DUMPABLE:
        return process->dumpable;
    case PR_SET_DUMPABLE:
        if (argument2 > 1)
            return -EINVAL;
        process->dumpable = (int)argument2;
        return 0;
    case PR_SET_CHILD_SUBREAPER:
        process->child_subreaper = argument2 != 0;
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return copy_out(argument2, &process->child_subreaper);
    case PR_SET_NO_NEW_PRIVS:
        if (argument2 != 1 || argument3 || argument4 || argument5)
            return -EINVAL;
        process->no_new_privs = 1;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return process->no_new_privs;
    case PR_CAPBSET_READ:
        return argument2 > LAST_CAPABILITY ? -EINVAL : 1;
    case PR_CAPBSET_DROP:
        return argument2 > LAST_CAPABILITY ? -EINVAL : 0;
    case PR_GET_KEEPCAPS:
    case PR_GET_SECUREBITS:
    case PR_GET_SECCOMP:
    case PR_GET_THP_DISABLE:
    case PR_SET_KEEPCAPS:
    case PR_SET_THP_DISABLE:
    case PR_SET_TIMERSLACK:
    case PR_SET_VMA: /* names of regions, for /proc/self/maps only */
        return 0;
    case PR_GET_TIMERSLACK:
        return 1; /* ns: sleeps end when asked */
    default:
        return -EINVAL;
    }
}

long sys_arch_prctl(int command, uint64_t address)
{
    struct arch_thread *thread = &current->arch;
    uint64_t base;
    switch (command) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (address >= USER_END)
            return -EPERM;
        if (command == ARCH_SET_FS)
            arch_set_fs_base(thread, address);
        else
            arch_set_gs_base(thread, address);
        return 0;
    case ARCH_GET_FS:
    case ARCH_GET_GS:
        base = command == ARCH_GET_FS ? arch_get_fs_base(thread) : arch_get_gs_base(thread);
        return copy_out(address, &base);
    default:
        return -EINVAL;
    }
}

long sys_personality(uint32_t persona)
{
    /* Only the answer to "which is it" and to "stay with Linux's own". */
    return persona == 0xffffffff || persona == 0 ? 0 : -EINVAL;
}

long sys_unshare(uint64_t flags)
{
    struct process *process = current->process;
    if (flags & ~(uint64_t)(CLONE_FILES | CLONE_FS))
        return -EPERM;
    int error = flags & CLONE_FILES ? process_files_own(process) : 0;
    if (error)
        return error;
    if ((flags & CLONE_FS) && process->context->count > 1) {
        struct file_context *own = process_file_context_copy(process->context);
        if (!own)
            return -ENOMEM;
        process_file_context_put(process->context);
        process->context = own;
    }
    return 0;
}

long sys_setns(int fd, int type)
{
    return -EPERM;
}
