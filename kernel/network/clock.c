/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP's clocks over one deadline of the kernel. Each ticks only while something waits for it, but
 * for one turn a second that keeps neighbours, leases and pieces of datagrams from growing old.
 */
#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/mld6.h>
#include <lwip/nd6.h>
#include <lwip/priv/tcp_priv.h>

#include "arch/arch.h"
#include "network/connections.h"
#include "network/stack.h"
#include "thread/timer.h"

#define MS 1000000UL

static struct timer timer;

static bool dhcp_waits(void)
{
    const struct dhcp *dhcp = netif_dhcp_data(&stack_link);

    return dhcp && dhcp->request_timeout > 0;
}

static bool igmp_waits(void)
{
    for (const struct igmp_group *group = netif_igmp_data(&stack_link); group;
         group = group->next) {
        if (group->timer > 0)
            return true;
    }
    return false;
}

static bool mld_waits(void)
{
    for (const struct mld_group *group = netif_mld6_data(&stack_link); group; group = group->next) {
        if (group->timer > 0)
            return true;
    }
    return false;
}

/* lwIP forgets to take the end away from a lease that becomes one for ever. */
static void leases(void)
{
    struct dhcp *dhcp = netif_dhcp_data(&stack_link);

    if (dhcp && dhcp->offered_t0_lease == UINT32_MAX)
        dhcp->t0_timeout = 0;
    dhcp_coarse_tmr();
}

static void old_age(void)
{
    etharp_tmr();
    ip_reass_tmr();
    ip6_reass_tmr();
    nd6_tmr();
}

static struct ticker {
    unsigned interval_ms;
    void (*tick)(void);
    bool (*is_waited_for)(void); /* NULL: always */
    nanoseconds due;             /* 0: does not tick */
} tickers[] = {
    {TCP_TMR_INTERVAL, connections_tick, connections_wait, 0},
    {DHCP_FINE_TIMER_MSECS, dhcp_fine_tmr, dhcp_waits, 0},
    {IGMP_TMR_INTERVAL, igmp_tmr, igmp_waits, 0},
    {MLD6_TMR_INTERVAL, mld6_tmr, mld_waits, 0},
    {ARP_TMR_INTERVAL, old_age, NULL, 0},
    {DHCP_COARSE_TIMER_SECS * 1000, leases, NULL, 0},
};

void clock_set(void)
{
    nanoseconds now = arch_clock(), first = UINT64_MAX;

    for (struct ticker *t = tickers; t < tickers + COUNT_OF(tickers); t++) {
        if (t->is_waited_for && !t->is_waited_for())
            t->due = 0;
        else if (t->due == 0)
            t->due = now + t->interval_ms * MS;
        if (t->due && t->due < first)
            first = t->due;
    }
    if (timer.position == 0 || timer.deadline != first)
        timer_set(&timer, first);
}

/* After a long stop of the whole machine each ticks once, not as often as it should have. */
static void fire(struct timer *fired)
{
    nanoseconds now = arch_clock();

    for (struct ticker *t = tickers; t < tickers + COUNT_OF(tickers); t++) {
        if (t->due == 0 || t->due > now)
            continue;
        t->due = t->due + 2 * t->interval_ms * MS < now ? now : t->due;
        t->due += t->interval_ms * MS;
        t->tick();
    }
    stack_done();
}

/* lwIP says that TCP waits; clock_set sees it. */
void tcp_timer_needed(void)
{
}

void clock_start(void)
{
    if (timer_init(&timer, fire) != 0)
        panic("no memory for the network's clock");
}
