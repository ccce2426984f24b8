/* SPDX-License-Identifier: Apache-2.0 */
/* Small things that all event files share: numbers and stat of what has no inode, the end of a wait
 * queue. */
#include "file/event_files.h"
#include "linux/abi.h"

uint64_t anonymous_number(void)
{
    static uint64_t last =
        4096; /* above the tree's first numbers, only so that listings read well */
    return ++last;
}

void anonymous_stat(struct linux_stat *stat, uint32_t mode, uint64_t number)
{
    *stat = (struct linux_stat){
        .device = 15, .inode = number, .links = 1, .mode = mode, .block_size = 4096};
}

int64_t seek_nowhere(struct file *file, int64_t offset, int whence)
{
    return 0;
}

void wait_queue_end(struct wait_queue *queue, unsigned events)
{
    wake_all(queue, events);
    while (!list_is_empty(&queue->waiters))
        list_remove(queue->waiters.next);
}
