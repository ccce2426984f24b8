/* SPDX-License-Identifier: Apache-2.0 */
/* Socket constants that Linux gives programs through libc's headers only. Values of x86-64. */
#pragma once
#include <asm/socket.h>
#include <stdint.h>

enum { AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, AF_MAX = 46 };
enum { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_RDM = 4, SOCK_SEQPACKET = 5 };
#define SOCK_CLOEXEC     02000000U
#define SOCK_NONBLOCK    04000U
#define MSG_OOB          1U
#define MSG_PEEK         2U
#define MSG_CTRUNC       8U
#define MSG_TRUNC        0x20U
#define MSG_DONTWAIT     0x40U
#define MSG_EOR          0x80U
#define MSG_WAITALL      0x100U
#define MSG_ERRQUEUE     0x2000U
#define MSG_NOSIGNAL     0x4000U
#define MSG_MORE         0x8000U
#define MSG_WAITFORONE   0x10000U
#define MSG_CMSG_CLOEXEC 0x40000000U
enum { SCM_RIGHTS = 1, SCM_CREDENTIALS = 2 };
#define SOCKET_BACKLOG_MAX 4096 /* somaxconn */

struct linux_msghdr {
    uint64_t name;
    uint32_t name_size, pad;
    uint64_t vector, vector_count;
    uint64_t control, control_size;
    uint32_t flags, pad2;
};
struct linux_cmsghdr {
    uint64_t size; /* with this header */
    int32_t level, type;
};
struct linux_mmsghdr {
    struct linux_msghdr header;
    uint32_t size, pad;
};
_Static_assert(sizeof(struct linux_msghdr) == 56, "struct msghdr of x86-64");
_Static_assert(sizeof(struct linux_mmsghdr) == 64, "struct mmsghdr of x86-64");
