/* SPDX-License-Identifier: Apache-2.0 */
/* Everything the machine calls in the kernel: the only upward calls. Called with interrupts off, on
 * the running thread's kernel stack. */
#pragma once
#include "arch/registers.h"
#include "lib/check.h"

struct start_info;
enum fault_access { FAULT_READ, FAULT_WRITE, FAULT_EXEC };

NO_RETURN void kernel_main(const struct start_info *start); /* kernel/main.c */
void syscall_enter(struct registers *registers) MAY_SLEEP;  /* kernel/linux/dispatch.c */
/* Page fault at a user address, from ring 3 or from a user copy (then user_mode is false and the
 * copy's error return is taken on a negative result). 0: retry the instruction. From ring 3 a
 * refused fault has become a signal and 0 is returned. (kernel/linux/exception.c)
 */
int fault_enter(struct registers *registers, uintptr_t address, enum fault_access access,
                bool present, bool user_mode) MAY_SLEEP;
/* Any other exception in ring 3: becomes a signal. (kernel/linux/exception.c) */
void exception_enter(struct registers *registers, unsigned vector, uint64_t error);
void timer_enter(void);                      /* kernel/thread/timer.c */
void doorbell_enter(void);                   /* kernel/node/doorbell.c */
void device_enter(void);                     /* kernel/device/card.c */
void nmi_enter(struct registers *registers); /* kernel/node/watch.c */
/* Last thing before every return to ring 3: pending signals, time slice, books at the border.
 * (kernel/linux/dispatch.c) */
void user_return(struct registers *registers) MAY_SLEEP;
/* A fault of the kernel itself. address: what it touched, or NO_ADDRESS. (kernel/panic.c) */
#define NO_ADDRESS UINTPTR_MAX
NO_RETURN void panic_registers(const struct registers *registers, uintptr_t address,
                               const char *format, ...) PRINTF(3);
/* Frames for page tables, zeroed; 0: none left. (kernel/memory/frames.c) */
phys_addr table_frame_alloc(void);
void table_frame_free(phys_addr frame);
