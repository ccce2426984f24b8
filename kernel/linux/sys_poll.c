/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll, select and their variants: a list of (file, wanted events), asked once with waiters and
 * then again after each wake. Up to 16 files stand on the stack; more take blocks from the heap,
 * bounded by RLIMIT_NOFILE.
 */
#include "file/doors.h"
#include "file/event_files.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "linux/call_time.h"
#include "linux/process.h"
#include "linux/syscalls.h"
#include "memory/heap.h"

#define ON_STACK 16
#define IN_BLOCK 128

struct poll_wait {
    struct thread *thread;
    bool woken;
};
struct poll_entry {
    struct waiter waiter;
    struct poll_wait *wait;
    struct file *file; /* with a count; NULL: nothing to ask */
    int fd;
    unsigned wanted, ready;
};
struct poll_block {
    struct poll_block *next;
    unsigned count, size;
    struct poll_entry *entries; /* behind the block, but for the first */
};
struct poll_table {
    struct poll_wait wait;
    struct poll_block *first, *last;
    struct poll_block start;
    struct poll_entry entries[ON_STACK];
};
#define BLOCKS_EACH(block, table)                                                                  \
    for (struct poll_block *block = (table)->first; block; block = block->next)

static void entry_woken(struct waiter *waiter, unsigned events)
{
    struct poll_entry *entry = CONTAINER_OF(waiter, struct poll_entry, waiter);
    if (events && !(events & entry->wanted))
        return;
    entry->wait->woken = true;
    thread_wake(entry->wait->thread);
}

static void table_init(struct poll_table *table)
{
    table->wait = (struct poll_wait){current, false};
    table->first = table->last = &table->start;
    table->start = (struct poll_block){.size = ON_STACK, .entries = table->entries};
}

static void table_release(struct poll_table *table)
{
    BLOCKS_EACH(block, table)
    {
        for (unsigned i = 0; i < block->count; i++) {
            struct poll_entry *entry = &block->entries[i];
            if (!entry->file)
                continue;
            wait_remove(&entry->waiter);
            file_put(entry->file);
        }
    }
    for (struct poll_block *block = table->first->next, *next; block; block = next) {
        next = block->next;
        heap_free(block);
    }
}

/* The next entry, NULL without memory. `file` is taken over. */
static struct poll_entry *table_add(struct poll_table *table, int fd, struct file *file,
                                    unsigned wanted)
{
    struct poll_block *block = table->last;
    if (block->count == block->size) {
        block = heap_alloc(sizeof(*block) + IN_BLOCK * sizeof(struct poll_entry));
        if (!block)
            return NULL;
        block->size = IN_BLOCK;
        block->entries = (struct poll_entry *)(block + 1);
        table->last->next = block;
        table->last = block;
    }
    struct poll_entry *entry = &block->entries[block->count++];
    entry->waiter = (struct waiter){.wake = entry_woken, .thread = current};
    entry->wait = &table->wait;
    entry->file = file;
    entry->fd = fd;
    entry->wanted = wanted | EVENT_ERR | EVENT_HUP;
    entry->ready = 0;
    return entry;
}

/* Asks every file; with `watch` also hangs in their queues, until one is ready. */
static unsigned table_ask(struct poll_table *table, bool watch)
{
    unsigned ready = 0;
    BLOCKS_EACH(block, table)
    {
        for (unsigned i = 0; i < block->count; i++) {
            struct poll_entry *entry = &block->entries[i];
            if (entry->file)
                entry->ready =
                    file_poll(entry->file, watch && !ready ? &entry->waiter : NULL) & entry->wanted;
            if (entry->ready)
                ready++;
        }
    }
    return ready;
}

/* Number of ready entries, 0 after the deadline, -EINTR. */
static long table_wait(struct poll_table *table, nanoseconds deadline)
{
    unsigned ready = table_ask(table, deadline != 0);
    while (!ready && deadline) {
        int error = table->wait.woken ? 0 : wait_any(deadline);
        table->wait.woken = false;
        if (error == -EINTR)
            return error;
        ready = table_ask(table, false);
        if (error == -ETIMEDOUT)
            break;
    }
    return ready;
}

