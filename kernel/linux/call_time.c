/* SPDX-License-Identifier: Apache-2.0 */
/* Timeouts from the calls' forms to deadlines and back; the mask of ppoll, pselect6 and
 * epoll_pwait. */
#include "linux/call_time.h"

#define SECOND 1000000000UL

nanoseconds call_deadline_in(uint64_t seconds, uint64_t nanos)
{
    if (seconds == 0 && nanos == 0)
        return 0;
    nanoseconds now = arch_clock();
    if (seconds >= (NO_DEADLINE - now) / SECOND - 1)
        return NO_DEADLINE;
    return now + seconds * SECOND + nanos;
}

nanoseconds call_deadline_ms(int timeout_ms)
{
    if (timeout_ms < 0)
        return NO_DEADLINE;
    return call_deadline_in((uint64_t)timeout_ms / 1000, (uint64_t)timeout_ms % 1000 * 1000000);
}

int call_deadline(user_addr timeout, nanoseconds *deadline)
{
    struct linux_timespec time;
    *deadline = NO_DEADLINE;
    if (!timeout)
        return 0;
    if (copy_in(&time, timeout) != 0)
        return -EFAULT;
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= (int64_t)SECOND)
        return -EINVAL;
    *deadline = call_deadline_in((uint64_t)time.seconds, (uint64_t)time.nanoseconds);
    return 0;
}

nanoseconds call_left(nanoseconds deadline)
{
    if (deadline == 0)
        return 0;
    nanoseconds now = arch_clock();
    return deadline > now ? deadline - now : 0;
}

void call_time_left(user_addr timeout, nanoseconds deadline)
{
    if (!timeout || deadline == NO_DEADLINE)
        return;
    nanoseconds left = call_left(deadline);
    struct linux_timespec time = {(int64_t)(left / SECOND), (int64_t)(left % SECOND)};
    if (copy_out(timeout, &time) != 0)
        return;
}

int call_mask(user_addr mask, size_t size)
{
    uint64_t set;
    if (!mask)
        return 0;
    if (size != sizeof(set))
        return -EINVAL;
    if (copy_in(&set, mask) != 0)
        return -EFAULT;
    signal_mask_for_call(set);
    return 0;
}

void call_mask_end(long result)
{
    if (!current->restore_mask || result == -EINTR || result == -ERESTARTNOHAND)
        return;
    current->signal_mask = current->saved_mask;
    current->restore_mask = false;
}
