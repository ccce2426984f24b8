/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users and groups. Programs start as root and may become someone else; rights are by user id 0 or
 * not. There are no supplementary groups, and capabilities only say the same in other words.
 */
#include <linux/capability.h>

#include "lib/string.h"
#include "linux/process.h"
#include "linux/syscalls.h"

#define KEEP UINT32_MAX /* -1: leave as it is */

long sys_getuid(void)
{
    return current->process->uid;
}

long sys_geteuid(void)
{
    return current->process->euid;
}

long sys_getgid(void)
{
    return current->process->gid;
}

long sys_getegid(void)
{
    return current->process->egid;
}

static bool is_root(void)
{
    return current->process->euid == 0;
}

struct ids {
    uint32_t *real, *effective, *saved;
};

static struct ids user_ids(void)
{
    struct process *process = current->process;
    return (struct ids){&process->uid, &process->euid, &process->suid};
}

static struct ids group_ids(void)
{
    struct process *process = current->process;
    return (struct ids){&process->gid, &process->egid, &process->sgid};
}

/* Without root's rights one may only take what one already has in one of the three places. */
static bool may_take(const struct ids *ids, uint32_t id)
{
    return id == KEEP || is_root() || id == *ids->real || id == *ids->effective ||
           id == *ids->saved;
}

static long set_three(struct ids ids, uint32_t real, uint32_t effective, uint32_t saved)
{
    if (!may_take(&ids, real) || !may_take(&ids, effective) || !may_take(&ids, saved))
        return -EPERM;
    if (real != KEEP)
        *ids.real = real;
    if (effective != KEEP)
        *ids.effective = effective;
    if (saved != KEEP)
        *ids.saved = saved;
    return 0;
}

static long set_one(struct ids ids, uint32_t id)
{
    if (id == KEEP)
        return -EINVAL;
    return is_root() ? set_three(ids, id, id, id) : set_three(ids, KEEP, id, KEEP);
}

static long set_two(struct ids ids, uint32_t real, uint32_t effective)
{
    uint32_t before = *ids.real;
    long error = set_three(ids, real, effective, KEEP);
    if (!error && (real != KEEP || (effective != KEEP && effective != before)))
        *ids.saved = *ids.effective;
    return error;
}

static long get_three(struct ids ids, user_addr real, user_addr effective, user_addr saved)
{
    if (copy_out(real, ids.real) < 0 || copy_out(effective, ids.effective) < 0 ||
        copy_out(saved, ids.saved) < 0)
        return -EFAULT;
    return 0;
}

long sys_setuid(uint32_t uid)
{
    return set_one(user_ids(), uid);
}

long sys_setgid(uint32_t gid)
{
    return set_one(group_ids(), gid);
}

long sys_setreuid(uint32_t uid, uint32_t euid)
{
    return set_two(user_ids(), uid, euid);
}

long sys_setregid(uint32_t gid, uint32_t egid)
{
    return set_two(group_ids(), gid, egid);
}

long sys_setresuid(uint32_t uid, uint32_t euid, uint32_t suid)
{
    return set_three(user_ids(), uid, euid, suid);
}

long sys_setresgid(uint32_t gid, uint32_t egid, uint32_t sgid)
{
    return set_three(group_ids(), gid, egid, sgid);
}

long sys_getresuid(user_addr uid, user_addr euid, user_addr suid)
{
    return get_three(user_ids(), uid, euid, suid);
}

long sys_getresgid(user_addr gid, user_addr egid, user_addr sgid)
{
    return get_three(group_ids(), gid, egid, sgid);
}

/* Answers the one before; nothing here looks at it. */
long sys_setfsuid(uint32_t uid)
{
    return current->process->euid;
}

long sys_setfsgid(uint32_t gid)
{
    return current->process->egid;
}

long sys_getgroups(int size, user_addr list)
{
    return size < 0 ? -EINVAL : 0;
}

long sys_setgroups(int size, user_addr list)
{
    if (!is_root())
        return -EPERM;
    return size < 0 || size > 65536 ? -EINVAL : 0;
}

/* Version 3 has two words of each set. -EINVAL with the version we know written back, as callers
 * probe. */
static int read_header(user_addr header, struct __user_cap_header_struct *head)
{
    if (copy_in(head, header) < 0)
        return -EFAULT;
    if (head->version == _LINUX_CAPABILITY_VERSION_3 ||
        head->version == _LINUX_CAPABILITY_VERSION_2)
        return 0;
    head->version = _LINUX_CAPABILITY_VERSION_3;
    return copy_out(header, head) < 0 ? -EFAULT : -EINVAL;
}

long sys_capget(user_addr header, user_addr data)
{
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct sets[2];
    int error = read_header(header, &head);
    if (error < 0)
        return error == -EINVAL && !data ? 0 : error;
    const struct process *process = head.pid ? process_find(head.pid) : current->process;
    if (!process)
        return -ESRCH;
    memset(sets, 0, sizeof(sets));
    if (process->euid == 0) {
        sets[0].effective = sets[0].permitted = UINT32_MAX;
        sets[1].effective = sets[1].permitted = (1U << (CAP_LAST_CAP - 32 + 1)) - 1;
    }
    return data ? copy_out(data, &sets) : 0;
}

long sys_capset(user_addr header, user_addr data)
{
    struct __user_cap_header_struct head;
    int error = read_header(header, &head);
    if (error < 0)
        return error;
    return is_root() ? 0 : -EPERM;
}
