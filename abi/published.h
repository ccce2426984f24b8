/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that a node publishes: written by that node only, read by all others (rule 2). A reader
 * copies a word once, checks it, then uses it; nothing here can be held. Positions are counts of
 * bytes since the incarnation began; index = position % size.
 */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

#include "abi/channel.h"
#include "abi/layout.h"

enum node_state {
    NODE_ABSENT = 0,   /* never started */
    NODE_STARTING = 1, /* set by whoever starts it, before the core runs */
    NODE_KERNEL = 2,   /* its kernel runs */
    NODE_RUNNING = 3,  /* its init program runs */
    NODE_STOPPED = 4,  /* init ended by itself with status 0 */
    NODE_DEAD = 5,     /* panic, fatal end of init: see the epitaph */
};

#define EPITAPH_TEXT     3072
#define EPITAPH_COMPLETE 2
struct epitaph {
    uint64_t time_ns;     /* node's monotonic clock */
    uint64_t address;     /* faulting address or 0 */
    uint64_t instruction; /* RIP */
    int32_t exit_status;  /* of init, as wait(2) gives it; -1: kernel panic */
    uint32_t text_size;
    char text[EPITAPH_TEXT]; /* cause, registers, symbolised stack; UTF-8 lines */
};

/* What a guardian keeps of a death, for all nodes to copy: the last few, since a node that stands
 * still for a moment sees none of those that are overwritten meanwhile. */
#define BURIALS         4
#define BURIAL_LOG_SIZE 6144
struct burial {
    _Atomic uint64_t number; /* counts in all of them; odd while the rest is being written */
    uint64_t checksum;       /* lib/checksum.h, of all that follows */
    uint32_t node;
    uint32_t incarnation; /* the life that ended */
    uint32_t guardian;
    uint32_t notice;     /* enum death_notice */
    uint64_t noticed_ns; /* guardian's monotonic clock */
    uint64_t wall_ns;    /* UTC, ns since 1970; 0: unknown */
    struct epitaph epitaph;
    uint32_t log_size;
    char log[BURIAL_LOG_SIZE]; /* the end of its log ring */
};

enum death_notice {
    NOTICE_NONE = 0,
    NOTICE_LAST_WORDS = 1, /* it said so itself: panic, end of init */
    NOTICE_HANG = 2,       /* beat stopped; the NMI was answered */
    NOTICE_SILENCE = 3,    /* beat stopped; the NMI was not answered */
    NOTICE_ORDER = 4,      /* a program asked for it through /dev/hydros */
    NOTICE_NO_START = 5,   /* its core was started and did not come */
};

/* A word that alone could end a life, or keep one from beginning, stands with its complement: one
 * of which some bits were turned is 0, and says nothing. */
static inline uint64_t word_sealed(uint32_t value)
{
    return value | (uint64_t)~value << 32;
}

static inline uint32_t word_unsealed(uint64_t word)
{
    return (uint32_t)~word == (uint32_t)(word >> 32) ? (uint32_t)word : 0;
}

enum guardian_step { /* in published.guardian_step: what I have done for guardian_target */
                     GUARDIAN_IDLE = 0,
                     GUARDIAN_INTENT = 1, /* I want to; others may be in it */
                     GUARDIAN_FENCE = 2,  /* I alone do; its core is being stopped */
                     GUARDIAN_BURY = 3,   /* stopped; its last words are being kept */
                     GUARDIAN_LOAD = 4,   /* a fresh kernel is being written */
                     GUARDIAN_START = 5,  /* its core is being started */
};

#define LOG_RING_SIZE    0x8000UL  /* kernel messages of this node, whole lines */
#define CONSOLE_OUT_SIZE 0x10000UL /* what the programs of this node wrote to their console */
#define CONSOLE_IN_SIZE  1024UL    /* keys from the console's owner to one node */

