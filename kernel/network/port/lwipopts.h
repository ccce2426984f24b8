/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lwIP is for us: the TCP/IP of one node that serves many connections, in a kernel that never
 * preempts itself, with memory that grows as it is used. lwIP's own values are a
 * microcontroller's; each one that is not kept has its reason here.
 */
#pragma once

/* ---- the system below ---- */
#define NO_SYS               1 /* one kernel, one core: lwIP is called, it runs nothing of its own */
#define SYS_LIGHTWEIGHT_PROT 0 /* interrupts are off in all of the kernel */
#define LWIP_NETCONN         0 /* programs' sockets stand on the raw interface: network/tcp.c ... */
#define LWIP_SOCKET          0 /* needs LWIP_NETCONN */
#define LWIP_TIMERS          0 /* network/clock.c: an idle node takes no interrupts for lwIP */
#define LWIP_STATS           0 /* what we count stands in /proc/hydros/network */
/* A broken invariant of lwIP ends the node like one of ours; its sentences stay out of the
 * kernel. */
#define LWIP_PLATFORM_ASSERT(text) network_broken(__LINE__)

/* ---- memory: the kernel's heap, no pools: a pool must be as large as the worst day ---- */
#define MEM_LIBC_MALLOC 1 /* lwIP's own heap has one size */
#define MEMP_MEM_MALLOC 1 /* what would be in pools comes from the heap, too */
/* Refuses before the kernel is short of memory. */
#define mem_clib_malloc network_alloc
#define mem_clib_calloc network_alloc_zeroed
#define mem_clib_free   network_free
#define MEM_ALIGNMENT   8          /* pointers in what is allocated */
#define MEM_SIZE        0x7fffffff /* only sizes are checked against it */

/* ---- Ethernet ---- */
#define LWIP_ARP                     1
#define ETHARP_SUPPORT_VLAN          0  /* would take tagged frames of any network for ours */
#define ARP_TABLE_SIZE               64 /* a server talks to a router and to a rack of neighbours */
#define ARP_QUEUEING                 1 /* a burst to a new neighbour is kept, not only its last frame */
#define ARP_QUEUE_LEN                8 /* the pieces of a datagram of 11 KiB */
#define LWIP_NETIF_HOSTNAME          1 /* told to DHCP: each node has its own */
#define LWIP_NETIF_LOOPBACK          0 /* a node's way to itself needs no packets: file/socket_inet.c */
#define LWIP_NETIF_STATUS_CALLBACK   1           /* addresses came or went: the log says so */
#define LWIP_CHKSUM                  network_sum /* eight bytes a turn; lwIP's own takes two */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1 /* a sum that others checked, or will make, is left out */
#define LWIP_CHECKSUM_ON_COPY        0 /* the card makes it */

/* ---- IP ---- */
#define LWIP_IPV4                      1
#define LWIP_IPV6                      1   /* programs and clients of today speak both */
#define IP_DEFAULT_TTL                 64  /* Linux's */
#define IP_REASS_MAX_PBUFS             256 /* four largest datagrams at once; more is an attack */
#define IP_SOF_BROADCAST               1   /* SO_BROADCAST is asked for, as on Linux */
#define IP_SOF_BROADCAST_RECV          0   /* ... for sending alone */
#define LWIP_IPV6_NUM_ADDRESSES        4   /* link-local, two prefixes, one by hand */
#define LWIP_ND6_NUM_NEIGHBORS         64  /* as ARP_TABLE_SIZE */
#define LWIP_ND6_NUM_DESTINATIONS      64  /* ways to other ends; the oldest one is replaced */
#define LWIP_ND6_QUEUEING              0 /* one packet a neighbour: a queue would have no bound here */
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 2 /* as DNS_MAX_SERVERS */
#define IPV6_FRAG_COPYHEADER           1 /* pointers are too large to stand in a piece's header */
/* Option ip6= may name the gateway (network/static_six.c). There is one way out, also for the
 * shared address, whose interface has none. */
#define LWIP_HOOK_IP6_ROUTE(from, to)  (static_six_gateway() ? &stack_link : NULL)
#define LWIP_HOOK_ND6_GET_GW(link, to) static_six_gateway()
#define LWIP_IPV6_DHCP6                0 /* SLAAC gives addresses, router advertisements the resolver */
#define LWIP_IPV6_SEND_ROUTER_SOLICIT  1 /* routers by themselves speak after minutes */
#define LWIP_IGMP                      1 /* programs join groups (network/multicast.c) */
#define LWIP_IPV6_MLD                  1 /* ... of IPv6, too */
#define LWIP_DHCP                      1 /* unless option ip= says the address */
#define DHCP_DOES_ARP_CHECK            0 /* addresses are ours at once; the server checks before it offers */
/* Servers that DHCP and advertisements name are kept (network/resolver.c); programs ask them, not
 * lwIP, whose dns.c is left out. */
#define LWIP_DNS        1
#define DNS_MAX_SERVERS 2 /* one, and who stands in for it; glibc asks three at most */
#define LWIP_RAW        0 /* no raw sockets */

/* ---- UDP and TCP ---- */
/* A segment that was lost goes again after three ticks of twice this, at least: 0.6 s, as Linux's
 * 0.2 s and an acknowledgement that may wait; lwIP's own 250 would make it 1.5 s. */
#define TCP_TMR_INTERVAL 100
#define LWIP_UDP         1
#define LWIP_TCP         1
#define TCP_MSS          1460         /* Ethernet's 1500 without two headers */
#define LWIP_WND_SCALE   1            /* else TCP_WND ends at 64 KiB */
#define TCP_RCV_SCALE    3            /* the smallest with which TCP_WND fits into 16 bits */
#define TCP_WND          (256 * 1024) /* as a channel's window: a gigabit over 2 ms */
/* Told when so much was read, not for each four segments. */
#define TCP_WND_UPDATE_THRESHOLD (32 * 1024)
#define TCP_SND_BUF              (256 * 1024) /* as TCP_WND, the other way */
#define TCP_SND_QUEUELEN         1024         /* pieces in it: Erlang writes small ones */
#define TCP_SNDLOWAT             0x8000 /* network/tcp.c has its own mark; lwIP only checks this one */
#define TCP_SNDQUEUELOWAT        (TCP_SND_QUEUELEN / 2)
#define TCP_OVERSIZE             TCP_MSS /* small writes fill up one segment */
#define TCP_QUEUE_OOSEQ          1 /* what comes out of order is kept: one loss, one segment again */
#define LWIP_TCP_SACK_OUT        1       /* and the sender is told what is here */
#define TCP_LISTEN_BACKLOG       1       /* listen(2)'s number holds for half-open ones too */
#define LWIP_TCP_KEEPALIVE       1       /* TCP_KEEPIDLE, KEEPINTVL, KEEPCNT */
#define TCP_MSL                  30000UL /* TIME_WAIT is twice this: Linux's minute */
#define SO_REUSE                 1 /* which ports may be shared is decided in file/inet_ports.c */
#define SO_REUSE_RXTOALL         1 /* a datagram to many goes to all who are bound to its port */
/* First numbers that nobody can guess. */
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) connection_first_number()
/* network/segment.c: what is not so is dropped. */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, head, options, first, rest, data)                          \
    (segment_is_true(pcb, head, options, first, rest, (data)->tot_len) ? ERR_OK : ERR_VAL)
/* Out of order: of full segments a window has 180; of crumbs it could have 256 Ki, and each that
 * comes is sorted in. */
#define TCP_OOSEQ_PBUFS_LIMIT(pcb) (stack_is_crowded() ? 16 : 256)
