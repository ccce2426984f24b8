/* SPDX-License-Identifier: Apache-2.0 */
/* How a node ends: epitaph, state, doorbells, and the power switch if the options say so. */
#pragma once
#include "abi/published.h"
#include "arch/registers.h"
#include "lib/check.h"

#define PANIC_STATUS 70 /* exit status of a machine that powers off because a node died */

struct epitaph *epitaph_begin(int exit_status);
void init_epitaph(int status); /* pid 1 ended with this wait(2) status */
/* This node cannot go on, and a person can mend it: one line, what is wrong and what to do. */
/* From the NMI of a guardian: says where this node was, and stops. */
NO_RETURN void panic_fenced(const struct registers *registers, uint32_t guardian);
NO_RETURN void node_fail(const char *text, ...) PRINTF(1);
void node_end(enum node_state state); /* publishes and shows the epitaph, rings all doorbells */
NO_RETURN void node_power_off(int status); /* after all output was shown */
NO_RETURN void node_reset(void);           /* so too */
