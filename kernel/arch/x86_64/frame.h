/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that C and assembly share: selectors, offsets in struct registers, flags of ring 3.
 * trap.c asserts that the offsets fit the struct. */
#pragma once

/* The order that SYSCALL and SYSRET want; the same values as Linux, since programs see them. */
#define SELECTOR_KERNEL_CODE 0x10
#define SELECTOR_KERNEL_DATA 0x18
#define SELECTOR_USER_DATA   0x2b
#define SELECTOR_USER_CODE   0x33
#define SELECTOR_TSS         0x40

#define VECTOR_TIMER    0x40
#define VECTOR_SERIAL   0x50
#define VECTOR_DEVICE   0x58
#define VECTOR_DOORBELL 0x60
#define VECTOR_UNKNOWN  0xfe /* stands for all that nobody uses */
#define VECTOR_SPURIOUS 0xff

#define FRAME_RBX    40
#define FRAME_R11    48
#define FRAME_RCX    88
#define FRAME_NUMBER 120
#define FRAME_RIP    136
#define FRAME_CS     144
#define FRAME_RFLAGS 152
#define FRAME_RSP    160
#define FRAME_SIZE   176

#define FLAG_TF 0x100
#define FLAG_IF 0x200
/* CF PF AF ZF SF TF DF OF RF AC ID: what a program may choose itself. */
#define FLAGS_USER 0x250dd5
/* SYSRET may load these and no others (TF and RF need IRETQ). */
#define FLAGS_SYSRET 0x240cd5
/* Cleared by SYSCALL: IF TF DF NT AC and all else that a program could prepare. */
#define FLAGS_SYSCALL_MASK 0x257fd5

#define STACK_GUARDED_SIZE 8192 /* boot and IST stacks, without their guard page */

#define FRAME_USER_END 0x00007ffffffff000 /* USER_END without the C suffix */
