/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_INET and AF_INET6 without a network: this node reaches itself over loopback (127.0.0.0/8,
 * ::1), everything else is unreachable. Inside, an IPv4 address is ::ffff:a.b.c.d, so both families
 * share ports and code.
 */
#pragma once
#include "file/socket.h"

/* inet.c: addresses and names */
bool inet_is_any(const struct inet_address *address);
bool inet_is_v4(const struct inet_address *address);
bool inet_same_host(const struct inet_address *a, const struct inet_address *b);
bool inet_is_local(const struct inet_address *address); /* loopback */
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
/* Gives an unbound socket the source address and a port for talking to `to`. -EADDRNOTAVAIL: no
 * port left. */
int inet_bind_source(struct socket *socket, const struct inet_address *to) MUST_CHECK;
/* Undoes it, unless the program had bound by itself. */
void inet_unbind_source(struct socket *socket);

/* inet_ports.c: who has which port */
/* Takes address->port, or a free one when it is 0. -EADDRINUSE. */
int port_take(struct socket *socket, const struct inet_address *local) MUST_CHECK;
void port_share(struct socket *accepted); /* its local address and port, known to be right */
void port_leave(struct socket *socket);
bool port_listener_conflicts(const struct socket *socket); /* another listens there already */
struct socket *port_listener(const struct inet_address *to);
struct socket *port_receiver(const struct inet_address *to,
                             const struct inet_address *from); /* UDP */

/* inet_option.c */
int inet_set_option(struct socket *socket, int level, int option, const void *value, uint32_t size);
int inet_get_option(struct socket *socket, int level, int option, void *value, uint32_t *size);

extern const struct socket_ops tcp_ops, udp_ops;
