/* SPDX-License-Identifier: Apache-2.0 */
/* memcpy and its family. Word-wise without `rep`: under TCG a `rep movsb` is a loop of single
 * bytes. */
#pragma once
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *in, int byte, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);
/* Copies and terminates; cuts what does not fit. Returns strlen(from). */
size_t string_copy(char *to, const char *from, size_t size);
void page_zero(void *page);                 /* PAGE_SIZE bytes, aligned */
void page_copy(void *to, const void *from); /* PAGE_SIZE bytes, aligned */
