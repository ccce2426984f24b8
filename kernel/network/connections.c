/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_active_pcbs and tcp_tw_pcbs are the heads of one of our lists, whichever a call has chosen;
 * all else of lwIP stays as it is. Segments come through __wrap_tcp_input (ld --wrap), after lwIP
 * has put fragments together and before it looks for the connection.
 */
#include "network/connections.h"

#include <lwip/inet_chksum.h>
#include <lwip/priv/tcp_priv.h>

#include "arch/arch.h"
#include "lib/random.h"
#include "lib/string.h"
#include "network/cookie.h"
#include "network/stack.h"

#define LISTS         1024U /* with 10,000 connections ten in each */
#define HALF_OPEN_MAX 128   /* of a listener; then cookies */
#define FADING_MAX    32    /* in TIME_WAIT, of a list: 32,768 of a node, 10 MB */
#define ORPHAN_TICKS  (60 * 1000 / TCP_SLOW_INTERVAL)
#define MINUTE_NS     60000000000UL
#define OPTIONS_SIZE  12
#define ANSWER        (TCP_SYN | TCP_ACK)

void __real_tcp_input(struct pbuf *segment, struct netif *link);
void __wrap_tcp_input(struct pbuf *segment, struct netif *link);

static struct {
    struct tcp_pcb *active, *fading;
} lists[LISTS];
static unsigned chosen;
static uint64_t occupied[LISTS / 64]; /* which lists are not empty, but for the chosen one */
static unsigned occupied_count;
static uint32_t cookies_until; /* minute() in which one that was made may still be read */
static uint32_t forced_number;
bool connections_quiet;

/* ---- lists ---- */

static bool is_occupied(unsigned list)
{
    return occupied[list / 64] >> list % 64 & 1;
}

static void choose(unsigned list)
{
    if (list == chosen)
        return;
    lists[chosen].active = tcp_active_pcbs;
    lists[chosen].fading = tcp_tw_pcbs;
    if (tcp_active_pcbs || tcp_tw_pcbs) {
        occupied[chosen / 64] |= 1UL << chosen % 64;
        occupied_count++;
    }
    chosen = list;
    tcp_active_pcbs = lists[list].active;
    tcp_tw_pcbs = lists[list].fading;
    occupied_count -= is_occupied(list);
    occupied[list / 64] &= ~(1UL << list % 64);
}

/* The next list from `list` on with connections in it; LISTS: none. It is chosen. */
static unsigned choose_next(unsigned list)
{
    while (list < LISTS && list != chosen && !is_occupied(list))
        list++;
    if (list < LISTS)
        choose(list);
    return list;
}

static uint64_t address_sum(const ip_addr_t *address, const uint64_t *key)
{
    uint64_t sum = 0;

    if (IP_IS_V4(address))
        return key[0] * ip_2_ip4(address)->addr;
    for (unsigned i = 0; i < 4; i++)
        sum += key[i] * ip_2_ip6(address)->addr[i];
    return sum;
}

/* Multilinear, keys unknown outside: nobody can choose ports that meet in one list. The upper half
 * is the good one. */
static uint64_t hash(const ip_addr_t *remote, uint16_t remote_port, const ip_addr_t *local,
                     uint16_t local_port)
{
    static uint64_t key[10];

    if (key[9] == 0)
        random_bytes(key, sizeof(key));
    key[9] |= 1;
    return key[9] + key[8] * ((uint32_t)remote_port << 16 | local_port) + address_sum(remote, key) +
           address_sum(local, key + 4);
}

static void choose_hash(uint64_t value)
{
    choose((unsigned)(value >> 32) % LISTS);
}

void connection_choose(const struct tcp_pcb *pcb)
{
    choose_hash(hash(&pcb->remote_ip, pcb->remote_port, &pcb->local_ip, pcb->local_port));
}

void connections_visit(bool (*visit)(struct tcp_pcb *pcb))
{
    for (unsigned list = 0; (list = choose_next(list)) < LISTS; list++) {
        for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
            if (!visit(pcb))
                return;
        }
    }
}

