/* SPDX-License-Identifier: Apache-2.0 */
/* The msghdr side of socket calls: names, vectors and control messages between a program and a
 * socket_message. */
#pragma once
#include "file/socket.h"
#include "linux/socket_abi.h"

int name_in(struct socket_name *name, user_addr from, uint32_t size) MUST_CHECK;
/* As much as the program's room (an int at size_at) takes; the full size is written there. */
int name_out(const struct socket_name *name, user_addr to, user_addr size_at) MUST_CHECK;
/* Descriptors and credentials of a sendmsg into message->attachment. */
int control_in(const struct socket *socket, struct socket_message *message,
               const struct linux_msghdr *header) MUST_CHECK;
/* What came with a recvmsg into the program's buffer, descriptors installed; header->control_size
 * becomes what was written. Sets MSG_CTRUNC in message->flags_out for what did not fit. */
void control_out(struct socket *socket, struct socket_message *message,
                 struct linux_msghdr *header) MAY_SLEEP;
