/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only instructions that touch user memory. None of these functions pushes anything, so a fault
 * between user_access_begin and user_access_end that cannot be resolved continues at
 * user_access_failed, whichever function it was in: that is all there is to landing pads.
 * Eight bytes at a time, unrolled: `rep movsb` is a loop of single bytes under emulation.
 */
#include "arch/x86_64/frame.h"
#include "arch/x86_64/user_access.inc"

    .text
    .globl user_access_begin, user_access_end, user_access_failed

/* [address, address + size) must lie in the user half. Uses RCX, R8. */
.macro CHECK_RANGE address, size
    movq \address, %rcx
    movabsq $FRAME_USER_END, %r8
    addq \size, %rcx
    jc user_access_refused
    cmpq %r8, %rcx
    ja user_access_refused
.endm

user_access_refused:
    movq $-14, %rax
    ret

/* arch_copy_in(to, from, size) */
    .globl arch_copy_in
    .type arch_copy_in, @function
    .p2align 4
arch_copy_in:
    CHECK_RANGE %rsi, %rdx
    jmp copy
    .size arch_copy_in, . - arch_copy_in

/* arch_copy_out(to, from, size) */
    .globl arch_copy_out
    .type arch_copy_out, @function
    .p2align 4
arch_copy_out:
    CHECK_RANGE %rdi, %rdx
copy:
    USER_OPEN
user_access_begin:
    movl %edx, %ecx
    shrq $6, %rdx
    jz 2f
1:  movq (%rsi), %rax
    movq 8(%rsi), %r8
    movq 16(%rsi), %r9
    movq 24(%rsi), %r10
    movq %rax, (%rdi)
    movq %r8, 8(%rdi)
    movq %r9, 16(%rdi)
    movq %r10, 24(%rdi)
    movq 32(%rsi), %rax
    movq 40(%rsi), %r8
    movq 48(%rsi), %r9
    movq 56(%rsi), %r10
    movq %rax, 32(%rdi)
    movq %r8, 40(%rdi)
    movq %r9, 48(%rdi)
    movq %r10, 56(%rdi)
    addq $64, %rsi
    addq $64, %rdi
    decq %rdx
    jnz 1b
2:  movl %ecx, %edx
    andl $63, %edx
    shrl $3, %edx
    jz 4f
3:  movq (%rsi), %rax
    movq %rax, (%rdi)
    addq $8, %rsi
    addq $8, %rdi
    decl %edx
    jnz 3b
4:  testl $4, %ecx
    jz 5f
    movl (%rsi), %eax
    movl %eax, (%rdi)
    addq $4, %rsi
    addq $4, %rdi
5:  testl $2, %ecx
    jz 6f
    movzwl (%rsi), %eax
    movw %ax, (%rdi)
    addq $2, %rsi
    addq $2, %rdi
6:  testl $1, %ecx
    jz 7f
    movzbl (%rsi), %eax
    movb %al, (%rdi)
7:  USER_CLOSE
    xorl %eax, %eax
    ret
    .size arch_copy_out, . - arch_copy_out

/* arch_zero_out(to, size) */
    .globl arch_zero_out
    .type arch_zero_out, @function
    .p2align 4
arch_zero_out:
    CHECK_RANGE %rdi, %rsi
    USER_OPEN
    xorl %eax, %eax
    movl %esi, %ecx
    shrq $6, %rsi
    jz 2f
1:  movq %rax, (%rdi)
    movq %rax, 8(%rdi)
    movq %rax, 16(%rdi)
    movq %rax, 24(%rdi)
    movq %rax, 32(%rdi)
    movq %rax, 40(%rdi)
    movq %rax, 48(%rdi)
    movq %rax, 56(%rdi)
    addq $64, %rdi
    decq %rsi
    jnz 1b
2:  andl $63, %ecx
    jz 4f
3:  movb %al, (%rdi)
    incq %rdi
    decl %ecx
    jnz 3b
4:  USER_CLOSE
    xorl %eax, %eax
    ret
    .size arch_zero_out, . - arch_zero_out

/* arch_string_length(text, max). Whole words once aligned: they never cross into another page, so
 * nothing is touched that a byte loop would not have touched. */
    .globl arch_string_length
    .type arch_string_length, @function
    .p2align 4
arch_string_length:
    movabsq $FRAME_USER_END, %rcx
    xorl %r10d, %r10d      /* 1: the user half ends before max does */
    subq %rdi, %rcx
    jbe user_access_refused
    cmpq %rsi, %rcx
    jae 1f
    movq %rcx, %rsi
    movl $1, %r10d
1:  USER_OPEN
    xorl %eax, %eax        /* length so far */
    movabsq $0x0101010101010101, %r8
    movabsq $0x8080808080808080, %r9
2:  cmpq %rsi, %rax
    jae 6f
    leaq (%rdi,%rax), %rcx
    testl $7, %ecx
    jz 4f
3:  cmpb $0, (%rcx)
    je 7f
    incq %rax
    jmp 2b
4:  movq (%rcx), %rdx
    movq %rdx, %rcx
    notq %rcx
    subq %r8, %rdx
    andq %r9, %rcx
    andq %rdx, %rcx
    jnz 5f
    addq $8, %rax
    cmpq %rsi, %rax
    jae 6f
    leaq (%rdi,%rax), %rcx
    jmp 4b
5:  bsfq %rcx, %rcx
    shrl $3, %ecx
    addq %rcx, %rax
    cmpq %rsi, %rax
    jb 7f
6:  movq %rsi, %rax
    testl %r10d, %r10d
    jz 7f
    movq $-14, %rax
7:  USER_CLOSE
    ret
    .size arch_string_length, . - arch_string_length

/* arch_user_load32(address, &value) */
    .globl arch_user_load32
    .type arch_user_load32, @function
    .p2align 4
arch_user_load32:
    CHECK_RANGE %rdi, $4
    USER_OPEN
    movl (%rdi), %eax
    USER_CLOSE
    movl %eax, (%rsi)
    xorl %eax, %eax
    ret
    .size arch_user_load32, . - arch_user_load32

/* arch_user_compare_exchange32(address, &expected, desired). No LOCK: the memory of a program is
 * touched by this core only, and an instruction is whole against interrupts. */
    .globl arch_user_compare_exchange32
    .type arch_user_compare_exchange32, @function
    .p2align 4
arch_user_compare_exchange32:
    CHECK_RANGE %rdi, $4
    movl (%rsi), %eax
    USER_OPEN
    cmpxchgl %edx, (%rdi)
    USER_CLOSE
    movl %eax, (%rsi)
    xorl %eax, %eax
    ret
    .size arch_user_compare_exchange32, . - arch_user_compare_exchange32
user_access_end:

user_access_failed:
    USER_CLOSE
    movq $-14, %rax
    ret

    .section .note.GNU-stack, "", @progbits
