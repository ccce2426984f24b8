/* SPDX-License-Identifier: Apache-2.0 */
/* The few boot options that the loader itself obeys: space-separated `name` or `name=value`. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum option_answer { OPTION_ABSENT, OPTION_NUMBER, OPTION_WRONG };

/* The last `name=NUMBER` in text, decimal or 0x hexadecimal. WRONG: something else stands there. */
enum option_answer boot_option_number(const char *text, const char *name, uint64_t *value);
/* For the operator: the value as it was written, cut to fit. */
void boot_option_text(const char *text, const char *name, char *value, uint64_t size);
