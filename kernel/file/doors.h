/* SPDX-License-Identifier: Apache-2.0 */
/* What the file layer asks of the layer above about the running process: its only upward calls.
 * Defined in kernel/linux/caller.c; host tests give their own. */
#pragma once
#include "file/file.h"

struct entry;
struct file_table *caller_files(void); /* NULL: a kernel thread */
unsigned caller_files_max(void);       /* RLIMIT_NOFILE */
struct entry *caller_root(void);       /* borrowed */
struct entry *caller_directory(void);  /* borrowed */
uint32_t caller_umask(void);
int caller_pid(void);
/* The write would go beyond RLIMIT_FSIZE: bytes up to which it may; UINT64_MAX: no limit. */
uint64_t caller_file_size_max(void);
void caller_file_size_exceeded(void); /* SIGXFSZ */
