/* SPDX-License-Identifier: Apache-2.0 */
/* A pair is up when each has answered the other's session, and both publish that. */
#include "node/quarrel.h"

static bool is_answered(const struct channel_ends *writer, const struct channel_ends *reader)
{
    uint64_t session = writer->out_session;

    return session != CHANNEL_NO_SESSION && reader->in_session == session;
}

bool quarrel_is_between(const struct channel_ends *one, const struct channel_ends *other)
{
    return !is_answered(one, other) || !is_answered(other, one);
}

bool quarrel_ends(const struct quarrel_side *one, const struct quarrel_side *other)
{
    if (one->quarrels != other->quarrels)
        return one->quarrels > other->quarrels;
    if (one->started_ns != other->started_ns)
        return one->started_ns < other->started_ns;
    return one->node > other->node;
}
