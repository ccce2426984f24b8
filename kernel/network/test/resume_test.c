/* SPDX-License-Identifier: Apache-2.0 */
/* TEST-SOURCES: kernel/network/resume.c */
/* Whom a take-over makes send again, and that they are not more than a card has room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/priv/tcp_priv.h>

#include "network/connections.h"
#include "network/stack.h"

#define CONNECTIONS 1000
#define AT_ONCE     128 /* RESUMED_MAX */

u32_t tcp_ticks;
static struct tcp_pcb connections[CONNECTIONS];
static struct tcp_seg segment;
static unsigned sent_again, acknowledged;

/* The card is full: all stands in front of what is to be sent, and nothing went out. */
void tcp_rexmit_rto(struct tcp_pcb *pcb)
{
    sent_again++;
    pcb->unsent = pcb->unacked;
    pcb->unacked = NULL;
}

err_t tcp_send_empty_ack(struct tcp_pcb *pcb)
{
    acknowledged++;
    return ERR_IF;
}

void connections_visit(bool (*visit)(struct tcp_pcb *pcb))
{
    for (unsigned i = 0; i < CONNECTIONS && visit(&connections[i]); i++) {
    }
}

void stack_done(void)
{
}

static void resume(enum tcp_state state, u32_t silent_ms, bool waits)
{
    tcp_ticks = 1000;
    sent_again = acknowledged = 0;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        connections[i] = (struct tcp_pcb){.state = state,
                                          .tmr = tcp_ticks - silent_ms / TCP_SLOW_INTERVAL,
                                          .unacked = waits ? &segment : NULL};
    }
    stack_resume();
}

static void a_burst_fits_the_card(void **state)
{
    resume(ESTABLISHED, 0, true);
    assert_int_equal(sent_again, AT_ONCE);
    assert_int_equal(acknowledged, 3 * AT_ONCE);
    resume(ESTABLISHED, 60000, true); /* silent, and all they have waits: counted just as well */
    assert_int_equal(sent_again, AT_ONCE);
    assert_int_equal(acknowledged, 0);
}

static void who_has_lost_nothing_is_silent(void **state)
{
    resume(ESTABLISHED, 60000, false);
    assert_int_equal(sent_again + acknowledged, 0);
    resume(SYN_SENT, 0, true); /* its SYN goes again; there is no byte to acknowledge yet */
    assert_int_equal(sent_again, AT_ONCE);
    assert_int_equal(acknowledged, 0);
    resume(ESTABLISHED, 200, false);
    assert_int_equal(sent_again, 0);
    assert_int_equal(acknowledged, 3 * AT_ONCE);
    resume(ESTABLISHED, 4000, false); /* its owner was silent, and not found out at once */
    assert_int_equal(acknowledged, 3 * AT_ONCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_fits_the_card),
        cmocka_unit_test(who_has_lost_nothing_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