bool connections_wait(void)
{
    return occupied_count || tcp_active_pcbs || tcp_tw_pcbs;
}

void connections_listener_ends(const struct tcp_pcb *listener)
{
    for (unsigned list = 0; (list = choose_next(list)) < LISTS; list++) {
        for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
            if ((const struct tcp_pcb *)pcb->listener == listener)
                pcb->listener = NULL;
        }
    }
}

void connections_address_ends(const ip_addr_t *address)
{
    for (unsigned list = 0; (list = choose_next(list)) < LISTS; list++) {
        tcp_netif_ip_addr_changed(address, NULL);
    }
}

/* ---- time ---- */

/* In fields that only a connection with keep-alive uses: how far the other end has taken what was
 * sent, and when it last went on. lwIP counts a minute of LAST_ACK from our end of it, and would
 * drop what is still under way. */
void connection_orphan(struct tcp_pcb *pcb)
{
    ip_reset_option(pcb, SOF_KEEPALIVE);
    pcb->keep_idle = pcb->lastack;
    pcb->keep_intvl = pcb->tmr = tcp_ticks;
}

static void orphans_look(void)
{
    struct tcp_pcb *next;

    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
        next = pcb->next;
        if (pcb->callback_arg)
            continue;
        if (pcb->lastack != pcb->keep_idle)
            connection_orphan(pcb);
        else if (tcp_ticks - pcb->keep_intvl >= ORPHAN_TICKS)
            tcp_abort(pcb);
    }
}

/* The newest stand first. */
static void fading_look(void)
{
    struct tcp_pcb *pcb = tcp_tw_pcbs;

    for (unsigned i = 1; pcb && i < FADING_MAX; i++)
        pcb = pcb->next;
    while (pcb && pcb->next)
        tcp_abort(pcb->next);
}

/* lwIP counts its ticks in a byte, and leaves out who has the present number: each list is a tick
 * of its own, so that byte is put back first. */
static void tick(void (*clock)(void))
{
    static uint8_t count;

    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
        pcb->last_timer = count;
    count++;
    clock();
}

void connections_tick(void)
{
    static bool is_slow;
    uint32_t ticks = tcp_ticks;

    is_slow = !is_slow;
    tcp_ticks += is_slow;
    for (unsigned list = 0; (list = choose_next(list)) < LISTS; list++) {
        tick(tcp_fasttmr);
        if (!is_slow)
            continue;
        tcp_ticks = ticks;
        tick(tcp_slowtmr);
        orphans_look();
        fading_look();
    }
}

/* ---- a SYN, and the answer to a cookie ---- */

static struct tcp_pcb *find_in(struct tcp_pcb *pcb, const ip_addr_t *remote, uint16_t remote_port,
                               const ip_addr_t *local, uint16_t local_port)
{
    while (pcb && (pcb->remote_port != remote_port || pcb->local_port != local_port ||
                   !ip_addr_cmp(&pcb->remote_ip, remote) || !ip_addr_cmp(&pcb->local_ip, local)))
        pcb = pcb->next;
    return pcb;
}

static struct tcp_pcb *find(struct tcp_pcb *pcb, const struct tcp_hdr *head)
{
    return find_in(pcb, ip_current_src_addr(), lwip_ntohs(head->src), ip_current_dest_addr(),
                   lwip_ntohs(head->dest));
}

struct tcp_pcb *connection_known(const ip_addr_t *remote, uint16_t remote_port,
                                 const ip_addr_t *local, uint16_t local_port)
{
    choose_hash(hash(remote, remote_port, local, local_port));
    struct tcp_pcb *pcb = find_in(tcp_active_pcbs, remote, remote_port, local, local_port);

    return pcb ? pcb : find_in(tcp_tw_pcbs, remote, remote_port, local, local_port);
}

