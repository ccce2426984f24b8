/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands between keys and a program that reads a terminal: Linux's N_TTY. Lines are edited
 * here, echoed, and special keys become signals. Pure: output and signals leave through two
 * functions; nothing sleeps, nothing knows files.
 */
#pragma once
#include <asm/termbits.h>

#include "lib/check.h"

/* Bytes that wait for a reader; a line is at most one less, as on Linux. */
#define DISCIPLINE_INPUT   4096U
#define DISCIPLINE_EXPANDS 8U /* output bytes that one byte can become (a tab) */
/* Output of one key at most, but for the line's kill and reprint, which go in pieces. */
#define DISCIPLINE_ECHO_MAX 64U

struct discipline {
    struct termios settings;
    char input[DISCIPLINE_INPUT];
    /* bit: this byte ends a line (or stands for an end of file) */
    uint64_t ends[DISCIPLINE_INPUT / 64];
    uint32_t head, tail;          /* free-running; unread bytes are [tail, head) */
    uint32_t lines;               /* canonical: bytes before this one are in finished lines */
    uint32_t column, line_column; /* of the cursor; where the line being edited begins */
    bool literal;                 /* the next key is itself */
    bool stopped;                 /* output waits for START */
    void (*put)(struct discipline *discipline, const char *bytes, size_t size); /* echo */
    void (*signal)(struct discipline *discipline, int signal); /* to the foreground group */
};
void discipline_init(struct discipline *discipline);
/* False: the reader has to take something first. */
bool discipline_takes(const struct discipline *discipline);
void discipline_key(struct discipline *discipline, char key);
/* Bytes a read could have now: those of finished lines, or all in raw mode. An end of file counts
 * as one. */
size_t discipline_ready(const struct discipline *discipline);
/* Moves at most size bytes out; canonical: at most to the end of the line. *ended: a line or the
 * file ended here. */
size_t discipline_take(struct discipline *discipline, char *to, size_t size, bool *ended);
void discipline_forget_input(struct discipline *discipline);
/* Output of a program: at most size * DISCIPLINE_EXPANDS bytes to `to`; returns how many. */
size_t discipline_output(struct discipline *discipline, const char *from, size_t size, char *to);
/* New settings; input that waits becomes readable under them. */
void discipline_set(struct discipline *discipline, const struct termios *settings);
static inline bool discipline_is_canonical(const struct discipline *discipline)
{
    return (discipline->settings.c_lflag & ICANON) != 0;
}
