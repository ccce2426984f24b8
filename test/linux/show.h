/* SPDX-License-Identifier: Apache-2.0 */
/* How the programs that try calls print what one answered: the same on Linux and on HydrOS. */
#pragma once
#include <errno.h>
#include <stdio.h>
#include <string.h>

static inline void show(const char *what, long result)
{
    printf("%s: %ld%s%s\n", what, result, result < 0 ? " " : "", result < 0 ? strerror(errno) : "");
}
