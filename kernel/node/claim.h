/* SPDX-License-Identifier: Apache-2.0 */
/* Our claim to be alone in the machine, for guardian.c: the rule of election.h among the published
 * pages. */
#pragma once
#include "lib/check.h"
#include "node/self.h"

/* Waits until we are alone, and gives, bit by bit, whose claims were passed over: the dead, and who
 * lives and does nothing. Each of them has to be fenced before anything else, if its claim goes on:
 * it may have come back since, and go on where we are going to. dying: other dying nodes may be at
 * the same; they are waited for, for a while. */
uint64_t claim_win(void (*rest)(nanoseconds time), bool dying) MUST_CHECK;
/* It is still in the claim that was passed over. Else it has seen ours. */
bool claim_goes_on(uint32_t node);
void claim_leave(void);
/* At each look: takes back a claim in our page that is not meant. A bit that was turned there would
 * let nobody act. */
void claim_check(void);
