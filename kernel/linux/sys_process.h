/* SPDX-License-Identifier: Apache-2.0 */
/* Resource usage as the calls about processes tell it. */
#pragma once
#include "lib/check.h"
#include "linux/abi.h"

struct linux_rusage {
    struct linux_timeval user, system;
    int64_t max_resident_kib;
    int64_t unused[13]; /* faults, blocks, switches: not counted */
};
_Static_assert(sizeof(struct linux_rusage) == 144, "struct rusage of x86-64");

/* All CPU time counts as the program's own: the kernel's share is not measured apart. */
void sys_process_usage(struct linux_rusage *usage, nanoseconds run_time);