/* ---- poll ---- */

static int fds_read(struct poll_table *table, user_addr fds, uint32_t count)
{
    struct linux_pollfd piece[ON_STACK];
    for (uint32_t done = 0; done < count; done += ON_STACK) {
        uint32_t size = count - done < ON_STACK ? count - done : ON_STACK;
        if (arch_copy_in(piece, fds + (size_t)done * sizeof(*piece), size * sizeof(*piece)) != 0)
            return -EFAULT;
        for (uint32_t i = 0; i < size; i++) {
            struct file *file = piece[i].fd < 0 ? NULL : file_at(piece[i].fd);
            struct poll_entry *entry =
                table_add(table, piece[i].fd, file, (uint16_t)piece[i].events);
            if (!entry) {
                if (file)
                    file_put(file);
                return -ENOMEM;
            }
            if (!file && piece[i].fd >= 0)
                entry->ready = EVENT_NVAL;
        }
    }
    return 0;
}

static int fds_write(struct poll_table *table, user_addr fds)
{
    user_addr at = fds + offsetof(struct linux_pollfd, revents);
    BLOCKS_EACH(block, table)
    {
        for (unsigned i = 0; i < block->count; i++, at += sizeof(struct linux_pollfd)) {
            int16_t ready = (int16_t)block->entries[i].ready;
            if (copy_out(at, &ready) != 0)
                return -EFAULT;
        }
    }
    return 0;
}

static long poll_call(user_addr fds, uint32_t count, nanoseconds deadline)
{
    struct poll_table table;
    if (count > caller_files_max())
        return -EINVAL;
    table_init(&table);
    long result = fds_read(&table, fds, count);
    if (!result)
        result = table_wait(&table, deadline);
    if (result == -EINTR)
        result = -ERESTARTNOHAND;
    if (result >= 0 && fds_write(&table, fds) != 0)
        result = -EFAULT;
    table_release(&table);
    return result;
}

long sys_poll(user_addr fds, uint32_t count, int timeout_ms)
{
    return poll_call(fds, count, call_deadline_ms(timeout_ms));
}

long sys_ppoll(user_addr fds, uint32_t count, user_addr timeout, user_addr mask, size_t mask_size)
{
    nanoseconds deadline;
    int error = call_deadline(timeout, &deadline);
    if (!error)
        error = call_mask(mask, mask_size);
    if (error)
        return error;
    long result = poll_call(fds, count, deadline);
    call_mask_end(result);
    call_time_left(timeout, deadline);
    return result;
}

/* ---- select ---- */

#define SELECT_IN          (EVENT_RDNORM | EVENT_IN | EVENT_HUP | EVENT_ERR)
#define SELECT_OUT         (EVENT_WRNORM | EVENT_OUT | EVENT_ERR)
#define SELECT_EXCEPT      EVENT_PRI
#define SET_WORDS_ON_STACK 16 /* 1024 descriptors, what FD_SET can name */

/* Three sets of `words` words, one behind the other: read, write, except. */
static int sets_read(struct poll_table *table, const uint64_t *sets, size_t words)
{
    static const unsigned events[3] = {SELECT_IN, SELECT_OUT, SELECT_EXCEPT};
    for (size_t word = 0; word < words; word++) {
        uint64_t any = sets[word] | sets[words + word] | sets[2 * words + word];
        while (any) {
            unsigned bit = (unsigned)__builtin_ctzll(any);
            unsigned wanted = 0;
            any &= any - 1;
            for (unsigned i = 0; i < 3; i++) {
                if (sets[i * words + word] >> bit & 1)
                    wanted |= events[i];
            }
            struct file *file = file_at((int)(word * 64 + bit));
            if (!file)
                return -EBADF;
            struct poll_entry *entry = table_add(table, (int)(word * 64 + bit), file, wanted);
            if (!entry) {
                file_put(file);
                return -ENOMEM;
            }
            entry->wanted = wanted; /* an error counts as readable or writable, never by itself */
        }
    }
    return 0;
}

