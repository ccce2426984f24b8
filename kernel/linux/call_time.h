/* SPDX-License-Identifier: Apache-2.0 */
/* Timeouts and signal masks as the waiting calls take them. A deadline of 0 means: do not wait at
 * all. */
#pragma once
#include "file/event_files.h"
#include "linux/abi.h"
#include "linux/process.h"

nanoseconds call_deadline_in(uint64_t seconds, uint64_t nanos); /* from now; both 0: 0 */
nanoseconds call_deadline_ms(int timeout_ms);                   /* negative: none */
int call_deadline(user_addr timeout,
                  nanoseconds *deadline) MUST_CHECK; /* struct timespec or NULL; -EFAULT, -EINVAL */
nanoseconds call_left(nanoseconds deadline);
/* Written back when given; a fault is ignored, as in Linux. */
void call_time_left(user_addr timeout, nanoseconds deadline);
/* Signal mask for the time of a call; NULL: unchanged. -EINVAL: size, -EFAULT. */
int call_mask(user_addr mask, size_t size) MUST_CHECK;
void call_mask_end(long result); /* back at once, unless a signal ended the call */
