/* SPDX-License-Identifier: Apache-2.0 */
/* Maps the vDSO and its data page into a program, and keeps that page right. */
#pragma once
#include "memory/address_space.h"

/* Sets space->vdso (AT_SYSINFO_EHDR): start of the ELF header; the data page is the one before.
 * -ENOMEM. */
int vdso_map(struct address_space *space) MUST_CHECK;
/* After arch_wall_correct. */
void vdso_clock_changed(void);
