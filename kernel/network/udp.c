/* SPDX-License-Identifier: Apache-2.0 */
/* Datagram sockets over the wire. What arrives goes into the receiver's list, or is lost when that
 * is full. */
#include <asm/errno.h>

#include <lwip/udp.h>

#include "lib/list.h"
#include "linux/socket_abi.h"
#include "memory/heap.h"
#include "network/interface.h"
#include "network/shared.h"
#include "network/stack.h"
#include "network/wire.h"

static void facts_of_current(struct packet_facts *facts, u16_t port)
{
    address_from_lwip(ip_current_dest_addr(), port, &facts->host);
    facts->has_host = true;
    facts->interface = CARD_INDEX;
    if (ip_current_is_v6()) {
        facts->tos = IP6H_TC(ip6_current_header());
        facts->ttl = IP6H_HOPLIM(ip6_current_header());
    } else {
        facts->tos = IPH_TOS(ip4_current_header());
        facts->ttl = IPH_TTL(ip4_current_header());
    }
}

static void received(void *argument, struct udp_pcb *pcb, struct pbuf *data,
                     const ip_addr_t *address, u16_t port)
{
    const ip_addr_t *host = ip_current_dest_addr();
    struct socket *socket = argument;
    size_t size = data->tot_len;
    struct inet_address from, to;
    struct message *message = NULL;

    address_from_lwip(address, port, &from);
    address_from_lwip(host, pcb->local_port, &to);
    /* To many: lwIP asks all, each for itself. To one: of those who share the port it took any. */
    if ((socket_option_on(socket, SO_REUSEADDR) || socket_option_on(socket, SO_REUSEPORT)) &&
        !ip_addr_ismulticast(host) && !ip_addr_isbroadcast(host, ip_current_netif()))
        socket = port_receiver(&to, &from, CARD_INDEX);
    bool is_wanted =
        socket && !(socket->shutdown & SHUT_RECEIVE) &&
        (socket->state != SOCKET_CONNECTED ||
         (socket->inet.remote.port == port && inet_same_host(&socket->inet.remote, &from))) &&
        socket->message_bytes + size + MESSAGE_OVERHEAD <= socket->receive_size;

    if (is_wanted && !socket_memory_is_short(size))
        message = heap_alloc(sizeof(*message) + size);
    if (message) {
        list_init(&message->link);
        message->size = size;
        pbuf_copy_partial(data, message->bytes, (u16_t)size, 0);
        inet_format(socket, &from, &message->from);
        facts_of_current(&message->packet, pcb->local_port);
        message_push(socket, message);
    }
    pbuf_free(data);
}

int wire_bind(struct socket *socket)
{
    const struct inet_address *local = &socket->inet.local;
    bool both = inet_is_any(local) && !inet_is_v4(local) && !socket->inet.only_v6;
    struct udp_pcb *pcb = udp_new_ip_type(both                ? IPADDR_TYPE_ANY
                                          : inet_is_v4(local) ? IPADDR_TYPE_V4
                                                              : IPADDR_TYPE_V6);
    ip_addr_t address;

    if (!pcb)
        return -ENOBUFS;
    address_to_lwip(local, &address);
    if (both)
        address = *IP_ANY_TYPE;
    ip_set_option(pcb, SOF_REUSEADDR);
    if (udp_bind(pcb, &address, local->port) != ERR_OK) {
        udp_remove(pcb);
        return -EADDRINUSE;
    }
    udp_recv(pcb, received, socket);
    socket->inet.wire = pcb;
    shared_tell(true, local->port);
    return 0;
}

void wire_unbind(struct socket *socket)
{
    struct udp_pcb *pcb = socket->inet.wire;
    uint16_t port = pcb ? pcb->local_port : 0;

    udp_remove(pcb);
    socket->inet.wire = NULL;
    shared_tell(true, port);
}

int wire_send(struct socket *socket, const struct inet_address *to, struct message *message)
{
    struct udp_pcb *pcb = socket->inet.wire;
    ip_addr_t address;

    if (!pcb)
        return -ENETUNREACH; /* bound to loopback */
    struct pbuf *data = pbuf_alloc(PBUF_TRANSPORT, (u16_t)message->size, PBUF_RAM);

    if (!data)
        return -ENOBUFS;
    pbuf_take(data, message->bytes, (u16_t)message->size);
    address_to_lwip(to, &address);
    if (socket_option_on(socket, SO_BROADCAST))
        ip_set_option(pcb, SOF_BROADCAST);
    else
        ip_reset_option(pcb, SOF_BROADCAST);
    const struct packet_facts *facts = &message->packet;
    ip_addr_t from;

    pcb->tos = facts->tos;
    pcb->ttl = facts->ttl;
    udp_set_multicast_ttl(pcb, facts->ttl);
    if (facts->has_host)
        address_to_lwip(&facts->host, &from);
    else
        from = pcb->local_ip;
    err_t error = facts->has_host || shared_is(&from)
                      ? udp_sendto_if_src(pcb, data, &address, to->port, &stack_link, &from)
                      : udp_sendto(pcb, data, &address, to->port);

    pbuf_free(data);
    stack_done();
    switch (error) {
    case ERR_OK:
    case ERR_IF: /* the card is full: lost on the way */
        return 0;
    case ERR_RTE:
        return -ENETUNREACH;
    case ERR_VAL:
        return -EACCES; /* broadcast without SO_BROADCAST */
    default:
        return -ENOBUFS;
    }
}
