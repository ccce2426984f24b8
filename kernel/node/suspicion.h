/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When does a node's silence mean that it is dead? Pure: what was seen goes in, what to do comes
 * out. Time counts only while the watcher itself made progress, so that a machine that stood still
 * as a whole accuses nobody.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct suspicion_limits { /* nanoseconds without a beat */
    uint64_t suspect;     /* then it is asked by NMI */
    uint64_t idle;        /* the same of a halted one, which beats only at its own look */
    uint64_t grace;       /* it answered, twice, and still does not beat: it hangs */
    uint64_t silence;     /* it does not even answer: its core has stopped */
    uint64_t start;       /* without being fenced or running: from STARTING to its first program */
};

struct suspicion_view { /* of one node, each word copied once */
    uint32_t state, incarnation, answers, sleeping;
    uint64_t beat;
};

enum suspicion_act {
    SUSPICION_NONE,
    SUSPICION_WAIT, /* suspected; nothing to do but to look again soon */
    SUSPICION_ASK,  /* send it an NMI */
    SUSPICION_HANG, /* the verdicts, given again at each look until it beats */
    SUSPICION_SILENCE,
    SUSPICION_NO_START,
};

struct suspicion {
    struct suspicion_view seen;
    uint64_t silent;  /* since the last beat */
    uint64_t heard;   /* `silent` at the last answer; 0: none */
    uint64_t asked;   /* `silent` at the last question; 0: none */
    unsigned answers; /* since the last beat */
};

/* `passed`: own time since the last look. */
enum suspicion_act suspicion_look(struct suspicion *suspicion, const struct suspicion_view *view,
                                  uint64_t passed, const struct suspicion_limits *limits);
