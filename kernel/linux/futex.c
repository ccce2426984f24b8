/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Futexes (man 2 futex): sleeping on a word of user memory. A word is named by where it lives: the
 * object and offset when its region is shared, else the address space and address. Nothing else
 * runs between the look at the word and the entry in the table, since only the load may sleep, and
 * it comes first.
 */
#include <linux/futex.h>

#include "lib/string.h"
#include "linux/process_life.h"
#include "linux/signal.h"
#include "linux/syscalls.h"
#include "thread/wait.h"

#define BUCKETS 256
/* Entries followed at a thread's end, as in Linux: a list may be a circle. */
#define ROBUST_MAX 2048

struct futex_key {
    const void *owner; /* address space or memory object */
    uint64_t offset;   /* address, or offset in the object */
};
struct futex_wait {
    struct list link;
    struct futex_key key;
    uint32_t bits;
    struct thread *thread;
};

static struct list buckets[BUCKETS]; /* a bucket never used has NULL links */

static struct list *bucket_of(const struct futex_key *key)
{
    uint64_t hash = (key->offset >> 2) ^ (key->offset >> 12) ^ ((uintptr_t)key->owner >> 6);
    struct list *bucket = &buckets[hash % BUCKETS];
    if (!bucket->next)
        list_init(bucket);
    return bucket;
}

static int key_of(user_addr word, bool private, struct futex_key *key)
{
    struct address_space *space = current->process->space;
    if (word & 3)
        return -EINVAL;
    if (word >= USER_END)
        return -EFAULT;
    key->owner = space;
    key->offset = word;
    if (private)
        return 0;
    struct region *region = region_find(space, word);
    if (region && (region->flags & REGION_SHARED) && region->object) {
        key->owner = region->object;
        key->offset = region->offset + (word - region->start);
    }
    return 0;
}

static bool same_key(const struct futex_key *a, const struct futex_key *b)
{
    return a->offset == b->offset && a->owner == b->owner;
}

static long wake_key(const struct futex_key *key, uint32_t count, uint32_t bits)
{
    struct futex_wait *wait;
    long woken = 0;
    if (count == 0)
        return 0;
    LIST_FOR_EACH (wait, bucket_of(key), struct futex_wait, link) {
        if (!same_key(&wait->key, key) || !(wait->bits & bits))
            continue;
        list_remove(&wait->link);
        thread_wake(wait->thread);
        if (++woken == count)
            break;
    }
    return woken;
}

int futex_wake_address(uintptr_t address, unsigned count)
{
    struct futex_key key;
    int error = key_of(address, false, &key);
    return error < 0 ? error : (int)wake_key(&key, count, FUTEX_BITSET_MATCH_ANY);
}

static long wait_word(user_addr word, bool private, uint32_t value, uint32_t bits,
                      nanoseconds deadline)
{
    struct futex_wait wait = {.bits = bits, .thread = current};
    uint32_t now;
    if (!bits)
        return -EINVAL;
    int error = key_of(word, private, &wait.key);
    if (!error)
        error = arch_user_load32(word, &now);
    if (error < 0)
        return error;
    if (now != value)
        return -EAGAIN;
    list_insert(bucket_of(&wait.key), &wait.link);
    error = wait_any(deadline);
    /* Whoever takes us out of the table has spent a wake on us, so this counts as woken in any
     * case. */
    if (list_is_empty(&wait.link))
        return 0;
    list_remove(&wait.link);
    if (error == -EINTR)
        return deadline == NO_DEADLINE ? -ERESTARTSYS : -ERESTARTNOHAND;
    return error;
}

static long requeue(const struct futex_key *from, const struct futex_key *to, uint32_t wake_count,
                    uint32_t move_count)
{
    struct futex_wait *wait;
    long done = wake_key(from, wake_count, FUTEX_BITSET_MATCH_ANY);
    if (same_key(from, to))
        return done;
    struct list *target = bucket_of(to);
    uint32_t moved = 0;
    LIST_FOR_EACH (wait, bucket_of(from), struct futex_wait, link) {
        if (moved == move_count)
            break;
        if (!same_key(&wait->key, from))
            continue;
        list_remove(&wait->link);
        wait->key = *to;
        list_insert(target, &wait->link);
        moved++;
    }
    return done + moved;
}