static struct tcp_pcb_listen *find_listener(const struct tcp_hdr *head)
{
    uint16_t port = lwip_ntohs(head->dest);
    struct tcp_pcb_listen *any = NULL;

    for (struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb; pcb = pcb->next) {
        bool is_all = IP_IS_ANY_TYPE_VAL(pcb->local_ip);

        if (pcb->local_port != port ||
            (!is_all && !IP_ADDR_PCB_VERSION_MATCH_EXACT(pcb, ip_current_dest_addr())))
            continue;
        if (is_all || ip_addr_isany(&pcb->local_ip))
            any = pcb;
        else if (ip_addr_cmp(&pcb->local_ip, ip_current_dest_addr()))
            return pcb;
    }
    return any;
}

uint32_t connection_first_number(void)
{
    return connections_quiet ? forced_number : network_random();
}

/* A segment without data: ports and numbers in network order. */
static struct pbuf *segment_make(struct tcp_hdr head, unsigned flags,
                                 const struct cookie_options *options, const ip_addr_t *from,
                                 const ip_addr_t *to)
{
    struct pbuf *segment = pbuf_alloc(PBUF_IP, sizeof(head) + OPTIONS_SIZE, PBUF_RAM);
    uint8_t bytes[OPTIONS_SIZE] = {
        2, 4, (uint8_t)(options->mss >> 8), (uint8_t)options->mss, 1, 3, 3, options->scale, 1, 1,
        4, 2};

    if (!segment)
        return NULL;
    if (options->scale == COOKIE_NO_SCALE)
        memset(bytes + 4, 1, 4);
    if (!options->sack)
        memset(bytes + 8, 1, 4);
    TCPH_HDRLEN_FLAGS_SET(&head, (sizeof(head) + OPTIONS_SIZE) / 4, flags);
    head.chksum = 0;
    head.urgp = 0;
    memcpy(segment->payload, &head, sizeof(head));
    memcpy((uint8_t *)segment->payload + sizeof(head), bytes, sizeof(bytes));
    head.chksum = ip_chksum_pseudo(segment, IP_PROTO_TCP, segment->tot_len, from, to);
    memcpy(segment->payload, &head, sizeof(head));
    return segment;
}

static uint32_t minute(void)
{
    return (uint32_t)(arch_clock() / MINUTE_NS) + 1;
}

bool connection_is_awaited(const ip_addr_t *remote, uint16_t remote_port, const ip_addr_t *local,
                           uint16_t local_port, uint32_t number, uint32_t acknowledged)
{
    struct cookie_who who = {.connection = hash(remote, remote_port, local, local_port),
                             .first = number - 1};
    struct cookie_options options;

    return cookies_until >= minute() && cookie_read(acknowledged - 1, &who, minute(), &options);
}

static void cookie_answer(const struct pbuf *segment, const struct tcp_hdr *head,
                          const struct cookie_who *who)
{
    size_t size = TCPH_HDRLEN_BYTES(head);

    if (size < sizeof(*head) || size > segment->len)
        return;
    struct cookie_options theirs =
        cookie_options_read((const uint8_t *)(head + 1), size - sizeof(*head));
    struct cookie_options ours = {
        .mss = tcp_eff_send_mss(TCP_MSS, ip_current_dest_addr(), ip_current_src_addr()),
        .scale = theirs.scale == COOKIE_NO_SCALE ? COOKIE_NO_SCALE : TCP_RCV_SCALE,
        .sack = theirs.sack};
    struct tcp_hdr answer = {.src = head->dest, .dest = head->src};

    answer.seqno = lwip_htonl(cookie_make(who, &theirs, minute()));
    answer.ackno = lwip_htonl(who->first + 1);
    answer.wnd = lwip_htons(0xffff);
    struct pbuf *out =
        segment_make(answer, ANSWER, &ours, ip_current_dest_addr(), ip_current_src_addr());

    if (!out)
        return;
    cookies_until = minute() + 2;
    ip_output_if(out, ip_current_dest_addr(), ip_current_src_addr(), TCP_TTL, 0, IP_PROTO_TCP,
                 ip_current_netif());
    pbuf_free(out);
}

