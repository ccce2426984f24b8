/* SPDX-License-Identifier: Apache-2.0 */
/* What the file layer asks of the layers around it, for host tests: one caller that nobody
 * interrupts. */
#include <asm/errno.h>
#include <stdlib.h>

#include "file/doors.h"
#include "file/inode.h"
#include "file/test/fake_caller.h"
#include "lib/log.h"
#include "lib/random.h"
#include "node/self.h"

struct file_table *fake_files;
struct entry *fake_root, *fake_directory;
uint64_t fake_file_size_max = UINT64_MAX;
nanoseconds fake_time = 1000000000;
struct thread *current;
static struct machine fake_machine;
const struct machine *machine = &fake_machine;

void fake_image_at(phys_addr base)
{
    fake_machine.root.base = base;
}

struct file_table *caller_files(void)
{
    return fake_files;
}

unsigned caller_files_max(void)
{
    return 1024;
}

struct entry *caller_root(void)
{
    return fake_root ? fake_root : root_entry;
}

struct entry *caller_directory(void)
{
    return fake_directory ? fake_directory : root_entry;
}

uint32_t caller_umask(void)
{
    return 022;
}

int caller_pid(void)
{
    return 1;
}

uint64_t caller_file_size_max(void)
{
    return fake_file_size_max;
}

void caller_file_size_exceeded(void)
{
}

int wait_on(struct wait_queue *queue, nanoseconds deadline)
{
    return -EINTR;
}

void wake_all(struct wait_queue *queue, unsigned events)
{
}

nanoseconds arch_clock(void)
{
    return fake_time++;
}

nanoseconds arch_wall_offset(void)
{
    return 1700000000UL * 1000000000;
}

void random_bytes(void *buffer, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)buffer)[i] = (uint8_t)rand();
}

size_t string_copy(char *to, const char *from, size_t size)
{
    size_t length = 0;
    for (; from[length]; length++) {
        if (length + 1 < size)
            to[length] = from[length];
    }
    if (size)
        to[length < size ? length : size - 1] = 0;
    return length;
}

void log_line(const char *format, ...)
{
}
