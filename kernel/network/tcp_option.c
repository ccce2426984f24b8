/* SPDX-License-Identifier: Apache-2.0 */
/* What programs set of a connection over the wire, and TCP_INFO: what lwIP knows, in Linux's units.
 */
#include <asm/errno.h>
#include <linux/tcp.h>

#include <lwip/priv/tcp_priv.h>

#include "linux/socket_abi.h"
#include "network/stack.h"
#include "network/wire.h"

#define NEIGHBOUR_MS 3000U /* as long as Linux asks for a neighbour */
/* Numbers of Linux, netinet/tcp.h, in.h and in6.h */
enum { LEVEL_IP = 0, OPTION_TOS = 1, OPTION_TTL = 2 };
enum { LEVEL_V6 = 41, OPTION_HOPS = 16, OPTION_TCLASS = 67 };
enum {
    LEVEL_TCP = 6,
    OPTION_NODELAY = 1,
    OPTION_CORK = 3,
    OPTION_KEEPIDLE = 4,
    OPTION_KEEPINTVL = 5,
    OPTION_KEEPCNT = 6,
    OPTION_USER_TIMEOUT = 18
};
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

/* Time that nothing has arrived for, while something is under way or waits for it: a window that
 * stays shut counts, too. */
static uint32_t standstill_ms(struct socket *socket, const struct tcp_pcb *pcb)
{
    if (pcb->lastack != socket->inet.progress || (!pcb->unacked && !pcb->unsent)) {
        socket->inet.progress = pcb->lastack;
        socket->inet.since = tcp_ticks;
    }
    return (tcp_ticks - socket->inet.since) * TCP_SLOW_INTERVAL;
}

/* RFC 6298, 2: what is lost before anything was measured goes again after a second; lwIP's own is
 * three. A SYN then after two, and each four: 20 s in all, as lwIP counts them. */
void wire_clock(struct tcp_pcb *pcb)
{
    pcb->sv = 1000 / TCP_SLOW_INTERVAL;
    pcb->rto = (s16_t)(pcb->sv << LWIP_MIN(pcb->nrtx, 2));
}

/* Each turn of the slow clock, while connecting, under TCP_USER_TIMEOUT or a cork, or while a
 * sender waits: lwIP says nothing when there is memory again. */
static err_t looked_at(void *argument, struct tcp_pcb *pcb)
{
    struct socket *socket = argument;
    uint32_t limit = (uint32_t)inet_option_number(socket, LEVEL_TCP, OPTION_USER_TIMEOUT);
    uint32_t standstill = standstill_ms(socket, pcb);
    int error = 0;

    if (socket->state == SOCKET_CONNECTING)
        wire_clock(pcb);
    if (socket->state == SOCKET_CONNECTING && standstill >= NEIGHBOUR_MS &&
        !neighbour_answers(&pcb->remote_ip))
        error = EHOSTUNREACH;
    else if (limit && standstill >= limit)
        error = ETIMEDOUT;
    if (!error) {
        socket->inet.starved = false;
        cork_push(pcb);
        wire_room(socket);
        wire_patience(socket);
        return ERR_OK;
    }
    wire_lost(pcb, error);
    return ERR_ABRT;
}

void wire_patience(struct socket *socket)
{
    bool is_needed = socket->state == SOCKET_CONNECTING || socket->inet.full ||
                     (wire_pcb(socket)->flags & CORKED) ||
                     inet_option_number(socket, LEVEL_TCP, OPTION_USER_TIMEOUT);

    tcp_poll(socket->inet.wire, is_needed ? looked_at : NULL, 1);
}

static uint32_t option_ms(const struct socket *socket, int option)
{
    return (uint32_t)inet_option_number(socket, LEVEL_TCP, option) * 1000;
}

static int option_ip(const struct socket *socket, int v4, int v6)
{
    return inet_is_v4(&socket->inet.remote) ? inet_option_number(socket, LEVEL_IP, v4)
                                            : inet_option_number(socket, LEVEL_V6, v6);
}

bool wire_is_connection(const struct socket *socket)
{
    return socket->inet.wire && socket->type == SOCK_STREAM && socket->state != SOCKET_LISTENING;
}

void wire_options(struct socket *socket)
{
    struct tcp_pcb *pcb = socket->inet.wire;

    if (!wire_is_connection(socket))
        return;
    tcp_clear_flags(pcb, CORKED);
    if (option_ms(socket, OPTION_CORK))
        tcp_set_flags(pcb, CORKED);
    if (option_ms(socket, OPTION_NODELAY))
        tcp_nagle_disable(pcb);
    else
        tcp_nagle_enable(pcb);
    if (!socket_option_on(socket, SO_KEEPALIVE)) {
        ip_reset_option(pcb, SOF_KEEPALIVE);
    } else if (!ip_get_option(pcb, SOF_KEEPALIVE) ||
               pcb->keep_idle != (u32_t)option_ms(socket, OPTION_KEEPIDLE)) {
        ip_set_option(pcb, SOF_KEEPALIVE);
        pcb->tmr = tcp_ticks; /* or lwIP drops who was silent for long already, and does not ask */
        pcb->keep_cnt_sent = 0;
    }
    pcb->keep_idle = option_ms(socket, OPTION_KEEPIDLE);
    pcb->keep_intvl = option_ms(socket, OPTION_KEEPINTVL);
    pcb->keep_cnt = option_ms(socket, OPTION_KEEPCNT) / 1000;
    pcb->tos = (u8_t)option_ip(socket, OPTION_TOS, OPTION_TCLASS);
    pcb->ttl = (u8_t)option_ip(socket, OPTION_TTL, OPTION_HOPS);
    socket->inet.since = tcp_ticks;
    wire_patience(socket);
}

/* man 7 tcp: to set TCP_NODELAY sends what waits, even behind a cork. */
void wire_options_set(struct socket *socket)
{
    struct tcp_pcb *pcb = socket->inet.wire;

    wire_options(socket);
    if (!wire_is_connection(socket))
        return;
    if (pcb->flags & TF_NODELAY)
        cork_push(pcb);
    else
        tcp_output(pcb);
    stack_done();
}
