/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel messages: one line each, "[n1 0.123456] text", into the node's published log ring; the
 * console's owner shows them. Never sleeps, may be called anywhere. */
#pragma once
#include "lib/check.h"

void log_line(const char *format, ...) PRINTF(1);
void log_debug(const char *format, ...) PRINTF(1); /* only with boot option `verbose` */
extern bool log_verbose;

/* Start-up: where the lines go, and whose they are. Before it, lines are dropped. */
struct published;
void log_init(struct published *published, uint32_t node, nanoseconds (*clock)(void));
extern void (*log_notify)(void); /* a line was added; set by main.c */
