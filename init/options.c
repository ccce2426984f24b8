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

#define TOLD_MAX 8 /* of those that look wrong */

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

/* All that HydrOS reads: loader, kernel, init. scripts/check-options compares with them and with
 * the documents. */
static const char *const known[] = {
    "alter",       "back-off-ms",   "calm-ms",
    "card",        "check",         "cluster",
    "cookie",      "detector",      "direct",
    "dist-port",   "erl",           "eval",
    "exit-port",   "fault",         "fault-after",
    "fault-again", "fault-at-step", "fault-in",
    "fault-seed",  "grace-ms",      "host",
    "hostname",    "idle-ms",       "init",
    "ip",          "ip6",           "linger-us",
    "look-ms",     "net",           "nodes",
    "offloads",    "on-death",      "on-exit",
    "quarrel-ms",  "release",       "release-command",
    "restart",     "run",           "safe",
    "shared-ip",   "shared-ip6",    "shell",
    "silence-ms",  "start-ms",      "suspect-ms",
    "term",        "time",          "trace",
    "verbose",     "virtio-mmio",   "virtio-mmio-line",
    "web",         "web-host",      "web-token",
};

static bool is_known(const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strlen(known[i]) == size && strncmp(word, known[i], size) == 0)
            return true;
    }
    return false;
}

void options_judge(void)
{
    char line[160];
    const char *node = getenv("HYDROS_NODE"), *nodes = getenv("HYDROS_NODES");
    if (node == NULL || strcmp(node, "0") != 0 || nodes == NULL)
        return;
    unsigned told = 0;
    for (const char *word = text; *word != 0 && told < TOLD_MAX; word += strcspn(word, " ")) {
        word += strspn(word, " ");
        size_t size = strcspn(word, " @=");
        int shown = size < 40 ? (int)size : 40;
        if (size > 0 && !is_known(word, size))
            snprintf(line, sizeof line,
                     "init: boot option %.*s is none of ours: left to programs (docs/debugging.md)",
                     shown, word);
        else if (word[size] == '@' &&
                 strtoul(word + size + 1, NULL, 10) >= strtoul(nodes, NULL, 10))
            snprintf(line, sizeof line, "init: boot option %.*s is for a node that is not there",
                     (int)strcspn(word, " ="), word);
        else
            continue;
        log_say(line);
        told++;
    }
}
