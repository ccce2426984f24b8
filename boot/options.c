/* SPDX-License-Identifier: Apache-2.0 */
/* Reads numbers from the boot options. Pure. The kernel has its own, complete reader. */
#include "boot/options.h"

#include <stddef.h>

#include "abi/options.h"
#include "lib/string.h"

/* Where the value of the last `name=` begins, NULL: there is none. A later option wins, so that
 * what an operator appends overrides what stands in a configuration. */
static const char *value_find(const char *text, const char *name)
{
    uint64_t length = strlen(name);
    const char *found = NULL;

    while (*text != 0) {
        if (*text == ' ') {
            text++;
            continue;
        }
        if (strncmp(text, name, length) == 0 && text[length] == '=')
            found = text + length + 1;
        while (*text != 0 && *text != ' ')
            text++;
    }
    return found;
}

enum option_answer boot_option_number(const char *text, const char *name, uint64_t *value)
{
    const char *at = value_find(text, name);
    int base = 10;
    uint64_t number = 0;

    if (at == NULL)
        return OPTION_ABSENT;
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        base = 16;
        at += 2;
    }
    const char *first = at;

    for (; *at != 0 && *at != ' '; at++) {
        int digit = hex_digit(*at);

        if (digit < 0 || digit >= base || number > (UINT64_MAX >> 8))
            return OPTION_WRONG;
        number = number * (uint64_t)base + (uint64_t)digit;
    }
    if (at == first)
        return OPTION_WRONG;
    *value = number;
    return OPTION_NUMBER;
}

void boot_option_text(const char *text, const char *name, char *value, uint64_t size)
{
    const char *at = value_find(text, name);
    uint64_t length = 0;

    while (at != NULL && at[length] != 0 && at[length] != ' ' && length + 1 < size) {
        value[length] = at[length];
        length++;
    }
    value[length] = 0;
}
