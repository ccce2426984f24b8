/* SPDX-License-Identifier: Apache-2.0 */
/* The part of printf that we use: %d %i %u %x %X %o %c %s %p %% with - 0 width .precision and
 * l, ll, z, h. Result is always terminated; returns the length that would have been written. */
#pragma once
#include <stdarg.h>
#include <stddef.h>

#include "lib/check.h"

int format_args(char *buffer, size_t size, const char *format, va_list args);
int format(char *buffer, size_t size, const char *format, ...) PRINTF(3);
