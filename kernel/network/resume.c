/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another node drives the card now, and what was on its way through the one before is lost. To wait
 * until clocks find out would cost half a second and more, so what was not acknowledged is sent
 * again at once, and the other end is asked for what it may have sent: three acknowledgements of
 * the same byte make it send again (RFC 5681, 3.2).
 */
#include <lwip/priv/tcp_priv.h>

#include "network/connections.h"
#include "network/stack.h"

#define RESUMED_MAX 128 /* at once; others wait for their clocks: a burst must fit the card */
/* Turns of lwIP's slow clock. A silent core is found out after 3.1 to 3.9 s; who said nothing for
 * longer has nothing lost. */
#define LATELY (5000 / TCP_SLOW_INTERVAL)

static unsigned count;

static bool resume(struct tcp_pcb *pcb)
{
    bool is_lively = pcb->state >= ESTABLISHED && tcp_ticks - pcb->tmr <= LATELY;
    bool waits = pcb->unacked != NULL; /* before it is moved to what is to be sent */

    if (waits)
        tcp_rexmit_rto(pcb);
    for (unsigned i = 0; i < 3 && is_lively; i++)
        (void)tcp_send_empty_ack(pcb);
    count += waits || is_lively;
    return count < RESUMED_MAX;
}

void stack_resume(void)
{
    count = 0;
    connections_visit(resume);
    stack_done();
}
