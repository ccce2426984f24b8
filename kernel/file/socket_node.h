/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_UNIX stream sockets whose other end is on another node: connect to /node/N/NAME. A program
 * listens by binding /node/SELF/NAME, which is an ordinary name in the tree, open to programs of
 * this node and of all others.
 */
#pragma once
#include "file/socket.h"

int node_socket_init(void) MUST_CHECK; /* after tree_init and channel_init; -ENOMEM */
/* Is it the name of a stream on another node, or is the socket already on the way there? */
bool node_is_remote(const struct socket *socket, const struct socket_name *name);
/* -ECONNREFUSED: nobody listens there. -EHOSTUNREACH: that node does not run. Else as TCP. */
int node_connect(struct socket *socket, const struct socket_name *name,
                 bool nonblocking) MUST_CHECK MAY_SLEEP;
void node_forget(struct socket *socket);       /* after a connect that failed, before it is freed */
unsigned node_connection_count(uint32_t node); /* with that node, now */
