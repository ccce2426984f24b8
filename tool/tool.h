/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the host tool `hydros`. Each command gets its own arguments and returns the exit
 * status. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

int image_command(int argc, char **argv);
int run_command(int argc, char **argv);

/* One line on standard error, "hydros: ...", and exit status 1 to return. */
int tool_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Value of "--name=value" when argument is that option, else NULL. */
const char *argument_value(const char *argument, const char *name);

/* Boot options are words separated by spaces: everything else than letters, digits and -_./:,@ of a
 * value is written as %XX. Returns a new string, NULL without memory. */
char *option_encode(const char *value);

/* Megabytes of "2G", "512M", "4096" (as qemu -m reads them); 0: not a size. */
unsigned long size_megabytes(const char *text);

/* The machine's own status, which its kernels give QEMU through isa-debug-exit; -1 when QEMU ended
 * without (0: reset or ended from outside; 1: QEMU's own failure). */
int exit_status_of_machine(int qemu_status);

/* Takes lines "[nN ...]" of the kernels and "[boot] ..." of the loader apart from what programs
 * wrote, as bytes come in. Bytes of the programs are passed to program(), whole kernel lines to
 * kernel(). */
struct line_filter {
    void (*program)(const char *bytes, size_t size);
    void (*kernel)(const char *bytes, size_t size);
    char held[8]; /* start of a line that may become a kernel line */
    size_t held_size;
    enum { LINE_START, LINE_PROGRAM, LINE_KERNEL } state;
};
void line_filter_add(struct line_filter *filter, const char *bytes, size_t size);
void line_filter_end(struct line_filter *filter);
