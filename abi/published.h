/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that a node publishes: written by that node only, read by all others (rule 2). A reader
 * copies a word once, checks it, then uses it; nothing here can be held. Positions are counts of
 * bytes since the incarnation began; index = position % size.
 */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

#include "abi/layout.h"

enum node_state {
    NODE_ABSENT = 0,   /* never started */
    NODE_STARTING = 1, /* set by whoever starts it, before the core runs */
    NODE_KERNEL = 2,   /* its kernel runs */
    NODE_RUNNING = 3,  /* its init program runs */
    NODE_STOPPED = 4,  /* init ended by itself with status 0 */
    NODE_DEAD = 5,     /* panic, fatal end of init: see the epitaph */
};

#define EPITAPH_TEXT 3072
struct epitaph {
    uint64_t time_ns;     /* node's monotonic clock */
    uint64_t address;     /* faulting address or 0 */
    uint64_t instruction; /* RIP */
    int32_t exit_status;  /* of init, as wait(2) gives it; -1: kernel panic */
    uint32_t text_size;
    char text[EPITAPH_TEXT]; /* cause, registers, symbolised stack; UTF-8 lines */
};

#define LOG_RING_SIZE    0x8000UL  /* kernel messages of this node, whole lines */
#define CONSOLE_OUT_SIZE 0x10000UL /* what the programs of this node wrote to their console */
#define CONSOLE_IN_SIZE  1024UL    /* keys from the console's owner to one node */

struct published {
    /* status page */
    _Atomic uint32_t magic_version; /* 1 */
    _Atomic uint32_t state;         /* enum node_state */
    _Atomic uint32_t incarnation;
    _Atomic uint32_t sleeping;    /* 1: halted, wants a doorbell for anything new */
    _Atomic uint64_t beat;        /* advances while the kernel makes progress */
    _Atomic uint64_t memory_used; /* bytes of the partition in use, kernel included */
    _Atomic uint64_t interrupts;  /* taken since start */
    _Atomic uint64_t log_written;
    _Atomic uint64_t console_written;
    _Atomic uint32_t console_waits; /* 1: a program here waits for room in console_out */
    _Atomic uint32_t epitaph_valid;
    /* as the console's owner */
    _Atomic uint32_t console_owner;    /* 1: this node drives the terminal line */
    _Atomic uint32_t console_selected; /* node whose console is shown */
    _Atomic uint32_t window_rows, window_columns, window_change; /* change counts new sizes */
    _Atomic uint64_t console_shown[NODES_MAX];      /* how far node n's console_out was shown */
    _Atomic uint64_t log_shown[NODES_MAX];          /* and its log */
    _Atomic uint64_t console_in_written[NODES_MAX]; /* keys for node n, producer position */
    /* how far *I* have read of owner m's keys for me */
    _Atomic uint64_t console_in_read[NODES_MAX];
    struct epitaph epitaph;
    _Alignas(4096) char log[LOG_RING_SIZE];
    _Alignas(4096) char console_out[CONSOLE_OUT_SIZE];
    _Alignas(4096) char console_in[NODES_MAX][CONSOLE_IN_SIZE];
};
_Static_assert(sizeof(struct published) <= PUBLISHED_SIZE, "fits its window");
