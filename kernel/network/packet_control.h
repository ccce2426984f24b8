/* SPDX-License-Identifier: Apache-2.0 */
/* What IP says of a datagram, as control messages of sendmsg and recvmsg (man 7 ip, ipv6, socket).
 */
#pragma once
#include "file/inet.h"

struct packet_control {
    int level, type;
    size_t size;
    uint8_t bytes[28];
};
/* The n-th that this receiver asked for and that is known; size 0: leave it out. false: no more. */
bool packet_control_at(unsigned n, const struct socket *socket,
                       const struct socket_message *message, struct packet_control *control);
/* One of a sendmsg. -EINVAL: not its size, or of no interface. Others' are ignored. */
int packet_control_read(const struct socket *socket, int level, int type, const void *data,
                        size_t size, struct packet_facts *facts) MUST_CHECK;
