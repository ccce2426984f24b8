/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restartable sequences (<linux/rseq.h>). There is one processor, so its number never changes; but
 * a sequence may be cut by another thread of the same program, and must then go to its abort
 * address.
 */
#include "linux/sequence.h"

#include <linux/rseq.h>

#include "linux/signal.h"
#include "linux/syscalls.h"

#define AREA_SIZE 32

static int check_abort_address(const struct rseq_cs *sequence)
{
    uint32_t signature;
    if (sequence->abort_ip >= USER_END || sequence->version != 0 ||
        copy_in(&signature, sequence->abort_ip - sizeof(signature)) < 0 ||
        signature != current->rseq_signature)
        return -EINVAL;
    return 0;
}

void sequence_interrupted(struct registers *registers)
{
    struct rseq_cs sequence;
    uint64_t none = 0, pointer;
    user_addr field = current->rseq + offsetof(struct rseq, rseq_cs);
    if (copy_in(&pointer, field) < 0)
        goto broken;
    if (!pointer)
        return;
    if (copy_in(&sequence, pointer) < 0)
        goto broken;
    if (registers->rip - sequence.start_ip < sequence.post_commit_offset) {
        if (check_abort_address(&sequence) < 0)
            goto broken;
        registers->rip = sequence.abort_ip;
    }
    if (copy_out(field, &none) < 0)
        goto broken;
    return;
broken:
    /* The area went away or is nonsense; without it the program's counters would go wrong in
     * silence. */
    current->rseq = 0;
    signal_force(current, SIGSEGV, NULL);
}

long sys_rseq(user_addr area, uint32_t size, int flags, uint32_t signature)
{
    struct thread *thread = current;
    if (flags & ~RSEQ_FLAG_UNREGISTER)
        return -EINVAL;
    if (flags & RSEQ_FLAG_UNREGISTER) {
        uint32_t ids[2] = {0, (uint32_t)RSEQ_CPU_ID_UNINITIALIZED};
        if (!thread->rseq || thread->rseq != area || thread->rseq_length != size)
            return -EINVAL;
        if (thread->rseq_signature != signature)
            return -EPERM;
        if (copy_out(area, &ids) < 0)
            return -EFAULT;
        thread->rseq = 0;
        return 0;
    }
    if (thread->rseq) {
        if (thread->rseq != area || thread->rseq_length != size)
            return -EINVAL;
        return thread->rseq_signature == signature ? -EBUSY : -EPERM;
    }
    if (size < AREA_SIZE || (area & (AREA_SIZE - 1)))
        return -EINVAL;
    const uint32_t ids[2] = {0, 0};
    if (copy_out(area, &ids) < 0)
        return -EFAULT;
    thread->rseq = area;
    thread->rseq_length = size;
    thread->rseq_signature = signature;
    return 0;
}