/* The SYN that the cookie tells of, as if it came now; lwIP's answer to it has been sent. */
static void cookie_take(const struct tcp_hdr *head, struct netif *link,
                        const struct cookie_who *who)
{
    struct cookie_options options;
    uint32_t cookie = lwip_ntohl(head->ackno) - 1;
    struct tcp_hdr syn = *head;

    if (!cookie_read(cookie, who, minute(), &options))
        return;
    syn.seqno = lwip_htonl(who->first);
    syn.ackno = 0;
    struct pbuf *segment =
        segment_make(syn, TCP_SYN, &options, ip_current_src_addr(), ip_current_dest_addr());

    if (!segment)
        return;
    forced_number = cookie;
    connections_quiet = true;
    __real_tcp_input(segment, link);
    connections_quiet = false;
}

/* false: not for lwIP; it is as if it had been lost. */
static bool knock(const struct pbuf *segment, const struct tcp_hdr *head, struct netif *link,
                  uint64_t connection)
{
    bool is_syn = !(TCPH_FLAGS(head) & TCP_ACK);
    struct tcp_pcb *fading = find(tcp_tw_pcbs, head);
    const struct tcp_pcb_listen *listener;
    struct cookie_who who = {.connection = connection,
                             .first = lwip_ntohl(head->seqno) - (is_syn ? 0 : 1)};

    /* RFC 1122 4.2.2.13: a new one may follow it at once, if its numbers do. */
    if (fading && is_syn && TCP_SEQ_GT(who.first, fading->rcv_nxt)) {
        tcp_abort(fading);
        fading = NULL;
    }
    listener = fading ? NULL : find_listener(head);
    if (!listener)
        return true;
    if (listener_is_full(listener))
        return !is_syn && cookies_until < minute();
    if (!is_syn && cookies_until >= minute())
        cookie_take(head, link, &who);
    if (!is_syn || listener->accepts_pending < HALF_OPEN_MAX)
        return true;
    cookie_answer(segment, head, &who);
    return false;
}

/* RFC 793, 3.9, and RFC 5961, 5: what acknowledges nothing, a byte that was never sent, or one of
 * long ago, comes from somebody who guesses. lwIP would take its data. */
static bool is_guessed(const struct tcp_pcb *pcb, const struct tcp_hdr *head)
{
    unsigned flags = TCPH_FLAGS(head);
    uint32_t acknowledged = lwip_ntohl(head->ackno);

    return pcb->state >= ESTABLISHED && !(flags & (TCP_RST | TCP_SYN)) &&
           (!(flags & TCP_ACK) ||
            !TCP_SEQ_BETWEEN(acknowledged, pcb->lastack - pcb->snd_wnd_max, pcb->snd_nxt));
}

/* A reset, or what belongs to no connection, is lwIP's. */
void __wrap_tcp_input(struct pbuf *segment, struct netif *link)
{
    const struct tcp_hdr *head = segment->payload;
    bool is_lost = false;

    if (segment->len >= sizeof(*head)) {
        uint64_t connection = hash(ip_current_src_addr(), lwip_ntohs(head->src),
                                   ip_current_dest_addr(), lwip_ntohs(head->dest));
        unsigned flags = TCPH_FLAGS(head) & (TCP_RST | ANSWER);

        choose_hash(connection);
        const struct tcp_pcb *pcb = find(tcp_active_pcbs, head);

        if (pcb)
            is_lost = is_guessed(pcb, head) || (pcb->state == SYN_RCVD && flags == TCP_ACK &&
                                                pcb->listener && listener_is_full(pcb->listener));
        else if (flags == TCP_SYN || flags == TCP_ACK)
            is_lost = !knock(segment, head, link, connection);
    }
    if (is_lost)
        pbuf_free(segment);
    else
        __real_tcp_input(segment, link);
}
