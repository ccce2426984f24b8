/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll. An item ties one (file, descriptor number) to one epoll: it stands in the file's wait
 * queue, in the file's list of watches (so that it goes with the file's last reference) and, while
 * something may be ready, in the epoll's ready list. The list is a hint: epoll_wait asks each file
 * again before it reports.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/eventpoll.h>

#include "file/event_files.h"
#include "lib/string.h"
#include "memory/frames.h"
#include "memory/heap.h"

#define DEPTH_MAX    5  /* epolls in a chain, as Linux */
#define BATCH        32 /* events gathered on the stack between two copies to the program */
#define ITEM_SHARE   25 /* items may take 1/25 of memory: Linux's 4 % */
#define CONTROL_BITS (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)
#define EXCLUSIVE_OK                                                                               \
    (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

struct epoll {
    struct wait_queue waits;
    struct list ready;
    unsigned ready_count;
    struct epoll_item **buckets;
    unsigned bucket_count, item_count;
    uint64_t woken;   /* generation of the last wake that passed here */
    uint64_t visited; /* generation of the last loop check that passed here, and what it found */
    unsigned depth;
    struct file *file;
};
struct epoll_item {
    struct waiter waiter;
    struct list file_link;   /* file->watches */
    struct list ready_link;  /* epoll->ready; points to itself when not in it */
    struct epoll_item *next; /* bucket */
    struct epoll *epoll;
    struct file *file;
    int fd;
    uint32_t events; /* 0 in the low bits: a one-shot that was reported */
    uint64_t data;
};

static size_t items_total;
static uint64_t wake_generation, visit_generation;
static unsigned wake_depth;
static const struct file_ops epoll_ops;

static void item_mark_ready(struct epoll_item *item)
{
    if (!list_is_empty(&item->ready_link))
        return;
    list_insert(&item->epoll->ready, &item->ready_link);
    item->epoll->ready_count++;
}

static void item_clear_ready(struct epoll_item *item)
{
    if (list_is_empty(&item->ready_link))
        return;
    list_remove(&item->ready_link);
    item->epoll->ready_count--;
}

/* One wake passes each epoll at most once, however many ways lead to it through nested epolls. */
static void item_woken(struct waiter *waiter, unsigned events)
{
    struct epoll_item *item = CONTAINER_OF(waiter, struct epoll_item, waiter);
    struct epoll *epoll = item->epoll;
    uint32_t wanted = item->events & ~CONTROL_BITS;
    if (wanted == 0 || (events && !(events & (wanted | EVENT_ERR | EVENT_HUP))))
        return;
    item_mark_ready(item);
    if (list_is_empty(&epoll->waits.waiters))
        return;
    if (wake_depth == 0)
        wake_generation++;
    if (epoll->woken == wake_generation)
        return;
    epoll->woken = wake_generation;
    wake_depth++;
    wake_all(&epoll->waits, EVENT_IN | EVENT_RDNORM);
    wake_depth--;
}

static unsigned bucket_of(const struct epoll *epoll, int fd)
{
    return (unsigned)fd & (epoll->bucket_count - 1);
}

static struct epoll_item *item_find(struct epoll *epoll, int fd, const struct file *file)
{
    struct epoll_item *item = epoll->buckets[bucket_of(epoll, fd)];
    while (item && (item->fd != fd || item->file != file))
        item = item->next;
    return item;
}

/* Twice the buckets when items outnumber them; without memory the chains just get longer. */
static void buckets_grow(struct epoll *epoll)
{
    unsigned old_count = epoll->bucket_count;
    if (epoll->item_count < old_count * 2 || old_count >= 65536)
        return;
    struct epoll_item **buckets = heap_alloc(old_count * 4 * sizeof(void *));
    if (!buckets)
        return;
    struct epoll_item **old = epoll->buckets;
    epoll->buckets = buckets;
    epoll->bucket_count = old_count * 4;
    for (unsigned i = 0; i < old_count; i++) {
        for (struct epoll_item *item = old[i], *next; item; item = next) {
            next = item->next;
            struct epoll_item **bucket = &buckets[bucket_of(epoll, item->fd)];
            item->next = *bucket;
            *bucket = item;
        }
    }
    heap_free(old);
}

static void item_free(struct epoll_item *item)
{
    struct epoll *epoll = item->epoll;
    struct epoll_item **link = &epoll->buckets[bucket_of(epoll, item->fd)];
    while (*link != item)
        link = &(*link)->next;
    *link = item->next;
    wait_remove(&item->waiter);
    list_remove(&item->file_link);
    item_clear_ready(item);
    epoll->item_count--;
    items_total--;
    heap_free(item);
}

static unsigned item_poll(struct epoll_item *item, struct waiter *waiter)
{
    uint32_t wanted = item->events & ~CONTROL_BITS;
    unsigned events = file_poll(item->file, waiter);
    return wanted ? events & (wanted | EVENT_ERR | EVENT_HUP) : 0;
}

static int item_add(struct epoll *epoll, int fd, struct file *file,
                    const struct linux_epoll_event *event)
{
    if (items_total >= frames_total() * PAGE_SIZE / ITEM_SHARE / sizeof(struct epoll_item))
        return -ENOSPC;
    struct epoll_item *item = HEAP_NEW(struct epoll_item);
    if (!item)
        return -ENOMEM;
    buckets_grow(epoll);
    item->waiter.wake = item_woken;
    list_init(&item->waiter.link);
    list_init(&item->ready_link);
    item->epoll = epoll;
    item->file = file;
    item->fd = fd;
    item->events = event->events | EPOLLERR | EPOLLHUP;
    item->data = event->data;
    struct epoll_item **bucket = &epoll->buckets[bucket_of(epoll, fd)];
    item->next = *bucket;
    *bucket = item;
    list_insert(&file->watches, &item->file_link);
    epoll->item_count++;
    items_total++;
    if (item_poll(item, &item->waiter)) {
        item_mark_ready(item);
        wake_watchers(&epoll->waits, EVENT_IN | EVENT_RDNORM);
    }
    return 0;
}

static int item_change(struct epoll_item *item, const struct linux_epoll_event *event)
{
    if (item->events & EPOLLEXCLUSIVE)
        return -EINVAL;
    item->events = event->events | EPOLLERR | EPOLLHUP;
    item->data = event->data;
    if (item_poll(item, NULL)) {
        item_mark_ready(item);
        wake_watchers(&item->epoll->waits, EVENT_IN | EVENT_RDNORM);
    }
    return 0;
}

/* Longest chain of epolls below this one, itself included. Each is looked at once a check, however
 * many ways lead to it; DEPTH_MAX + 1 also when `forbidden` is among them. The graph has no loops
 * so far. */
static unsigned depth_below(struct epoll *epoll, const struct epoll *forbidden)
{
    unsigned deepest = 0;
    if (epoll == forbidden)
        return DEPTH_MAX + 1;
    if (epoll->visited == visit_generation)
        return epoll->depth;
    for (unsigned i = 0; i < epoll->bucket_count; i++) {
        for (struct epoll_item *item = epoll->buckets[i]; item; item = item->next) {
            if (item->file->ops != &epoll_ops)
                continue;
            unsigned depth = depth_below(item->file->data, forbidden);
            if (depth > DEPTH_MAX)
                return depth;
            if (depth > deepest)
                deepest = depth;
        }
    }
    epoll->visited = visit_generation;
    return epoll->depth = deepest + 1;
}

static unsigned depth_above(struct epoll *epoll)
{
    unsigned highest = 0;
    struct epoll_item *item;
    if (epoll->visited == visit_generation)
        return epoll->depth;
    LIST_FOR_EACH (item, &epoll->file->watches, struct epoll_item, file_link) {
        unsigned depth = depth_above(item->epoll);
        if (depth > highest)
            highest = depth;
    }
    epoll->visited = visit_generation;
    return epoll->depth = highest + 1;
}

static bool nesting_is_fine(struct epoll *outer, struct epoll *inner)
{
    visit_generation++;
    unsigned below = depth_below(inner, outer);
    visit_generation++;
    return below + depth_above(outer) <= DEPTH_MAX;
}

int epoll_change(struct file *file, int operation, int fd, struct file *target,
                 const struct linux_epoll_event *event)
{
    if (!target->ops->poll)
        return -EPERM;
    if (file == target || file->ops != &epoll_ops)
        return -EINVAL;
    struct epoll *epoll = file->data;
    bool nested = target->ops == &epoll_ops;
    if (operation != EPOLL_CTL_DEL && (event->events & EPOLLEXCLUSIVE)) {
        if (operation == EPOLL_CTL_MOD || nested || (event->events & ~EXCLUSIVE_OK))
            return -EINVAL;
    }
    if (operation == EPOLL_CTL_ADD && nested && !nesting_is_fine(epoll, target->data))
        return -ELOOP;
    struct epoll_item *item = item_find(epoll, fd, target);
    switch (operation) {
    case EPOLL_CTL_ADD:
        return item ? -EEXIST : item_add(epoll, fd, target, event);
    case EPOLL_CTL_MOD:
        return item ? item_change(item, event) : -ENOENT;
    case EPOLL_CTL_DEL:
        if (!item)
            return -ENOENT;
        item_free(item);
        return 0;
    default:
        return -EINVAL;
    }
}

/* Takes up to max ready events; looks at each item of the list at most once (*left). */
static unsigned events_gather(struct epoll *epoll, struct linux_epoll_event *events, unsigned max,
                              unsigned *left)
{
    unsigned count = 0;
    while (count<max && * left> 0 && !list_is_empty(&epoll->ready)) {
        struct epoll_item *item = LIST_FIRST(&epoll->ready, struct epoll_item, ready_link);
        (*left)--;
        item_clear_ready(item);
        unsigned ready = item_poll(item, NULL);
        if (!ready)
            continue;
        events[count++] = (struct linux_epoll_event){ready, item->data};
        if (item->events & EPOLLONESHOT)
            item->events &= CONTROL_BITS;
        else if (!(item->events & EPOLLET))
            item_mark_ready(item); /* at the end: the others get their turn */
    }
    return count;
}

static long events_deliver(struct epoll *epoll, user_addr to, int max)
{
    struct linux_epoll_event events[BATCH];
    unsigned left = epoll->ready_count;
    int total = 0;
    while (total < max && left > 0) {
        unsigned room = (unsigned)(max - total) < BATCH ? (unsigned)(max - total) : BATCH;
        unsigned count = events_gather(epoll, events, room, &left);
        if (count == 0)
            break;
        if (arch_copy_out(to + (size_t)total * sizeof(*events), events, count * sizeof(*events)) !=
            0)
            return total ? total : -EFAULT;
        total += (int)count;
    }
    return total;
}

long epoll_wait(struct file *file, user_addr events, int max, nanoseconds deadline)
{
    if (file->ops != &epoll_ops)
        return -EINVAL;
    struct epoll *epoll = file->data;
    for (;;) {
        if (epoll->ready_count) {
            long count = events_deliver(epoll, events, max);
            if (count)
                return count;
        }
        if (deadline == 0)
            return 0;
        int error = wait_on(&epoll->waits, deadline);
        if (error == -ETIMEDOUT)
            deadline = 0; /* one last look */
        else if (error)
            return error;
    }
}

static unsigned epoll_poll(struct file *file, struct waiter *waiter)
{
    struct epoll *epoll = file->data;
    if (waiter)
        wait_add(&epoll->waits, waiter);
    while (!list_is_empty(&epoll->ready)) {
        struct epoll_item *item = LIST_FIRST(&epoll->ready, struct epoll_item, ready_link);
        if (item_poll(item, NULL))
            return EVENT_IN | EVENT_RDNORM;
        item_clear_ready(item);
    }
    return 0;
}

static int epoll_stat(struct file *file, struct linux_stat *stat)
{
    anonymous_stat(stat, 0600, 1);
    return 0;
}

static void epoll_close(struct file *file)
{
    struct epoll *epoll = file->data;
    for (unsigned i = 0; i < epoll->bucket_count; i++) {
        while (epoll->buckets[i])
            item_free(epoll->buckets[i]);
    }
    heap_free(epoll->buckets);
    heap_free(epoll);
}

static const struct file_ops epoll_ops = {
    .kind = "eventpoll",
    .poll = epoll_poll,
    .seek = seek_nowhere,
    .stat = epoll_stat,
    .close = epoll_close,
};

int epoll_create(struct file **file)
{
    struct epoll *epoll = HEAP_NEW(struct epoll);
    if (!epoll)
        return -ENOMEM;
    epoll->bucket_count = 16;
    epoll->buckets = heap_alloc(epoll->bucket_count * sizeof(void *));
    *file = epoll->buckets ? file_create(&epoll_ops, O_RDWR, epoll) : NULL;
    if (!*file) {
        heap_free(epoll->buckets);
        heap_free(epoll);
        return -ENOMEM;
    }
    epoll->file = *file;
    wait_queue_init(&epoll->waits);
    list_init(&epoll->ready);
    return 0;
}

static void watches_drop(struct file *file)
{
    while (!list_is_empty(&file->watches))
        item_free(LIST_FIRST(&file->watches, struct epoll_item, file_link));
}

void epoll_init(void)
{
    file_watches_drop = watches_drop;
}
