/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lwIP believes of a segment, and would be broken by. It calls this (lwipopts.h) when the sum
 * is right and before the connection, or the listener, sees it; numbers are in the order of the
 * host.
 */
#include "network/segment.h"

#include <lwip/priv/tcp_priv.h>

#include "lib/string.h"

#define MSS_MIN 64 /* Linux: 48 */

enum { NOTHING = 1 }; /* the option that says nothing */

/* RFC 9293, 3.1 and 3.7.1: sizes are agreed on by SYN. lwIP would take another one at any time, and
 * then finds its own segments too large. */
static void options_remove(struct tcp_hdr *head, size_t size, size_t first, uint8_t *rest)
{
    memset(head + 1, NOTHING, first);
    if (rest)
        memset(rest, NOTHING, size - first);
}

/* Past its end nothing of it can come: lwIP would put the end behind that, and so beyond the
 * window. */
static bool is_past_end(const struct tcp_pcb *pcb, uint32_t end)
{
    const struct tcp_seg *last = pcb->ooseq;

    while (last && last->next)
        last = last->next;
    return last && (TCPH_FLAGS(last->tcphdr) & TCP_FIN) &&
           TCP_SEQ_GT(end, last->tcphdr->seqno + last->len);
}

/* The window is a promise, and lwIP cuts what overruns it only where nothing is missing before. */
bool segment_is_true(const struct tcp_pcb *pcb, struct tcp_hdr *head, size_t options, size_t first,
                     uint8_t *rest, size_t size)
{
    unsigned flags = TCPH_FLAGS(head);

    if (!(flags & TCP_SYN))
        options_remove(head, options, first, rest);
    if (pcb->state < SYN_RCVD)
        return true;
    uint32_t edge = pcb->rcv_nxt + pcb->rcv_wnd, end = head->seqno + (uint32_t)size;

    if (TCP_SEQ_GT(head->seqno, pcb->rcv_nxt) && TCP_SEQ_LT(head->seqno, edge) &&
        TCP_SEQ_GT(end + !!(flags & (TCP_SYN | TCP_FIN)), edge))
        return false;
    return size == 0 || !is_past_end(pcb, end);
}

void segment_sizes(struct tcp_pcb *pcb)
{
    pcb->mss = LWIP_MAX(pcb->mss, MSS_MIN);
    pcb->cwnd = LWIP_MAX(pcb->cwnd, 4 * MSS_MIN);
    /* While a window is shut what is written waits in whole segments: in crumbs it would take many
     * times the memory. */
    if (pcb->snd_wnd_max == 0)
        pcb->snd_wnd_max = 2U * pcb->mss;
    pcb->snd_wnd_max = LWIP_MAX(pcb->snd_wnd_max, 2 * MSS_MIN);
}
