/* SPDX-License-Identifier: Apache-2.0 */
/* Boot options, as the kernel shows them in /proc/cmdline. The same rules as kernel/node/self.h. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/options.h"
#include "init/init.h"

static char text[65536 + 1];

int options_read(void)
{
    size_t size = 0;
    ssize_t done;
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    while (size < sizeof text - 1 && (done = read(fd, text + size, sizeof text - 1 - size)) > 0)
        size += (size_t)done;
    close(fd);
    text[size] = 0;
    text[strcspn(text, "\n")] = 0;
    return 0;
}

/* The word's value when the word is this option, "" for one without value, else NULL. */
static const char *word_value(const char *word, const char *name, const char *node)
{
    size_t size = strlen(name);
    if (strncmp(word, name, size) != 0)
        return NULL;
    word += size;
    if (node != NULL) {
        size = strlen(node);
        if (*word != '@' || strncmp(word + 1, node, size) != 0)
            return NULL;
        word += 1 + size;
    }
    if (*word == '=')
        return word + 1;
    return *word == 0 || *word == ' ' ? "" : NULL;
}

static const char *option_find(const char *name, const char *node)
{
    const char *found = NULL;
    for (const char *word = text; *word != 0; word += strcspn(word, " ")) {
        word += strspn(word, " ");
        const char *value = word_value(word, name, node);
        if (value != NULL)
            found = value;
    }
    return found;
}

long option_get(const char *name, char *value, size_t size)
{
    const char *node = getenv("HYDROS_NODE");
    const char *found = node != NULL ? option_find(name, node) : NULL;
    if (found == NULL)
        found = option_find(name, NULL);
    return found == NULL ? -1 : option_decode(found, value, value == NULL ? 0 : size);
}

bool option_is_for_us(const char *name)
{
    const char *node = getenv("HYDROS_NODE");
    return node != NULL && option_find(name, node) != NULL;
}
