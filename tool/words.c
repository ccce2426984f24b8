/* SPDX-License-Identifier: Apache-2.0 */
/* The tool's small texts: arguments, boot options, sizes, exit statuses. Pure, tested in
 * tool/test/words_test.c. */
#include "tool/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *argument_value(const char *argument, const char *name)
{
    size_t size = strlen(name);
    if (strncmp(argument, "--", 2) != 0 || strncmp(argument + 2, name, size) != 0 ||
        argument[2 + size] != '=')
        return NULL;
    return argument + 2 + size + 1;
}

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("-_./:@", c) != NULL);
}

char *option_encode(const char *value)
{
    char *encoded = malloc(strlen(value) * 3 + 1), *end = encoded;
    if (encoded == NULL)
        return NULL;
    for (const char *c = value; *c != 0; c++) {
        if (is_plain((unsigned char)*c))
            *end++ = *c;
        else
            end += sprintf(end, "%%%02X", (unsigned char)*c);
    }
    *end = 0;
    return encoded;
}

unsigned long size_megabytes(const char *text)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || text[0] == '-' || number > (1UL << 40))
        return 0;
    if (strcmp(end, "G") == 0 || strcmp(end, "g") == 0)
        return number * 1024;
    if (strcmp(end, "") == 0 || strcmp(end, "M") == 0 || strcmp(end, "m") == 0)
        return number;
    return 0;
}

/* isa-debug-exit ends QEMU with (value << 1) | 1; kernels write 0x40 | status, so that QEMU's own
 * failure, 1, is not taken for a machine that ended well. */
int exit_status_of_machine(int qemu_status)
{
    if (qemu_status >= 0x81 && qemu_status <= 0xff && (qemu_status & 1) != 0)
        return (qemu_status >> 1) & 0x3f;
    return -1;
}

static void filter_emit_held(struct line_filter *filter)
{
    filter->program(filter->held, filter->held_size);
    filter->held_size = 0;
    filter->state = LINE_PROGRAM;
}

/* "[n" and a digit, or "[boot]", begins a line of a kernel or the loader. */
static void filter_start(struct line_filter *filter, char byte)
{
    static const char boot[] = "[boot]";
    size_t at = filter->held_size;
    filter->held[filter->held_size++] = byte;
    bool is_node = at == 0   ? byte == '['
                   : at == 1 ? byte == 'n'
                             : filter->held[1] == 'n' && byte >= '0' && byte <= '9';
    bool is_boot = at < sizeof boot - 1 && byte == boot[at] && (at < 2 || filter->held[1] == 'b');
    if (!is_node && !is_boot) {
        filter_emit_held(filter);
    } else if ((is_node && at == 2) || (is_boot && at == sizeof boot - 2)) {
        filter->kernel(filter->held, filter->held_size);
        filter->held_size = 0;
        filter->state = LINE_KERNEL;
    }
}

void line_filter_add(struct line_filter *filter, const char *bytes, size_t size)
{
    while (size > 0) {
        if (filter->state == LINE_START) {
            filter_start(filter, *bytes);
            if (*bytes == '\n')
                filter->state = LINE_START;
            bytes++;
            size--;
            continue;
        }
        const char *newline = memchr(bytes, '\n', size);
        size_t part = newline != NULL ? (size_t)(newline - bytes) + 1 : size;
        (filter->state == LINE_KERNEL ? filter->kernel : filter->program)(bytes, part);
        if (newline != NULL)
            filter->state = LINE_START;
        bytes += part;
        size -= part;
    }
}

void line_filter_end(struct line_filter *filter)
{
    if (filter->held_size > 0)
        filter_emit_held(filter);
    filter->state = LINE_START;
}
