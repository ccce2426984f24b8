/* SPDX-License-Identifier: Apache-2.0 */
/* How boot options are written: words with one blank between them, `name`, `name=value`, either
 * with `@N` behind the name for node N alone; any byte of a value may be %XX, two hexadecimal
 * digits. The host's tool writes them; loader, kernel and init read. */
#pragma once
#include <stddef.h>

static inline int hex_digit(char c) /* -1: it is none */
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes the value that `from` begins with. Its length, also when `to` is too small for it: then
 * it is cut. Terminated if size is not 0. */
static inline long option_decode(const char *from, char *to, size_t size)
{
    size_t length = 0;
    for (; *from != 0 && *from != ' '; from++, length++) {
        char c = *from;
        if (c == '%' && hex_digit(from[1]) >= 0 && hex_digit(from[2]) >= 0) {
            c = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
            from += 2;
        }
        if (length + 1 < size)
            to[length] = c;
    }
    if (size > 0)
        to[length < size ? length : size - 1] = 0;
    return (long)length;
}