/* Leaves only the ready bits; counts them. */
static long sets_write(struct poll_table *table, uint64_t *sets, size_t words)
{
    static const unsigned events[3] = {SELECT_IN, SELECT_OUT, SELECT_EXCEPT};
    long count = 0;
    BLOCKS_EACH(block, table)
    {
        for (unsigned i = 0; i < block->count; i++) {
            const struct poll_entry *entry = &block->entries[i];
            for (unsigned set = 0; set < 3; set++) {
                uint64_t *word = &sets[set * words + (unsigned)entry->fd / 64];
                uint64_t bit = 1UL << ((unsigned)entry->fd % 64);
                if (!(*word & bit))
                    continue;
                if (entry->ready & events[set])
                    count++;
                else
                    *word &= ~bit;
            }
        }
    }
    return count;
}

static long select_run(uint64_t *sets, size_t words, int count, nanoseconds deadline)
{
    struct poll_table table;
    for (unsigned set = 0; set < 3 && count % 64; set++)
        sets[set * words + words - 1] &= (1UL << (count % 64)) - 1;
    table_init(&table);
    long result = sets_read(&table, sets, words);
    if (!result)
        result = table_wait(&table, deadline);
    if (result == -EINTR)
        result = -ERESTARTNOHAND;
    if (result >= 0)
        result = sets_write(&table, sets, words);
    table_release(&table);
    return result;
}

static long select_call(int count, const user_addr users[3], nanoseconds deadline)
{
    uint64_t on_stack[3 * SET_WORDS_ON_STACK];
    uint64_t *sets = on_stack;
    if (count < 0)
        return -EINVAL;
    /* As Linux: bits beyond the table are not looked at. */
    if ((unsigned)count > caller_files()->size)
        count = (int)caller_files()->size;
    size_t words = ((size_t)count + 63) / 64, bytes = words * 8;
    if (words > SET_WORDS_ON_STACK && !(sets = heap_alloc(3 * bytes)))
        return -ENOMEM;
    long result = 0;
    for (unsigned i = 0; i < 3; i++) {
        memset(sets + i * words, 0, bytes);
        if (users[i] && arch_copy_in(sets + i * words, users[i], ((size_t)count + 7) / 8) != 0)
            result = -EFAULT;
    }
    if (!result)
        result = select_run(sets, words, count, deadline);
    for (unsigned i = 0; i < 3 && result >= 0; i++) {
        if (users[i] && arch_copy_out(users[i], sets + i * words, ((size_t)count + 7) / 8) != 0)
            result = -EFAULT;
    }
    if (sets != on_stack)
        heap_free(sets);
    return result;
}

long sys_select(int count, user_addr read_set, user_addr write_set, user_addr except_set,
                user_addr timeout)
{
    struct linux_timeval time;
    nanoseconds deadline = NO_DEADLINE;
    if (timeout) {
        if (copy_in(&time, timeout) != 0)
            return -EFAULT;
        if (time.seconds < 0 || time.microseconds < 0)
            return -EINVAL;
        deadline = call_deadline_in((uint64_t)time.seconds + (uint64_t)time.microseconds / 1000000,
                                    (uint64_t)time.microseconds % 1000000 * 1000);
    }
    long result = select_call(count, (user_addr[3]){read_set, write_set, except_set}, deadline);
    if (timeout) {
        nanoseconds left = call_left(deadline);
        time = (struct linux_timeval){(int64_t)(left / 1000000000),
                                      (int64_t)(left % 1000000000 / 1000)};
        if (copy_out(timeout, &time) != 0)
            return result; /* as Linux: the result counts, not that the rest could not be told */
    }
    return result;
}

long sys_pselect6(int count, user_addr read_set, user_addr write_set, user_addr except_set,
                  user_addr timeout, user_addr mask)
{
    struct {
        uint64_t set, size;
    } mask_argument = {0, 0};
    nanoseconds deadline;
    if (mask && copy_in(&mask_argument, mask) != 0)
        return -EFAULT;
    int error = call_deadline(timeout, &deadline);
    if (!error)
        error = call_mask(mask_argument.set, mask_argument.size);
    if (error)
        return error;
    long result = select_call(count, (user_addr[3]){read_set, write_set, except_set}, deadline);
    call_mask_end(result);
    call_time_left(timeout, deadline);
    return result;
}
