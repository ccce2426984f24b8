/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions and the marks that declarations carry. A broken invariant ends the node: panic is the
 * only answer to it, and the neighbours go on. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK           __attribute__((warn_unused_result))
#define MAY_SLEEP            /* may switch threads: after it, look again at what you knew */
#define NO_RETURN            _Noreturn
#define PRINTF(format_index) __attribute__((format(printf, format_index, format_index + 1)))
#define COUNT_OF(array)      (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Ends this node: epitaph to the published page, state DEAD, doorbells, halt. (kernel/panic.c) */
NO_RETURN void panic(const char *format, ...) PRINTF(1);

#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition);                  \
    } while (0)

typedef uint64_t phys_addr;
typedef uint64_t nanoseconds; /* monotonic since this machine booted, unless said otherwise */
