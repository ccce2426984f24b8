/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader says, on COM1: progress lines, and one last line when it cannot go on. */
#pragma once
#include "lib/check.h"

void boot_console_init(void);
void boot_say(const char *text, ...) PRINTF(1);
/* The options decide about exit-port; before they are known there is none. */
void boot_console_set_options(const char *options);
/* "hydros: ..." what is wrong; what to do. Then ends QEMU if option exit-port is given, or halts.
 */
NO_RETURN void boot_fail(const char *text, ...) PRINTF(1);
