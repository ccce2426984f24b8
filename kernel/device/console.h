/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal line and this node's console. Every node has a console: its programs' output goes to
 * its published console_out ring, keys come from the owner's console_in ring for it. One node, the
 * owner, drives the line (COM1): it shows the selected node's ring and all nodes' kernel messages,
 * and takes the key prefix.
 */
#pragma once
#include "lib/check.h"

void console_init(void); /* all nodes; the owner also takes the line */
/* Output of this node's programs. Bytes taken now; 0: wait on console_room. Only the shown console
 * can be full. */
size_t console_write(const char *bytes, size_t size);
/* Keys for this node. */
size_t console_read(char *bytes, size_t size);
struct wait_queue;
extern struct wait_queue *console_room; /* woken with EVENT_OUT when console_write may take more */
/* Called (from interrupt, must not sleep) when keys came / the window changed; set by terminal.c */
extern void (*console_keys_arrived)(void);
extern void (*console_window_changed)(uint32_t rows, uint32_t columns);
/* Calls console_window_changed with the present size, if one is known. */
void console_report_window(void);
/* Owner: everything out, waiting; others: ring the owner. false: no node drives the line. */
bool console_flush_panic(void) MUST_CHECK;
/* Until the owner has shown all that this node said, but at most so long. */
void console_wait_shown(nanoseconds patience);
/* The guardian of `node` has fenced it: if it drove the line, this node does so from now on. */
void console_owner_lost(uint32_t node);
/* At each look: says once more in our page whether we drive the line. A bit turned there would
 * leave it to nobody. Of two who took it at the same time the higher number gives it up. */
void console_mend(void);
void console_log_written(void); /* log.c: a line was added, someone should show it */
