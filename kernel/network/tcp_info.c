/* SPDX-License-Identifier: Apache-2.0 */
/* TCP_INFO of a connection over the wire: what lwIP knows, in Linux's units. */
#include <linux/tcp.h>

#include <lwip/priv/tcp_priv.h>

#include "network/wire.h"

#define TICK_US (TCP_SLOW_INTERVAL * 1000U)

/* lwIP's states are RFC 793's in order of events, Linux's in net/tcp_states.h's. */
static const uint8_t states[] = {
    [CLOSED] = 7,      [LISTEN] = 10,    [SYN_SENT] = 2,   [SYN_RCVD] = 3,
    [ESTABLISHED] = 1, [FIN_WAIT_1] = 4, [FIN_WAIT_2] = 5, [CLOSE_WAIT] = 8,
    [CLOSING] = 11,    [LAST_ACK] = 9,   [TIME_WAIT] = 6,
};

static uint32_t count(const struct tcp_seg *segment)
{
    uint32_t segments = 0;

    for (; segment; segment = segment->next)
        segments++;
    return segments;
}

void wire_info(const struct socket *socket, struct tcp_info *info)
{
    const struct tcp_pcb *pcb = socket->inet.wire;

    info->tcpi_state = states[pcb->state];
    info->tcpi_retransmits = pcb->nrtx;
    info->tcpi_snd_wscale = pcb->snd_scale & 15;
    info->tcpi_rcv_wscale = pcb->rcv_scale & 15;
    info->tcpi_rto = (uint32_t)pcb->rto * TICK_US;
    info->tcpi_snd_mss = info->tcpi_rcv_mss = info->tcpi_advmss = pcb->mss;
    info->tcpi_unacked = count(pcb->unacked);
    info->tcpi_rtt = (uint32_t)(pcb->sa >> 3) * TICK_US;
    info->tcpi_rttvar = (uint32_t)(pcb->sv >> 2) * TICK_US;
    info->tcpi_snd_ssthresh = pcb->mss ? pcb->ssthresh / pcb->mss : 0;
    info->tcpi_snd_cwnd = pcb->mss ? pcb->cwnd / pcb->mss : 0;
    info->tcpi_rcv_space = pcb->rcv_wnd;
    info->tcpi_notsent_bytes = pcb->unsent ? (uint32_t)(pcb->snd_lbb - pcb->snd_nxt) : 0;
    info->tcpi_last_data_recv = (tcp_ticks - pcb->tmr) * TCP_SLOW_INTERVAL;
}
