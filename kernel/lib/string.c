/* SPDX-License-Identifier: Apache-2.0 */
/* Words where it can be words. The compiler must not turn these loops into calls of themselves. */
#include "lib/string.h"

#include <stdint.h>

#define PAGE_WORDS 512

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

#pragma GCC optimize("no-tree-loop-distribute-patterns")

/* Upwards; also right for overlapping memory when `out` is below `in`. */
static inline void copy_up(unsigned char *out, const unsigned char *in, size_t size)
{
    for (; size >= 32; size -= 32, in += 32, out += 32) {
        word a = ((const word *)in)[0], b = ((const word *)in)[1];
        word c = ((const word *)in)[2], d = ((const word *)in)[3];

        ((word *)out)[0] = a;
        ((word *)out)[1] = b;
        ((word *)out)[2] = c;
        ((word *)out)[3] = d;
    }
    for (; size >= 8; size -= 8, in += 8, out += 8)
        *(word *)out = *(const word *)in;
    while (size-- > 0)
        *out++ = *in++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_up(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *out = (unsigned char *)to + size;
    const unsigned char *in = (const unsigned char *)from + size;

    if ((uintptr_t)to - (uintptr_t)from >= size) { /* also when `to` is below */
        copy_up(to, from, size);
        return to;
    }
    for (; size >= 8; size -= 8) {
        in -= 8;
        out -= 8;
        *(word *)out = *(const word *)in;
    }
    while (size-- > 0)
        *--out = *--in;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *out = to;
    uint64_t pattern = 0x0101010101010101UL * (unsigned char)byte;

    for (; size >= 32; size -= 32, out += 32) {
        ((word *)out)[0] = pattern;
        ((word *)out)[1] = pattern;
        ((word *)out)[2] = pattern;
        ((word *)out)[3] = pattern;
    }
    for (; size >= 8; size -= 8, out += 8)
        *(word *)out = pattern;
    while (size-- > 0)
        *out++ = (unsigned char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;

    for (; size >= 8 && *(const word *)x == *(const word *)y; size -= 8, x += 8, y += 8)
        ;
    for (; size > 0; size--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

void *memchr(const void *in, int byte, size_t size)
{
    const unsigned char *at = in;

    for (; size > 0; size--, at++) {
        if (*at == (unsigned char)byte)
            return (void *)(uintptr_t)at;
    }
    return NULL;
}

size_t strlen(const char *text)
{
    const char *end = text;

    while (*end)
        end++;
    return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t max)
{
    size_t size = 0;

    while (size < max && text[size])
        size++;
    return size;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (; size > 0; size--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (!*a)
            break;
    }
    return 0;
}

char *strchr(const char *text, int c)
{
    for (;; text++) {
        if (*text == (char)c)
            return (char *)(uintptr_t)text;
        if (!*text)
            return NULL;
    }
}

char *strrchr(const char *text, int c)
{
    const char *last = NULL;

    for (;; text++) {
        if (*text == (char)c)
            last = text;
        if (!*text)
            return (char *)(uintptr_t)last;
    }
}

size_t string_copy(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);

    if (size > 0) {
        size_t kept = length < size ? length : size - 1;

        memcpy(to, from, kept);
        to[kept] = 0;
    }
    return length;
}

void page_zero(void *page)
{
    uint64_t *words = page;

    for (unsigned i = 0; i < PAGE_WORDS; i += 8) {
        words[i] = words[i + 1] = words[i + 2] = words[i + 3] = 0;
        words[i + 4] = words[i + 5] = words[i + 6] = words[i + 7] = 0;
    }
}

void page_copy(void *to, const void *from)
{
    uint64_t *out = to;
    const uint64_t *in = from;

    for (unsigned i = 0; i < PAGE_WORDS; i += 8) {
        out[i] = in[i];
        out[i + 1] = in[i + 1];
        out[i + 2] = in[i + 2];
        out[i + 3] = in[i + 3];
        out[i + 4] = in[i + 4];
        out[i + 5] = in[i + 5];
        out[i + 6] = in[i + 6];
        out[i + 7] = in[i + 7];
    }
}
