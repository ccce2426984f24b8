/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP_CORK and MSG_MORE (man 7 tcp, man 2 send): while it is not full, the last segment of what
 * waits stays behind, whoever makes lwIP send (ld --wrap). For one turn of lwIP's slow clock at
 * most, 200 ms: then tcp_option.c pushes what a cork holds, and lwIP itself the rest. lwIP's
 * persist timer, which no other place of ours sees, is put right here, too.
 */
#include <lwip/priv/tcp_priv.h>

#include "network/wire.h"

err_t __real_tcp_output(struct tcp_pcb *pcb);
err_t __wrap_tcp_output(struct tcp_pcb *pcb);

/* Where lwIP's list names that segment; NULL: none. What was sent before (a SYN's number says so
 * from the start) or has our end in it cannot grow. And lwIP's persist timer, which waits for a
 * window that is too small, ends only when lwIP sees what waits for it. */
static struct tcp_seg **held_find(struct tcp_pcb *pcb)
{
    struct tcp_seg **last = &pcb->unsent;

    if (!(pcb->flags & CORKED) || pcb->persist_backoff || (pcb->flags & TF_FIN) || !*last)
        return NULL;
    while ((*last)->next)
        last = &(*last)->next;
    bool is_new = !TCP_SEQ_LT(lwip_ntohl((*last)->tcphdr->seqno), pcb->snd_nxt);

    return is_new && (*last)->len < pcb->mss ? last : NULL;
}

err_t __wrap_tcp_output(struct tcp_pcb *pcb)
{
    struct tcp_seg **last = held_find(pcb);

    /* What waited for a window, and has been acknowledged since (it had been sent before): lwIP
     * leaves its persist timer on, which asserts then that something waits. */
    if (!pcb->unsent)
        pcb->persist_backoff = 0;
    if (!last)
        return __real_tcp_output(pcb);
    struct tcp_seg *held = *last;
    u16_t oversize = pcb->unsent_oversize;

    TCPH_SET_FLAG(held->tcphdr, TCP_PSH); /* nothing need follow it when it goes */
    *last = NULL;
    err_t error = __real_tcp_output(pcb);

    for (last = &pcb->unsent; *last;)
        last = &(*last)->next;
    *last = held;
    pcb->unsent_oversize = oversize;
    return error;
}

void cork_push(struct tcp_pcb *pcb)
{
    (void)__real_tcp_output(pcb);
}
