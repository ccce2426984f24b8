/* SPDX-License-Identifier: Apache-2.0 */
/* User registers as saved by every way into the kernel (arch/x86_64/entry.S pushes them in reverse
 * order). Also what signal frames and new programs are made from. */
#pragma once
#include <stdint.h>

struct registers {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    /* system call: its number (rax is then the result); trap: vector, negated - 1 */
    uint64_t number;
    uint64_t error; /* trap: error code */
    uint64_t rip, cs, rflags, rsp, ss;
};
#define REGISTERS_ARE_SYSCALL(r) ((int64_t)(r)->number >= 0)
