/* SPDX-License-Identifier: Apache-2.0 */
/* System calls: syscall_enter and user_return are in arch/doors.h. */
#pragma once

void dispatch_init(void); /* reads the options trace=syscalls and check=books */
