/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal in which the tool runs: raw while the machine has it, as it was in every other case.
 */
#pragma once
#include <stdbool.h>

bool terminal_raw(void);     /* false: standard input is no terminal; nothing was changed */
void terminal_restore(void); /* harmless when nothing was changed; also run at exit */
bool terminal_size(unsigned *rows, unsigned *columns);
