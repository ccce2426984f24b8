/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scheduling calls. A node is one processor with one queue, so priorities and policies are
 * remembered where they can be asked for again, and change nothing.
 */
#include <linux/sched.h>

#include "linux/process.h"
#include "linux/syscalls.h"

enum { WHICH_PROCESS, WHICH_GROUP, WHICH_USER };
#define AFFINITY_SIZE 8 /* bytes of mask that we know: Linux tells its own in the same way */

static struct thread *find_thread(int tid)
{
    return tid == 0 ? current : tid > 0 ? thread_find(tid) : NULL;
}

long sys_sched_yield(void)
{
    schedule_yield();
    return 0;
}

/* Calls on(thread, data) for each thread that `which` and `who` name; false: there is none. */
static bool for_each_named(int which, int who, void (*on)(struct thread *, void *), void *data)
{
    if (which == WHICH_PROCESS) {
        struct thread *thread = find_thread(who);
        if (thread)
            on(thread, data);
        return thread != NULL;
    }
    const struct process *self = current->process;
    struct process *process;
    bool any = false;
    LIST_FOR_EACH (process, &processes, struct process, all_link) {
        bool named = which == WHICH_GROUP ? process->group == (who ? who : self->group)
                                          : process->uid == (who ? (uint32_t)who : self->uid);
        struct thread *thread;
        if (!named)
            continue;
        for (struct list *link = process->threads.next; link != &process->threads;
             link = link->next) {
            thread = LIST_ENTRY(link, struct thread, process_link);
            on(thread, data);
            any = true;
        }
    }
    return any;
}

static void take_lowest(struct thread *thread, void *lowest)
{
    if (thread->nice < *(int *)lowest)
        *(int *)lowest = thread->nice;
}

static void give(struct thread *thread, void *nice)
{
    thread->nice = *(int *)nice;
}

long sys_getpriority(int which, int who)
{
    int lowest = 20;
    if (which < WHICH_PROCESS || which > WHICH_USER)
        return -EINVAL;
    return for_each_named(which, who, take_lowest, &lowest) ? 20 - lowest : -ESRCH;
}

long sys_setpriority(int which, int who, int nice)
{
    if (which < WHICH_PROCESS || which > WHICH_USER)
        return -EINVAL;
    nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
    return for_each_named(which, who, give, &nice) ? 0 : -ESRCH;
}

static bool policy_known(int policy)
{
    return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE ||
           policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

static bool policy_realtime(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

long sys_sched_setscheduler(int tid, int policy, user_addr parameter)
{
    int priority;
    policy &= ~SCHED_RESET_ON_FORK;
    if (!policy_known(policy) || policy == SCHED_DEADLINE)
        return -EINVAL;
    if (copy_in(&priority, parameter) < 0)
        return -EFAULT;
    if (!find_thread(tid))
        return -ESRCH;
    if (policy_realtime(policy))
        return -EPERM;
    return priority == 0 ? 0 : -EINVAL;
}

long sys_sched_getscheduler(int tid)
{
    return find_thread(tid) ? SCHED_NORMAL : -ESRCH;
}

long sys_sched_setparam(int tid, user_addr parameter)
{
    int priority;
    if (copy_in(&priority, parameter) < 0)
        return -EFAULT;
    if (!find_thread(tid))
        return -ESRCH;
    return priority == 0 ? 0 : -EINVAL;
}

long sys_sched_getparam(int tid, user_addr parameter)
{
    const int priority = 0;
    if (!find_thread(tid))
        return -ESRCH;
    return copy_out(parameter, &priority);
}

long sys_sched_get_priority_max(int policy)
{
    return !policy_known(policy) ? -EINVAL : policy_realtime(policy) ? 99 : 0;
}

long sys_sched_get_priority_min(int policy)
{
    return !policy_known(policy) ? -EINVAL : policy_realtime(policy) ? 1 : 0;
}

long sys_sched_rr_get_interval(int tid, user_addr interval)
{
    const struct linux_timespec slice = {0, 6000000};
    if (!find_thread(tid))
        return -ESRCH;
    return copy_out(interval, &slice);
}

/* One processor: the mask must hold it, and always does. */
long sys_sched_setaffinity(int tid, size_t size, user_addr mask)
{
    uint8_t first = 0;
    if (!find_thread(tid))
        return -ESRCH;
    if (size && copy_in(&first, mask) < 0)
        return -EFAULT;
    return first & 1 ? 0 : -EINVAL;
}

long sys_sched_getaffinity(int tid, size_t size, user_addr mask)
{
    const uint64_t first = 1;
    if (size < AFFINITY_SIZE || size % AFFINITY_SIZE)
        return -EINVAL;
    if (!find_thread(tid))
        return -ESRCH;
    return copy_out(mask, &first) < 0 ? -EFAULT : AFFINITY_SIZE;
}

long sys_ioprio_set(int which, int who, int priority)
{
    return 0;
}

long sys_ioprio_get(int which, int who)
{
    return 0;
}
