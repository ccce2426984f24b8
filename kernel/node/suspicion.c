/* SPDX-License-Identifier: Apache-2.0 */
/* A core that was away for a moment answers the NMI first of all when it is back, and then has to
 * be given time to beat: so one answer proves nothing, and the second question is only asked when
 * half of the grace has passed after the first. */
#include "node/suspicion.h"

#include "abi/published.h"

static enum suspicion_act starting(const struct suspicion *suspicion,
                                   const struct suspicion_limits *limits)
{
    return suspicion->silent >= limits->start ? SUSPICION_NO_START : SUSPICION_NONE;
}

enum suspicion_act suspicion_look(struct suspicion *suspicion, const struct suspicion_view *view,
                                  uint64_t passed, const struct suspicion_limits *limits)
{
    const struct suspicion_view *seen = &suspicion->seen;

    if (view->beat != seen->beat || view->state != seen->state ||
        view->incarnation != seen->incarnation) {
        *suspicion = (struct suspicion){.seen = *view};
        return SUSPICION_NONE;
    }
    suspicion->silent += passed;
    if (view->state == NODE_ABSENT || view->state == NODE_DEAD)
        return SUSPICION_NONE;
    /* STARTING: so far it may be stopped in the midst of its first stores. Any other word: none. */
    if (view->state != NODE_RUNNING && view->state != NODE_STOPPED)
        return starting(suspicion, limits);
    if (suspicion->silent < (view->sleeping ? limits->idle : limits->suspect))
        return SUSPICION_NONE;
    /* Other watchers ask, too: only what comes after our question is its answer. */
    bool open = suspicion->asked > suspicion->heard;

    if (open && view->answers != seen->answers) {
        suspicion->heard = suspicion->silent;
        suspicion->answers++;
    }
    suspicion->seen.answers = view->answers;
    uint64_t since = suspicion->silent - suspicion->heard;

    /* It is not asked any more then, so its silence says nothing new. */
    if (suspicion->answers >= 2 && since >= limits->grace / 2)
        return SUSPICION_HANG;
    if (since >= limits->silence)
        return SUSPICION_SILENCE;
    if (suspicion->asked != 0 && (open || suspicion->answers != 1 || since < limits->grace / 2))
        return SUSPICION_WAIT;
    suspicion->asked = suspicion->silent;
    return SUSPICION_ASK;
}
