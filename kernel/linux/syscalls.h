/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prototypes of all sys_* functions, from the rows of syscalls.def. Each may sleep unless its
 * family says otherwise. Results: value or -errno (also the -ERESTART* ones of process.h).
 */
#pragma once
#include "lib/check.h"
#include "memory/user_copy.h"

#define SYSCALL0(number, name, support)                 long sys_##name(void);
#define SYSCALL1(number, name, support, t1, a1)         long sys_##name(t1 a1);
#define SYSCALL2(number, name, support, t1, a1, t2, a2) long sys_##name(t1 a1, t2 a2);
#define SYSCALL3(number, name, support, t1, a1, t2, a2, t3, a3)                                    \
    long sys_##name(t1 a1, t2 a2, t3 a3);
#define SYSCALL4(number, name, support, t1, a1, t2, a2, t3, a3, t4, a4)                            \
    long sys_##name(t1 a1, t2 a2, t3 a3, t4 a4);
#define SYSCALL5(number, name, support, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5)                    \
    long sys_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5);
#define SYSCALL6(number, name, support, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6)            \
    long sys_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6);
#include "linux/syscalls.def"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6
