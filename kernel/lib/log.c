/* SPDX-License-Identifier: Apache-2.0 */
/* The log ring has this node as its only writer; readers see whole lines, since the position moves
 * after the bytes are there. Bytes of a program (names) are made printable. */
#include "lib/log.h"

#include "abi/published.h"
#include "lib/format.h"
#include "lib/string.h"

#define LINE_MAX 400

bool log_verbose;
void (*log_notify)(void);

static struct published *ring;
static uint32_t ring_node;
static nanoseconds (*ring_clock)(void);

void log_init(struct published *published, uint32_t node, nanoseconds (*clock)(void))
{
    ring = published;
    ring_node = node;
    ring_clock = clock;
}

static void ring_add(const char *bytes, size_t size)
{
    uint64_t written = atomic_load_explicit(&ring->log_written, memory_order_relaxed);
    size_t at = written % LOG_RING_SIZE;
    size_t first = size < LOG_RING_SIZE - at ? size : LOG_RING_SIZE - at;

    memcpy(ring->log + at, bytes, first);
    memcpy(ring->log, bytes + first, size - first);
    atomic_store_explicit(&ring->log_written, written + size, memory_order_release);
}

static void line_add(const char *text, va_list args)
{
    char line[LINE_MAX];
    nanoseconds now;
    int size;

    if (!ring)
        return;
    now = ring_clock();
    size = format(line, sizeof(line), "[n%u %lu.%06lu] ", ring_node, now / 1000000000,
                  now / 1000 % 1000000);
    size += format_args(line + size, sizeof(line) - (size_t)size, text, args);
    if (size > LINE_MAX - 1)
        size = LINE_MAX - 1;
    for (int i = 0; i < size; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    }
    line[size] = '\n';
    ring_add(line, (size_t)size + 1);
    if (log_notify)
        log_notify();
}

void log_line(const char *text, ...)
{
    va_list args;

    va_start(args, text);
    line_add(text, args);
    va_end(args);
}

void log_debug(const char *text, ...)
{
    va_list args;

    if (!log_verbose)
        return;
    va_start(args, text);
    line_add(text, args);
    va_end(args);
}
