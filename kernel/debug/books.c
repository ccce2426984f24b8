/* SPDX-License-Identifier: Apache-2.0 */
/* Its presence makes dispatch.c check the books at the border to ring 3 after every system call. */
#include "lib/check.h"

extern const bool dispatch_checks_always;
const bool dispatch_checks_always = true;
