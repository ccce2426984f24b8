/* SPDX-License-Identifier: Apache-2.0 */
/* The cookie of the machine's Erlang nodes. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "init/init.h"

#define FILE_NAME "/root/.erlang.cookie"

/* For erl's "auth" to find: the same for all nodes of the machine and all their lives, by option,
 * or the kernel's. A release that brings one of its own does not look here. Who may connect is what
 * the kernel says of a channel's other end; the cookie keeps out those who come over a network. */
void cookie_write(void)
{
    char cookie[256];
    long size = option_get("cookie", cookie, sizeof cookie);
    int from = size > 0 ? -1 : open("/proc/hydros/cookie", O_RDONLY | O_CLOEXEC);
    if (from >= 0) {
        size = read(from, cookie, sizeof cookie);
        close(from);
    }
    if (size <= 0)
        return;
    int to = open(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0400);
    if (to < 0 || write(to, cookie, strnlen(cookie, (size_t)size)) < 0)
        init_fail("cannot write " FILE_NAME);
    close(to);
}
