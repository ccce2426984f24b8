/* SPDX-License-Identifier: Apache-2.0 */
/* Restartable sequences (rseq): short pieces of code that begin anew when their thread was put
 * aside. */
#pragma once
#include "arch/registers.h"
#include "lib/check.h"

/* The running thread, which registered an area, was interrupted at these registers. */
void sequence_interrupted(struct registers *registers) MAY_SLEEP;
