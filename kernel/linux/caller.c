/* SPDX-License-Identifier: Apache-2.0 */
/* What the file layer may know about the running process (file/doors.h). */
#include "file/doors.h"
#include "file/inode.h"
#include "linux/process.h"

struct file_table *caller_files(void)
{
    return current && current->process ? current->process->files : NULL;
}

unsigned caller_files_max(void)
{
    uint64_t limit = current->process->limits[RLIMIT_NOFILE].soft;
    return limit < UINT32_MAX ? (unsigned)limit : UINT32_MAX;
}

/* Kernel threads and the start of the first program have no context: they see the whole tree. */
static struct file_context *context(void)
{
    return current && current->process ? current->process->context : NULL;
}

struct entry *caller_root(void)
{
    struct file_context *own = context();
    return own && own->root ? own->root : root_entry;
}

struct entry *caller_directory(void)
{
    struct file_context *own = context();
    return own && own->directory ? own->directory : root_entry;
}

uint32_t caller_umask(void)
{
    struct file_context *own = context();
    return own ? own->umask : 022;
}

int caller_pid(void)
{
    return current && current->process ? current->process->pid : 0;
}

uint64_t caller_file_size_max(void)
{
    return current && current->process ? current->process->limits[RLIMIT_FSIZE].soft : UINT64_MAX;
}

void caller_file_size_exceeded(void)
{
    (void)signal_send_thread(current, SIGXFSZ, NULL);
}
