/* SPDX-License-Identifier: Apache-2.0 */
/* Between console.c (every node) and console_owner.c (the node that drives the line). */
#pragma once
#include "abi/published.h"
#include "lib/check.h"

/* The newest bytes of a full ring may be in change while another node reads: it leaves this many of
 * the oldest alone, and a writer adds at most so many at once. */
#define CONSOLE_MARGIN 4096UL
#define CONSOLE_ROOM   (CONSOLE_OUT_SIZE - CONSOLE_MARGIN)

/* Takes the line, and goes on where the owner before left it (NULL: there was none). false: there
 * is no line here. */
bool console_owner_start(const struct published *before);
/* console.c: does that node say that it drives the line, and live? */
bool console_drives(uint32_t node);
/* Moves what can be moved: keys in, text out. Harmless when not the owner. */
void console_owner_pump(void);
/* Only text out: for who writes, and is not prepared for keys now. */
void console_owner_output(void);
void console_owner_room(void);  /* something was taken from our own key ring */
void console_owner_flush(void); /* everything out, waiting (bounded) */

/* console_keys.c: what comes from the line. One byte; true: taken. false: no room, give it again
 * later. */
bool console_key(char byte);

/* What keys ask of the owner. */
bool console_send(char byte);       /* to the shown node; false: its ring is full */
void console_select(uint32_t node); /* ignored when there is no such node */
void console_select_next(bool back);
void console_list(void);
void console_help(void);
void console_window(uint32_t rows, uint32_t columns);
NO_RETURN void console_power_off(void);