static long requeue_words(user_addr from, user_addr to, bool private, uint32_t wake_count,
                          uint32_t move_count, const uint32_t *expected)
{
    struct futex_key from_key, to_key;
    int error = key_of(from, private, &from_key);
    if (!error)
        error = key_of(to, private, &to_key);
    if (error < 0)
        return error;
    if ((int32_t)wake_count < 0 || (int32_t)move_count < 0)
        return -EINVAL;
    if (expected) {
        uint32_t now;
        if (arch_user_load32(from, &now) < 0)
            return -EFAULT;
        if (now != *expected)
            return -EAGAIN;
    }
    return requeue(&from_key, &to_key, wake_count, move_count);
}

static bool compare(unsigned comparison, int32_t old, int32_t argument)
{
    switch (comparison) {
    case FUTEX_OP_CMP_EQ:
        return old == argument;
    case FUTEX_OP_CMP_NE:
        return old != argument;
    case FUTEX_OP_CMP_LT:
        return old < argument;
    case FUTEX_OP_CMP_LE:
        return old <= argument;
    case FUTEX_OP_CMP_GT:
        return old > argument;
    default:
        return old >= argument;
    }
}

static int32_t operate(unsigned operation, int32_t old, int32_t argument)
{
    switch (operation) {
    case FUTEX_OP_SET:
        return argument;
    case FUTEX_OP_ADD:
        return (int32_t)((uint32_t)old + (uint32_t)argument);
    case FUTEX_OP_OR:
        return old | argument;
    case FUTEX_OP_ANDN:
        return old & ~argument;
    default:
        return old ^ argument;
    }
}

/* The 12-bit fields of the operation are signed. */
static int32_t sign_extend_12(uint32_t field)
{
    return (int32_t)(field << 20) >> 20;
}

static long wake_operation(user_addr first, user_addr second, bool private, uint32_t count,
                           uint32_t second_count, uint32_t code)
{
    struct futex_key keys[2];
    unsigned operation = (code >> 28) & 7, comparison = (code >> 24) & 15;
    int32_t argument = sign_extend_12((code >> 12) & 0xfff), against = sign_extend_12(code & 0xfff);
    if (operation > FUTEX_OP_XOR || comparison > FUTEX_OP_CMP_GE)
        return -ENOSYS;
    if (code >> 28 & FUTEX_OP_OPARG_SHIFT)
        argument = (int32_t)(1U << (argument & 31));
    int error = key_of(first, private, &keys[0]);
    if (!error)
        error = key_of(second, private, &keys[1]);
    uint32_t old = 0, before;
    if (!error)
        error = arch_user_load32(second, &old);
    if (error < 0)
        return error;
    do {
        before = old;
        uint32_t desired = (uint32_t)operate(operation, (int32_t)before, argument);
        if (arch_user_compare_exchange32(second, &old, desired) < 0)
            return -EFAULT;
    } while (old != before);
    long woken = wake_key(&keys[0], count, FUTEX_BITSET_MATCH_ANY);
    if (compare(comparison, (int32_t)old, against))
        woken += wake_key(&keys[1], second_count, FUTEX_BITSET_MATCH_ANY);
    return woken;
}

static int read_deadline(user_addr timeout, bool relative, bool realtime, nanoseconds *deadline)
{
    struct linux_timespec time;
    *deadline = NO_DEADLINE;
    if (!timeout)
        return 0;
    if (copy_in(&time, timeout) < 0)
        return -EFAULT;
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= 1000000000)
        return -EINVAL;
    if (time.seconds > INT64_MAX / 1000000000 - 1)
        return 0; /* centuries */
    nanoseconds ns = (nanoseconds)time.seconds * 1000000000 + (nanoseconds)time.nanoseconds;
    if (relative)
        *deadline = ns + arch_clock();
    else if (realtime)
        *deadline = ns > arch_wall_offset() ? ns - arch_wall_offset() : 0;
    else
        *deadline = ns;
    return 0;
}

