/* SPDX-License-Identifier: Apache-2.0 */
/* What Linux prescribes about signals, as pure functions: default actions, which of several comes
 * first, and what becomes of an interrupted call. Host-tested. */
#pragma once
#include "linux/abi.h"
#include "linux/process.h"

enum signal_default { SIGNAL_TERMINATE, SIGNAL_CORE, SIGNAL_STOP, SIGNAL_IGNORE };
enum signal_default signal_default_of(int signal);
/* Lowest of a set, faults before all others (their frame must show the faulting place). 0: empty
 * set. */
int signal_first(uint64_t set);
/* What user_return does with the result of an interrupted call. */
enum call_outcome { CALL_KEEP, CALL_EINTR, CALL_REPEAT, CALL_RESTART_BLOCK };
enum call_outcome signal_call_outcome(int64_t result, bool handler, bool handler_restarts);
/* Short name without "SIG", or "?". */
const char *signal_name(int signal);

#define SIGNAL_SET_STOP                                                                            \
    ((1UL << (SIGSTOP - 1)) | (1UL << (SIGTSTP - 1)) | (1UL << (SIGTTIN - 1)) |                    \
     (1UL << (SIGTTOU - 1)))
#define SIGNAL_REALTIME_FIRST 32
