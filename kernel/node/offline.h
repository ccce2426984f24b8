/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes that nobody starts: whoever found out, their guardian or they themselves, has marked them
 * in its own published page, for the life that ended. A mark outlives who made it, and says nothing
 * of the next life. Orders start such a node all the same (node/control.h).
 */
#pragma once
#include "lib/check.h"

enum offline_why { /* low bits of published.offline[], above them the incarnation */
                   OFFLINE_CORE = 1, /* it was tried, and does not start */
                   OFFLINE_ORDER     /* it was told to stop, or stopped by itself */
};
void offline_set(uint32_t node, enum offline_why why);
bool offline_is(uint32_t node, enum offline_why why);