long sys_futex(user_addr word, int operation, uint32_t value, user_addr timeout, user_addr word2,
               uint32_t value3)
{
    bool private = (operation & FUTEX_PRIVATE_FLAG) != 0;
    bool realtime = (operation & FUTEX_CLOCK_REALTIME) != 0;
    int command = operation & FUTEX_CMD_MASK;
    struct futex_key key;
    nanoseconds deadline;
    int error;
    if (realtime && command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET)
        return -ENOSYS;
    switch (command) {
    case FUTEX_WAKE:
        value3 = FUTEX_BITSET_MATCH_ANY;
        /* fall through */
    case FUTEX_WAKE_BITSET:
        if (!value3)
            return -EINVAL;
        error = key_of(word, private, &key);
        return error < 0 ? error : wake_key(&key, value, value3);
    case FUTEX_WAIT:
        value3 = FUTEX_BITSET_MATCH_ANY;
        /* fall through */
    case FUTEX_WAIT_BITSET:
        error = read_deadline(timeout, command == FUTEX_WAIT, realtime, &deadline);
        return error < 0 ? error : wait_word(word, private, value, value3, deadline);
    case FUTEX_REQUEUE:
        return requeue_words(word, word2, private, value, (uint32_t)timeout, NULL);
    case FUTEX_CMP_REQUEUE:
        return requeue_words(word, word2, private, value, (uint32_t)timeout, &value3);
    case FUTEX_WAKE_OP:
        return wake_operation(word, word2, private, value, (uint32_t)timeout, value3);
    default:
        return -ENOSYS;
    }
}

/* ---- the end of a thread ---- */

struct robust_head {
    uint64_t next, offset, pending;
};

/* A lock whose owner ends is marked, and one waiter wakes to find the mark. */
static int mark_owner_dead(uint64_t entry, uint64_t offset, uint32_t tid, bool pending)
{
    user_addr word = (entry & ~1UL) + offset; /* bit 0: a lock with priority inheritance */
    uint32_t value, old;
    if ((word & 3) || arch_user_load32(word, &value) < 0)
        return -EFAULT;
    /* The thread may have ended between unlocking and waking: wake then, it does no harm. */
    if (pending && value == 0) {
        (void)futex_wake_address(word, 1);
        return 0;
    }
    do {
        if ((value & FUTEX_TID_MASK) != tid)
            return 0;
        old = value;
        if (arch_user_compare_exchange32(word, &value, (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED) <
            0)
            return -EFAULT;
    } while (value != old);
    if (old & FUTEX_WAITERS)
        (void)futex_wake_address(word, 1);
    return 0;
}

static void walk_robust_list(const struct thread *thread)
{
    struct robust_head head;
    uint32_t tid = (uint32_t)thread->tid;
    if (copy_in(&head, thread->robust_list) < 0)
        return;
    uint64_t entry = head.next, next;
    for (unsigned i = 0; i < ROBUST_MAX && (entry & ~1UL) != thread->robust_list; i++) {
        /* The next one is read first: marking lets the waiter unmap this one. */
        if (copy_in(&next, entry & ~1UL) < 0)
            return;
        if (entry != head.pending && mark_owner_dead(entry, head.offset, tid, false) < 0)
            return;
        entry = next;
    }
    if (head.pending)
        (void)mark_owner_dead(head.pending, head.offset, tid, true);
}

void futex_thread_end(struct thread *thread)
{
    ASSERT(thread == current);
    if (thread->robust_list) {
        walk_robust_list(thread);
        thread->robust_list = 0;
    }
    if (thread->clear_child_tid) {
        uint32_t none = 0;
        user_addr address = thread->clear_child_tid;
        thread->clear_child_tid = 0;
        /* Alone in its memory there is nobody to tell. */
        if ((thread->process->thread_count > 1 || thread->process->space->count > 1) &&
            copy_out(address, &none) == 0)
            (void)futex_wake_address(address, 1);
    }
}

long sys_set_robust_list(user_addr head, size_t size)
{
    if (size != sizeof(struct robust_head))
        return -EINVAL;
    current->robust_list = head;
    current->robust_size = size;
    return 0;
}

long sys_get_robust_list(int tid, user_addr head, user_addr size)
{
    const struct thread *thread = tid ? thread_find(tid) : current;
    size_t head_size = sizeof(struct robust_head);
    uint64_t address;
    if (!thread)
        return -ESRCH;
    address = thread->robust_list;
    if (copy_out(size, &head_size) < 0 || copy_out(head, &address) < 0)
        return -EFAULT;
    return 0;
}
