/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The repair window: the one exception to rule 3, through which a guardian writes what belongs to
 * no living node: a dead one's partition, the trampoline page, an altered kernel copy. Mapped only
 * from repair_open to repair_close.
 */
#pragma once
#include "lib/check.h"
#include "start/start.h"

void repair_init(void); /* makes the window's page tables, so that it needs no memory later */
/* What start/ is called with. rest: waits that long, at least. */
const struct start_host *repair_open(void (*rest)(nanoseconds time));
void repair_close(void);
/* The same for our own partition, which needs no window: nothing that stands is written. */
const struct start_host *repair_open_self(void (*rest)(nanoseconds time));
/* Is the boot store as the loader made it? A bad copy of the kernel is overwritten with the good
 * one. false: nobody can be started from it any more. */
bool repair_store(void);
