/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record locks of processes (fcntl), of open files (OFD) and whole-file locks (flock). The first
 * two stand against each other, flock stands alone. An owner's locks on one inode never overlap and
 * neighbours of the same kind are one lock. Who waits, waits in one queue for all files: locks are
 * rare, waiting rarer.
 */
#include "file/inode.h"
#include "linux/abi.h"
#include "memory/heap.h"

#define CHAIN_MAX 64 /* processes in a circle of waiting that we look for */

/* Of the whole node: programs must not fill the kernel's memory with them. */
#define LOCKS_MAX 16384

struct file_lock {
    struct file_lock *next; /* by start */
    struct lock_request is;
};
struct lock_waiting {
    struct list link;
    const void *owner, *blocked_by;
};
static unsigned lock_count;
static struct wait_queue lock_waits = WAIT_QUEUE_INIT(lock_waits);
static struct list waiting = {&waiting, &waiting};

static struct file_lock *lock_new(void)
{
    struct file_lock *lock = lock_count < LOCKS_MAX ? HEAP_NEW(struct file_lock) : NULL;
    if (lock)
        lock_count++;
    return lock;
}

static void lock_free(struct file_lock *lock)
{
    if (lock)
        lock_count--;
    heap_free(lock);
}

static bool is_own(const struct lock_request *a, const struct lock_request *b)
{
    return a->owner == b->owner && a->kind == b->kind;
}

static bool is_against(const struct lock_request *a, const struct lock_request *b)
{
    return !is_own(a, b) && (a->kind == LOCK_FLOCK) == (b->kind == LOCK_FLOCK) &&
           a->start <= b->end && b->start <= a->end && (a->exclusive || b->exclusive);
}

static const struct lock_request *find_against(struct inode *inode,
                                               const struct lock_request *request)
{
    for (struct file_lock *lock = inode->locks; lock; lock = lock->next) {
        if (is_against(&lock->is, request))
            return &lock->is;
    }
    return NULL;
}

bool lock_test(struct inode *inode, const struct lock_request *request,
               struct lock_request *against)
{
    const struct lock_request *found = find_against(inode, request);
    if (found)
        *against = *found;
    return found != NULL;
}

static void lock_insert(struct inode *inode, struct file_lock *lock)
{
    struct file_lock **at = &inode->locks;
    while (*at && (*at)->is.start <= lock->is.start)
        at = &(*at)->next;
    lock->next = *at;
    *at = lock;
}

/* Cuts the request's range out of the owner's locks. */
static int lock_cut(struct inode *inode, const struct lock_request *cut)
{
    struct file_lock *spare = lock_new(); /* for the upper half of one cut in two */
    if (!spare)
        return -ENOLCK;
    struct file_lock **at = &inode->locks, *lock;
    while ((lock = *at)) {
        if (!is_own(&lock->is, cut) || lock->is.start > cut->end || lock->is.end < cut->start) {
            at = &lock->next;
            continue;
        }
        uint64_t end = lock->is.end;
        bool before = lock->is.start<cut->start, after = end> cut->end;
        if (before) {
            lock->is.end = cut->start - 1;
            at = &lock->next;
        } else {
            *at = lock->next;
        }
        if (after) {
            struct file_lock *upper = before ? spare : lock;
            if (before)
                spare = NULL;
            upper->is = lock->is;
            upper->is.start = cut->end + 1;
            upper->is.end = end;
            lock_insert(inode, upper);
            break; /* own locks do not overlap: none lies further in the range */
        }
        if (!before)
            lock_free(lock);
    }
    lock_free(spare);
    return 0;
}

/* Swallows own neighbours of the same strength into `lock`, which is in no list yet. */
static void lock_merge(struct inode *inode, struct file_lock *lock)
{
    struct file_lock **at = &inode->locks, *other;
    while ((other = *at)) {
        bool touches = (lock->is.end != UINT64_MAX && other->is.start == lock->is.end + 1) ||
                       (other->is.end != UINT64_MAX && other->is.end + 1 == lock->is.start);
        if (!touches || !is_own(&other->is, &lock->is) ||
            other->is.exclusive != lock->is.exclusive) {
            at = &other->next;
            continue;
        }
        if (other->is.start < lock->is.start)
            lock->is.start = other->is.start;
        if (other->is.end > lock->is.end)
            lock->is.end = other->is.end;
        *at = other->next;
        lock_free(other);
    }
}

/* Would the wait for `blocker` close a circle? */
static bool is_circle(const void *owner, const void *blocker)
{
    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        if (blocker == owner)
            return true;
        struct lock_waiting *item;
        const void *next = NULL;
        LIST_FOR_EACH (item, &waiting, struct lock_waiting, link) {
            if (item->owner == blocker)
                next = item->blocked_by;
        }
        if (!next)
            return false;
        blocker = next;
    }
    return false;
}

int lock_set(struct inode *inode, const struct lock_request *request, bool wait)
{
    const struct lock_request *against;
    while ((against = find_against(inode, request))) {
        if (!wait)
            return -EAGAIN;
        if (request->kind == LOCK_POSIX && is_circle(request->owner, against->owner))
            return -EDEADLK;
        struct lock_waiting item = {.owner = request->owner, .blocked_by = against->owner};
        list_insert(&waiting, &item.link);
        int error = wait_on(&lock_waits, NO_DEADLINE);
        list_remove(&item.link);
        if (error)
            return error;
    }
    struct file_lock *lock = lock_new();
    if (!lock)
        return -ENOLCK;
    int error = lock_cut(inode, request);
    if (error) {
        lock_free(lock);
        return error;
    }
    lock->is = *request;
    lock_merge(inode, lock);
    lock_insert(inode, lock);
    wake_all(&lock_waits, 0); /* it may have become weaker */
    return 0;
}

int lock_clear(struct inode *inode, const struct lock_request *request)
{
    int error = inode->locks ? lock_cut(inode, request) : 0;
    wake_all(&lock_waits, 0);
    return error;
}

const void *lock_first_owner(const struct inode *inode)
{
    return inode->locks->is.owner;
}

void lock_drop_owner(struct inode *inode, const void *owner)
{
    struct file_lock **at = &inode->locks, *lock;
    bool dropped = false;
    while ((lock = *at)) {
        if (lock->is.owner != owner) {
            at = &lock->next;
            continue;
        }
        *at = lock->next;
        lock_free(lock);
        dropped = true;
    }
    if (dropped)
        wake_all(&lock_waits, 0);
}
