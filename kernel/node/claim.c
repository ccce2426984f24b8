/* SPDX-License-Identifier: Apache-2.0 */
/* Each look reads all pages anew; nothing is kept of the others but whose claims were passed over.
 */
#include "node/claim.h"

#include "arch/arch.h"
#include "node/election.h"
#include "node/watch.h"

#define REST_STEP      1000000UL   /* ns */
#define DYING_PATIENCE 500000000UL /* as long as last words may take */

static bool is_meant;
static uint32_t passed_lives[NODES_MAX]; /* whose claims are passed over */

static uint64_t claims_read(void)
{
    uint64_t claims = 0;

    for (uint32_t node = 0; node < machine->node_count; node++)
        claims |= (uint64_t)(published_of(node)->guardian_claim & 1) << node;
    return claims & ~(1UL << self_node());
}

/* Whatever a guardian at work changes. */
static uint64_t work_picture(void)
{
    uint64_t picture = 0;

    for (uint32_t node = 0; node < machine->node_count; node++) {
        const struct published *page = published_of(node);

        if (node != self_node())
            picture = picture * 1000003 + page->guardian_claim + page->guardian_step * 2UL +
                      page->guardian_target * 16UL + page->incarnation * 1024UL;
    }
    return picture;
}

static uint64_t dead_read(void)
{
    uint64_t dead = 0;

    for (uint32_t node = 0; node < machine->node_count; node++) {
        passed_lives[node] = published_of(node)->incarnation;
        dead |= (uint64_t)(watch_notice(node) != NOTICE_NONE) << node;
    }
    return dead;
}

uint64_t claim_win(void (*rest)(nanoseconds time), bool dying)
{
    struct claim claim = {.phase = CLAIM_IDLE};
    nanoseconds since = arch_clock(), last = since;

    is_meant = true;
    for (;;) {
        nanoseconds now = arch_clock();
        uint64_t dead = dead_read();

        if (dying && now < since + DYING_PATIENCE)
            dead = 0;
        dead |= claim_stuck(&claim, self_node(), claims_read() & ~dead, work_picture(), now - last);
        last = now;
        claim_look(&claim, self_node(), claims_read(), dead);
        atomic_store(&self_published->guardian_claim, claim.bit);
        if (claim.phase == CLAIM_WON)
            return claim.passed;
        if (claim.phase == CLAIM_YIELDING || claims_read() & ~dead)
            rest(REST_STEP);
    }
}

bool claim_goes_on(uint32_t node)
{
    const struct published *page = published_of(node);

    return (page->guardian_claim & 1) && page->incarnation == passed_lives[node];
}

void claim_leave(void)
{
    atomic_store(&self_published->guardian_claim, 0);
    is_meant = false;
}

void claim_check(void)
{
    if (!is_meant && self_published->guardian_claim != 0)
        atomic_store(&self_published->guardian_claim, 0);
}
