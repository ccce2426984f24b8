/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to many (RFC 1112, 2710; man 7 ip, ipv6): asked by file/socket_udp.c and the options.
 */
#pragma once
#include "file/inet.h"

/* IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, and IPv6's. -EINVAL, -ENODEV, -EADDRINUSE: joined already,
 * -EADDRNOTAVAIL: not joined, -ENOBUFS: too many, -EPROTO: a stream. */
int multicast_option(struct socket *socket, int level, int option, const void *value,
                     uint32_t size) MUST_CHECK;
/* IP_MULTICAST_IF, IPV6_MULTICAST_IF: what the option's number becomes. -EADDRNOTAVAIL, -ENODEV. */
int multicast_interface_set(int level, const void *value, uint32_t size, int *number) MUST_CHECK;