struct published {
    /* status page */
    _Atomic uint32_t magic_version; /* 1 */
    _Atomic uint32_t state;         /* enum node_state; read the incarnation before it */
    _Atomic uint32_t incarnation;
    _Atomic uint32_t sleeping;    /* 1: halted, wants a doorbell for anything new */
    _Atomic uint64_t beat;        /* advances while the kernel makes progress */
    _Atomic uint64_t memory_used; /* bytes of the partition in use, kernel included */
    _Atomic uint64_t interrupts;  /* taken since start */
    _Atomic uint64_t log_written;
    _Atomic uint64_t console_written;
    _Atomic uint32_t console_waits; /* 1: a program here waits for room in console_out */
    _Atomic uint32_t epitaph_valid; /* 1: there is one; EPITAPH_COMPLETE: and all was said */
    /* channels: bell_armed is raised each time all rings were found empty. Who publishes a frame
     * and sees another value than at its last ring of the bell rings it, unless it sees `wakeful`:
     * 1: this core looks at all rings by itself. */
    _Atomic uint64_t bell_armed;
    _Atomic uint32_t wakeful;
    struct channel_ends channels[NODES_MAX];
    /* watching (kernel/node/watch.h) */
    _Atomic uint32_t nmi_answers;     /* probes that were answered */
    _Atomic uint32_t restarts;        /* nodes that this one has started, in this life */
    _Atomic uint64_t nmi_instruction; /* RIP at the last one */
    _Atomic uint64_t suspects;        /* bit n: n's beat has stopped, as I see it */
    _Atomic uint64_t started_ns;      /* monotonic clock of the machine at this start */
    /* guarding (kernel/node/guardian.h) */
    _Atomic uint32_t guardian_step; /* enum guardian_step */
    _Atomic uint32_t guardian_target;
    _Atomic uint32_t guardian_incarnation; /* the life of the target that ended */
    _Atomic uint32_t guardian_claim;       /* the one bit of the election */
    /* Sealed: n's incarnation that I know to run no more. */
    _Atomic uint64_t fenced[NODES_MAX];
    /* Sealed. Of the life that the upper bits name (node/election.h, node/offline.h), so that an
     * old word says nothing of a new life: deaths in a row before it, written by its guardian, and
     * by the node itself when it has lived long enough; why nobody starts its successor. */
    _Atomic uint64_t deaths_in_row[NODES_MAX];
    _Atomic uint64_t offline[NODES_MAX];
    /* as the card's owner: 1 << 63, and its address; 0: another is */
    _Atomic uint64_t card;
    _Atomic uint32_t address; /* IPv4, in network order; 0: none yet */
    /* bit p % 64 of word p / 64: a program here listens on port p of the address that all share, by
     * TCP or, the second, by UDP */
    _Atomic uint64_t listens[2][65536 / 64];
    /* as the console's owner */
    _Atomic uint32_t console_owner;    /* ~incarnation: this node drives the terminal line */
    _Atomic uint32_t console_selected; /* node whose console is shown */
    _Atomic uint32_t window_rows, window_columns, window_change; /* change counts new sizes */
    _Atomic uint64_t console_shown[NODES_MAX];      /* how far node n's console_out was shown */
    _Atomic uint64_t log_shown[NODES_MAX];          /* and its log */
    _Atomic uint64_t console_in_written[NODES_MAX]; /* keys for node n, producer position */
    /* how far *I* have read of owner m's keys for me */
    _Atomic uint64_t console_in_read[NODES_MAX];
    struct epitaph epitaph;
    struct burial burials[BURIALS]; /* the last ones that I made, the oldest is overwritten */
    _Alignas(4096) char log[LOG_RING_SIZE];
    _Alignas(4096) char console_out[CONSOLE_OUT_SIZE];
    _Alignas(4096) char console_in[NODES_MAX][CONSOLE_IN_SIZE];
};
_Static_assert(sizeof(struct published) <= PUBLISHED_SIZE, "fits its window");
