/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the first program: boot options, and which program a node runs. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define ARGUMENTS_MAX 64

struct program {
    char *arguments[ARGUMENTS_MAX]; /* [0] is the file; ends with NULL */
    const char *directory;          /* to start in */
};

/* options.c: space-separated name or name=value, value percent-encoded; name@3 is for node 3 and
 * wins. */
int options_read(void);
/* Decoded into value (terminated, cut); its length, -1 when absent. value may be NULL. */
long option_get(const char *name, char *value, size_t size);
bool option_is_for_us(const char *name); /* given as name@N with our number */

/* program.c */
void erlang_environment(void);        /* what erlexec and scripts of releases look for */
struct program *program_choose(void); /* NULL: nothing can be started, one line said why */

/* end.c */
void log_say(const char *text); /* one line, into the kernel's log */
void end_say(int status);       /* of the program, as wait(2) gave it */
