/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment that was made before its path became narrower goes in pieces (RFC 8200, 4.5), and no
 * card makes a sum over several of them: it is made here. And neighbour discovery that came in
 * pieces is nothing (RFC 6980): sender.c looks at frames, and lwIP takes the kind of the whole from
 * the piece that came first, whichever it is.
 */
#include <lwip/inet_chksum.h>
#include <lwip/ip6_frag.h>
#include <lwip/nd6.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>

#include "network/static_six.h"

err_t __real_ip6_frag(struct pbuf *packet, struct netif *link, const ip6_addr_t *to);
err_t __wrap_ip6_frag(struct pbuf *packet, struct netif *link, const ip6_addr_t *to);
void __real_nd6_input(struct pbuf *packet, struct netif *link);
void __wrap_nd6_input(struct pbuf *packet, struct netif *link);

/* Headers of what lwIP sends stand in the first piece of its memory. */
static void sum_make(struct pbuf *packet)
{
    const struct ip6_hdr *ip = packet->payload;
    struct tcp_hdr *tcp = (struct tcp_hdr *)((char *)packet->payload + IP6_HLEN);
    ip6_addr_t from, to;

    ip6_addr_copy_from_packed(from, ip->src);
    ip6_addr_copy_from_packed(to, ip->dest);
    pbuf_remove_header(packet, IP6_HLEN);
    tcp->chksum = 0;
    tcp->chksum = ip6_chksum_pseudo(packet, IP6_NEXTH_TCP, packet->tot_len, &from, &to);
    pbuf_add_header(packet, IP6_HLEN);
}

err_t __wrap_ip6_frag(struct pbuf *packet, struct netif *link, const ip6_addr_t *to)
{
    const struct ip6_hdr *ip = packet->payload;

    if (IP6H_NEXTH(ip) == IP6_NEXTH_TCP && !(link->chksum_flags & NETIF_CHECKSUM_GEN_TCP) &&
        packet->len >= IP6_HLEN + TCP_HLEN)
        sum_make(packet);
    return __real_ip6_frag(packet, link, to);
}

/* What came in one frame is in one part of memory. A router's words change what lwIP knows of our
 * addresses. */
void __wrap_nd6_input(struct pbuf *packet, struct netif *link)
{
    if (packet->next)
        pbuf_free(packet);
    else
        __real_nd6_input(packet, link);
    static_six_look();
}
