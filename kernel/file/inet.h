/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_INET and AF_INET6. A node reaches itself (127.0.0.0/8, ::1, its own addresses) without
 * packets: the two sockets are joined. The rest of the world is struct inet_wire. Inside, an IPv4
 * address is
 * ::ffff:a.b.c.d, so both families share ports and code.
 */
#pragma once
#include "file/socket.h"

/* inet.c: addresses and names */
bool inet_is_any(const struct inet_address *address);
bool inet_is_v4(const struct inet_address *address);
bool inet_same_host(const struct inet_address *a, const struct inet_address *b);
bool inet_is_loopback(const struct inet_address *address);
#define LO_DEVICE 1 /* index of lo */
bool inet_is_multicast(const struct inet_address *address);
bool inet_is_local(const struct inet_address *address); /* this node itself */
void inet_set_loopback(struct inet_address *address, bool v4);
/* -EINVAL: size, -EAFNOSUPPORT: family. */
int inet_parse(const struct socket *socket, const struct socket_name *name,
               struct inet_address *address) MUST_CHECK;
void inet_format(const struct socket *socket, const struct inet_address *address,
                 struct socket_name *name);
/* A destination as the stack would route it: "any" is loopback. -ENETUNREACH. */
int inet_route(const struct socket *socket, struct inet_address *to) MUST_CHECK;
int inet_bind(struct socket *socket, const struct socket_name *name);
int inet_name(struct socket *socket, bool peer, struct socket_name *name);
/* A connection that was reset, or that both ends have ended: Linux's CLOSE. */
static inline bool inet_is_over(const struct socket *socket)
{
    return socket->inet.reset || (socket->ended && (socket->shutdown & SHUT_SEND));
}
/* The address that talks to `to`, which inet_route has let pass; the port stays. */
void inet_source(const struct inet_address *to, struct inet_address *source);
/* Gives an unbound socket the source address and a port for talking to `to`. -EADDRNOTAVAIL: no
 * port left. */
int inet_bind_source(struct socket *socket, const struct inet_address *to) MUST_CHECK;
/* A datagram socket that has its port: it receives from the wire, too, unless bound to loopback. */
int inet_bind_wire(struct socket *socket) MUST_CHECK;
/* Undoes it, but for what the program had bound by itself. */
void inet_unbind_source(struct socket *socket);

struct tcp_info;
/* What lies beyond this node, when there is a network: set by network/. Those that connect or
 * listen there keep its part of them in socket->inet.wire. */
struct inet_wire {
    bool (*is_own)(const struct inet_address *address);
    /* Where packets to `to` come from. false: there is no way. */
    bool (*source)(const struct inet_address *to, struct inet_address *source);
    int (*listen)(struct socket *socket); /* also here, from now on; local address and port stand */
    /* Begins; local and remote stand. The socket is CONNECTING, and its ops are the wire's. */
    int (*connect)(struct socket *socket);
    int (*bind)(struct socket *socket); /* datagram: receives here too, from now on */
    int (*send)(struct socket *socket, const struct inet_address *to, struct message *message);
    void (*options)(struct socket *socket); /* some were set */
    void (*info)(const struct socket *socket, struct tcp_info *info);
    void (*leave)(struct socket *socket); /* listens, or is bound, no more */
};
extern const struct inet_wire *inet_wire; /* NULL: all other addresses are unreachable */
/* For socket_inet.c and the wire: a new connection of a listener, options as it has them. NULL: no
 * memory. */
struct socket *tcp_pending(const struct socket *listener) MUST_CHECK;
/* What connect answers, and until then. */
int tcp_connect_wait(struct socket *socket) MUST_CHECK MAY_SLEEP;
void tcp_fail(struct socket *socket, int error);
/* connect to nothing (AF_UNSPEC): fresh again, but for its options and what the program had bound;
 * whoever waits is woken, and told ECONNRESET. */
void tcp_undone(struct socket *socket);

/* inet_ports.c: who has which port */
/* Takes address->port, or a free one when it is 0. -EADDRINUSE. */
int port_take(struct socket *socket, const struct inet_address *local) MUST_CHECK;
void port_share(struct socket *accepted); /* its local address and port, known to be right */
void port_leave(struct socket *socket);
/* The socket behind this one in the table, NULL at the end; of NULL: the first. */
struct socket *port_next(const struct socket *socket);
bool port_listener_conflicts(const struct socket *socket); /* another listens there already */
/* Who gets what comes by this interface, or NULL. Of several listeners (SO_REUSEPORT) the one with
 * the shorter queue; of receivers of datagrams who is connected to the sender, else by hash of it,
 * else the last one bound. */
struct socket *port_listener(const struct inet_address *to, uint32_t interface);
struct socket *port_receiver(const struct inet_address *to, const struct inet_address *from,
                             uint32_t interface);

/* network/inet_option.c */
/* The same options; false: no memory. */
bool inet_options_copy(struct socket *to, const struct socket *from) MUST_CHECK;
/* What an option of IP, IPv6, TCP or UDP is now; one that is not known: 0. */
int inet_option_number(const struct socket *socket, int level, int option);
int inet_set_option(struct socket *socket, int level, int option, const void *value, uint32_t size);
int inet_get_option(struct socket *socket, int level, int option, void *value, uint32_t *size);

/* network/multicast.c: to a group, by the interface of call, socket or option. -ENETUNREACH: by
 * none.
 */
bool multicast_has_way(const struct socket *socket, const struct inet_address *to);
long multicast_send(struct socket *socket, struct socket_message *call,
                    const struct inet_address *to) MAY_SLEEP;
void multicast_release(struct socket *socket); /* leaves all its groups */

extern const struct socket_ops tcp_ops, udp_ops;
