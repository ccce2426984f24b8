/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guarding: what the neighbours do for a dead node. One of them fences, buries, loads and starts
 * it, in a kernel thread of its own; whoever wins the claim is alone in the machine with it. Each
 * step may be done twice, and the guardian may die at any of them. Orders: node/control.h.
 */
#pragma once
#include "lib/check.h"
#include "node/self.h"

void guardian_start(void);
void guardian_wake(void); /* somebody seems to be dead */

/* This node has stopped: whatever becomes of its kernel, it stays down until it is asked for. */
void guardian_stay_down(void);

/* By NMI, from a guardian in its start step for us: does not return if we are dead and can only
 * start ourselves. */
void guardian_called(void);

/* This node dies: when no other lives, starts one that does for us what we cannot, and does not
 * return. */
void guardian_last(void);
