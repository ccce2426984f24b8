/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every way into the kernel and out of it. The kernel is this core's private copy, so what other
 * systems find through GS stands in plain globals here and there is no SWAPGS. All ways push
 * struct registers; from ring 3 it stands at the top of the thread's kernel stack.
 */
#include "arch/x86_64/frame.h"
#include "arch/x86_64/user_access.inc"

.macro PUSH_REGISTERS
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
.endm

.macro POP_REGISTERS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    addq $16, %rsp
.endm

    .text
/* From start/: RDI is struct start_info in the direct map; any stack, interrupts off. */
    .globl kernel_start
    .type kernel_start, @function
kernel_start:
    cld
    leaq boot_stack_top(%rip), %rsp
    xorl %ebp, %ebp
    call kernel_main
    ud2
    .size kernel_start, . - kernel_start

    .globl syscall_entry
    .type syscall_entry, @function
    .p2align 4
syscall_entry:
    movq %rsp, user_rsp(%rip)
    movq kernel_stack_top(%rip), %rsp
    pushq $SELECTOR_USER_DATA
    pushq user_rsp(%rip)
    pushq %r11
    pushq $SELECTOR_USER_CODE
    pushq %rcx
    pushq $0
    movl %eax, %eax /* the number is 32 bits wide, as in Linux, and never negative */
    pushq %rax
    PUSH_REGISTERS
    movq %rsp, %rdi
    xorl %ebp, %ebp
    call syscall_enter
    movq %rsp, %rdi
    call user_return

    /* SYSRET takes RIP from RCX and the flags from R11, so both must be what the program had there,
     * and RIP must be canonical: SYSRET would fault in ring 0 on the program's stack. */
    movq FRAME_RCX(%rsp), %rcx
    movq FRAME_R11(%rsp), %r11
    cmpq FRAME_RIP(%rsp), %rcx
    jne return_user
    cmpq FRAME_RFLAGS(%rsp), %r11
    jne return_user
    movq %r11, %rax
    andq $~FLAGS_SYSRET, %rax
    cmpq $(FLAG_IF | 2), %rax
    jne return_user
    movq %rcx, %rax
    shrq $47, %rax
    jnz return_user
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    addq $8, %rsp
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    addq $8, %rsp
    popq %rdx
    popq %rsi
    popq %rdi
    movq (FRAME_RSP - FRAME_NUMBER)(%rsp), %rsp
    sysretq
    .size syscall_entry, . - syscall_entry

/* To ring 3 with the registers at RSP, whatever they are. */
    .type return_user, @function
    .p2align 4
return_user:
    movq %rsp, %rdi
    call trap_return_check
return_trap:
    POP_REGISTERS
    iretq
    .size return_user, . - return_user

/* enter_user(registers): they stand at the top of the running thread's stack. */
    .globl enter_user
    .type enter_user, @function
enter_user:
    movq %rdi, %rsp
    xorl %ebp, %ebp
    call user_return
    jmp return_user
    .size enter_user, . - enter_user

    .type trap_common, @function
    .p2align 4
trap_common:
    PUSH_REGISTERS
    cld
    USER_CLOSE
    movq %rsp, %rdi
    testb $3, FRAME_CS(%rsp)
    jz 1f
    xorl %ebp, %ebp
    call trap_enter
    movq %rsp, %rdi
    call user_return
    jmp return_user
1:  call trap_enter
    jmp return_trap
    .size trap_common, . - trap_common

/* Double fault, NMI and machine check have stacks of their own, on which nothing may sleep. */
    .type trap_own_stack, @function
trap_own_stack:
    PUSH_REGISTERS
    cld
    USER_CLOSE
    movq %rsp, %rdi
    call trap_enter
    jmp return_trap
    .size trap_own_stack, . - trap_own_stack

/* One entry per exception, 16 bytes each: error code (0 where the processor pushes none), then the
 * vector, negated - 1, in the place of the system call number. */
    .globl trap_entries
    .type trap_entries, @function
    .p2align 4
trap_entries:
    .set vector, 0
    .rept 32
    .p2align 4
    .if vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21 && vector != 29 && vector != 30
    pushq $0
    .endif
    pushq $(-1 - vector)
    .if vector == 2 || vector == 8 || vector == 18
    jmp trap_own_stack
    .else
    jmp trap_common
    .endif
    .set vector, vector + 1
    .endr
    .size trap_entries, . - trap_entries

.macro INTERRUPT_ENTRY name, number
    .globl \name
    .type \name, @function
\name:
    pushq $0
    pushq $(-1 - \number)
    jmp trap_common
    .size \name, . - \name
.endm
    INTERRUPT_ENTRY interrupt_timer, VECTOR_TIMER
    INTERRUPT_ENTRY interrupt_serial, VECTOR_SERIAL
    INTERRUPT_ENTRY interrupt_device, VECTOR_DEVICE
    INTERRUPT_ENTRY interrupt_doorbell, VECTOR_DOORBELL
    INTERRUPT_ENTRY interrupt_spurious, VECTOR_SPURIOUS
    INTERRUPT_ENTRY interrupt_unknown, VECTOR_UNKNOWN

/* switch_stack(&from_sp, to_sp) */
    .globl switch_stack
    .type switch_stack, @function
    .p2align 4
switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size switch_stack, . - switch_stack

/* Where a new thread's first switch returns to: R12 its entry, R13 the argument. */
    .globl thread_begin
    .type thread_begin, @function
thread_begin:
    movq %r13, %rdi
    xorl %ebp, %ebp
    call *%r12
    ud2
    .size thread_begin, . - thread_begin

    .bss
    .globl kernel_stack_top
    .p2align 3
kernel_stack_top:
    .skip 8
user_rsp:
    .skip 8

/* Each stack has a page below it that paging_init unmaps: an overflow becomes a double fault. */
    .section .stacks, "aw", @nobits
    .p2align 12
    .globl guard_boot, guard_double_fault, guard_nmi, guard_machine_check
    .globl boot_stack_top, stack_top_double_fault, stack_top_nmi, stack_top_machine_check
guard_boot:
    .skip 4096 + 16384
boot_stack_top:
guard_double_fault:
    .skip 4096 + STACK_GUARDED_SIZE
stack_top_double_fault:
guard_nmi:
    .skip 4096 + STACK_GUARDED_SIZE
stack_top_nmi:
guard_machine_check:
    .skip 4096 + STACK_GUARDED_SIZE
stack_top_machine_check:

    .section .note.GNU-stack, "", @progbits
