/* SPDX-License-Identifier: Apache-2.0 */
/* Options of IP, IPv6, TCP and UDP. Within the node nearly all of them change nothing; what is set
 * is read back, and told to the wire. */
#include <asm/errno.h>
#include <linux/tcp.h>

#include "file/inet.h"
#include "lib/string.h"
#include "linux/socket_abi.h"
#include "memory/heap.h"
#include "network/multicast.h"

enum { LEVEL_IP = 0, LEVEL_TCP = 6, LEVEL_UDP = 17, LEVEL_V6 = 41 };
enum { V6_ONLY = 26 };
enum { IP_TOS = 1, IP_TTL = 2, IP_PKTOPTIONS = 9, IP_RECVTTL = 12, IP_RECVTOS = 13 };
enum { IP_MULTICAST_IF = 32, V6_HOPS = 16, V6_MULTICAST_IF };
enum { V6_PKTOPTIONS = 6, V6_RECVHOPLIMIT = 51, V6_HOPLIMIT, V6_RECVTCLASS = 66, V6_TCLASS };
enum { IP_ADD_MEMBERSHIP = 35, IP_DROP_MEMBERSHIP = 36, V6_JOIN = 20, V6_LEAVE = 21 };
#define SEGMENT_LOOPBACK 65483 /* what Linux gives on lo */
#define SEGMENT_DEFAULT  536

/* Linux's numbers (netinet/tcp.h, netinet/in.h) and values of a fresh socket. */
static const struct {
    uint8_t level, option;
    int16_t value;
} known[] = {
    {LEVEL_TCP, 1, 0},    /* NODELAY */
    {LEVEL_TCP, 3, 0},    /* CORK */
    {LEVEL_TCP, 4, 7200}, /* KEEPIDLE */
    {LEVEL_TCP, 5, 75},   /* KEEPINTVL */
    {LEVEL_TCP, 6, 9},    /* KEEPCNT */
    {LEVEL_TCP, 7, 6},    /* SYNCNT */
    {LEVEL_TCP, 8, 60},   /* LINGER2 */
    {LEVEL_TCP, 9, 0},    /* DEFER_ACCEPT */
    {LEVEL_TCP, 10, 0},   /* WINDOW_CLAMP */
    {LEVEL_TCP, 12, 1},   /* QUICKACK */
    {LEVEL_TCP, 18, 0},   /* USER_TIMEOUT */
    {LEVEL_TCP, 23, 0},   /* FASTOPEN */
    {LEVEL_TCP, 25, 0},   /* NOTSENT_LOWAT */
    {LEVEL_TCP, 30, 0},   /* FASTOPEN_CONNECT */
    {LEVEL_IP, 1, 0},     /* TOS */
    {LEVEL_IP, 2, 64},    /* TTL */
    {LEVEL_IP, 3, 0},     /* HDRINCL */
    {LEVEL_IP, 6, 0},     /* RECVOPTS */
    {LEVEL_IP, 8, 0},     /* PKTINFO */
    {LEVEL_IP, 10, 1},    /* MTU_DISCOVER */
    {LEVEL_IP, 11, 0},    /* RECVERR */
    {LEVEL_IP, 12, 0},    /* RECVTTL */
    {LEVEL_IP, 13, 0},    /* RECVTOS */
    {LEVEL_IP, 15, 0},    /* FREEBIND */
    {LEVEL_IP, 20, 0},    /* RECVORIGDSTADDR */
    {LEVEL_IP, 24, 0},    /* BIND_ADDRESS_NO_PORT */
    {LEVEL_IP, 32, 0},    /* MULTICAST_IF */
    {LEVEL_IP, 33, 1},    /* MULTICAST_TTL */
    {LEVEL_IP, 34, 1},    /* MULTICAST_LOOP */
    {LEVEL_IP, 49, 1},    /* MULTICAST_ALL */
    {LEVEL_V6, 11, 0},    /* FLOWINFO */
    {LEVEL_V6, 16, 64},   /* UNICAST_HOPS */
    {LEVEL_V6, 17, 0},    /* MULTICAST_IF */
    {LEVEL_V6, 18, 1},    /* MULTICAST_HOPS */
    {LEVEL_V6, 19, 1},    /* MULTICAST_LOOP */
    {LEVEL_V6, 23, 1},    /* MTU_DISCOVER */
    {LEVEL_V6, 25, 0},    /* RECVERR */
    {LEVEL_V6, 49, 0},    /* RECVPKTINFO */
    {LEVEL_V6, 51, 0},    /* RECVHOPLIMIT */
    {LEVEL_V6, 66, 0},    /* RECVTCLASS */
    {LEVEL_V6, 67, 0},    /* TCLASS */
    {LEVEL_UDP, 1, 0},    /* CORK */
};

/* As Linux has them (net/ipv4, man 7 tcp, man 7 ip); -1 hops: the usual number. */
static bool is_in_range(int level, int option, int number)
{
    if (level == LEVEL_TCP && (option == TCP_KEEPIDLE || option == TCP_KEEPINTVL))
        return number >= 1 && number <= 32767;
    if (level == LEVEL_TCP && option == TCP_KEEPCNT)
        return number >= 1 && number <= 127;
    if (level == LEVEL_TCP && option == TCP_USER_TIMEOUT)
        return number >= 0;
    if (level == LEVEL_IP && option == IP_TTL)
        return number == -1 || (number >= 1 && number <= 255);
    if (level == LEVEL_V6 && option == V6_HOPS)
        return number >= -1 && number <= 255;
    return true;
}

static bool level_fits(const struct socket *socket, int level)
{
    switch (level) {
    case LEVEL_IP:
        return true;
    case LEVEL_TCP:
        return socket->type == SOCK_STREAM;
    case LEVEL_UDP:
        return socket->type == SOCK_DGRAM;
    case LEVEL_V6:
        return socket->family == AF_INET6;
    default:
        return false;
    }
}

/* Index into known, -ENOPROTOOPT when the option or the level does not belong to this socket. */
static int option_find(const struct socket *socket, int level, int option)
{
    if (!level_fits(socket, level))
        return -ENOPROTOOPT;
    for (unsigned i = 0; i < COUNT_OF(known); i++) {
        if (known[i].level == level && known[i].option == option)
            return (int)i;
    }
    return -ENOPROTOOPT;
}

static int number_in(int level, const void *value, uint32_t size, int *number)
{
    if (size >= sizeof(*number)) {
        memcpy(number, value, sizeof(*number));
        return 0;
    }
    if (level != LEVEL_IP || size == 0)
        return -EINVAL;
    *number = *(const uint8_t *)value; /* IP options may come as one byte */
    return 0;
}

int inet_set_option(struct socket *socket, int level, int option, const void *value, uint32_t size)
{
    int number;
    if (level == LEVEL_TCP && socket->type == SOCK_STREAM && option == TCP_CONGESTION) {
        bool ours = (size == 5 && memcmp(value, "cubic", 5) == 0) ||
                    (size == 4 && memcmp(value, "reno", 4) == 0);
        return ours ? 0 : -ENOENT;
    }
    if ((level == LEVEL_IP && (option == IP_ADD_MEMBERSHIP || option == IP_DROP_MEMBERSHIP)) ||
        (level == LEVEL_V6 && (option == V6_JOIN || option == V6_LEAVE)))
        return level_fits(socket, level) ? multicast_option(socket, level, option, value, size)
                                         : -ENOPROTOOPT;
    bool is_way = (level == LEVEL_IP && option == IP_MULTICAST_IF) ||
                  (level == LEVEL_V6 && option == V6_MULTICAST_IF);
    int error = is_way ? multicast_interface_set(level, value, size, &number)
                       : number_in(level, value, size, &number);
    if (error)
        return error;
    if (level == LEVEL_V6 && option == V6_ONLY && socket->family == AF_INET6) {
        if (socket->inet.local.port)
            return -EINVAL;
        socket->inet.only_v6 = number != 0;
        return 0;
    }
    if (level == LEVEL_TCP && option == TCP_MAXSEG && socket->type == SOCK_STREAM)
        return number && (number < 88 || number > 32767) ? -EINVAL : 0;
    int index = option_find(socket, level, option);
    if (index < 0)
        return index;
    if (!is_in_range(level, option, number))
        return -EINVAL;
    if (!socket->inet.options) {
        socket->inet.options = heap_alloc(COUNT_OF(known) * sizeof(int32_t));
        if (!socket->inet.options)
            return -ENOBUFS;
        for (unsigned i = 0; i < COUNT_OF(known); i++)
            socket->inet.options[i] = known[i].value;
    }
    bool is_hops =
        (level == LEVEL_IP && option == IP_TTL) || (level == LEVEL_V6 && option == V6_HOPS);
    if (is_hops && number == -1)
        number = known[index].value;
    socket->inet.options[index] = number;
    if (socket->inet.wire)
        inet_wire->options(socket);
    return 0;
}

int inet_option_number(const struct socket *socket, int level, int option)
{
    int index = option_find(socket, level, option);

    return index < 0 ? 0 : socket->inet.options ? socket->inet.options[index] : known[index].value;
}

bool inet_options_copy(struct socket *to, const struct socket *from)
{
    if (!from->inet.options)
        return true;
    to->inet.options = heap_alloc(COUNT_OF(known) * sizeof(int32_t));
    if (to->inet.options)
        memcpy(to->inet.options, from->inet.options, COUNT_OF(known) * sizeof(int32_t));
    return to->inet.options != NULL;
}

static int answer(void *value, uint32_t *size, const void *from, uint32_t from_size)
{
    if (*size > from_size)
        *size = from_size;
    memcpy(value, from, *size);
    return 0;
}

static uint8_t tcp_state(const struct socket *socket) /* Linux's net/tcp_states.h */
{
    enum { ESTABLISHED = 1, SYN_SENT = 2, FIN_WAIT2 = 5, CLOSE = 7, CLOSE_WAIT = 8, LISTEN = 10 };
    if (socket->state == SOCKET_LISTENING)
        return LISTEN;
    if (socket->state == SOCKET_CONNECTING)
        return SYN_SENT;
    if (socket->state != SOCKET_CONNECTED || inet_is_over(socket))
        return CLOSE;
    if (socket->ended)
        return CLOSE_WAIT;
    return socket->shutdown & SHUT_SEND ? FIN_WAIT2 : ESTABLISHED;
}

static int tcp_info(const struct socket *socket, void *value, uint32_t *size)
{
    /* As Linux has it of a fresh connection over lo; the rest of the struct counts things that our
     * loopback does not do. */
    struct tcp_info info = {.tcpi_state = tcp_state(socket),
                            .tcpi_snd_mss = SEGMENT_LOOPBACK,
                            .tcpi_rcv_mss = SEGMENT_DEFAULT,
                            .tcpi_rto = 200000,
                            .tcpi_snd_cwnd = 10};
    if (socket->inet.wire && socket->state != SOCKET_LISTENING)
        inet_wire->info(socket, &info);
    return answer(value, size, &info, sizeof(info));
}

/* What the other end said first, of what was asked for: control messages. */
static int packet_options(const struct socket *socket, bool v4, void *value, uint32_t *size)
{
    struct {
        struct linux_cmsghdr header;
        int number, pad;
    } all[2];
    uint32_t count = 0;
    int level = v4 ? LEVEL_IP : LEVEL_V6;

    memset(all, 0, sizeof(all));
    if (inet_option_number(socket, level, v4 ? IP_RECVTTL : V6_RECVHOPLIMIT)) {
        all[count].header.type = v4 ? IP_TTL : V6_HOPLIMIT;
        all[count++].number = socket->inet.peer_ttl;
    }
    if (inet_option_number(socket, level, v4 ? IP_RECVTOS : V6_RECVTCLASS)) {
        all[count].header.type = v4 ? IP_TOS : V6_TCLASS;
        all[count++].number = socket->inet.peer_tos;
    }
    for (uint32_t i = 0; i < count; i++) {
        all[i].header.level = level;
        all[i].header.size = sizeof(all[i].header) + sizeof(all[i].number);
    }
    return answer(value, size, all, count * (uint32_t)sizeof(all[0]));
}

int inet_get_option(struct socket *socket, int level, int option, void *value, uint32_t *size)
{
    int number;
    bool tcp = level == LEVEL_TCP && socket->type == SOCK_STREAM;
    if (!level_fits(socket, level))
        return -EOPNOTSUPP; /* setsockopt says ENOPROTOOPT: Linux's own difference */
    if (tcp && option == TCP_CONGESTION) {
        static const char name[16] = "cubic";
        return answer(value, size, name, sizeof(name));
    }
    bool v4 = level == LEVEL_IP;
    if (socket->type == SOCK_STREAM &&
        ((v4 && option == IP_PKTOPTIONS) || (level == LEVEL_V6 && option == V6_PKTOPTIONS)))
        return packet_options(socket, v4, value, size);
    if (tcp && option == TCP_INFO)
        return tcp_info(socket, value, size);
    if (tcp && option == TCP_MAXSEG) {
        number = socket->state == SOCKET_CONNECTED ? SEGMENT_LOOPBACK : SEGMENT_DEFAULT;
    } else if (level == LEVEL_V6 && option == V6_ONLY && socket->family == AF_INET6) {
        number = socket->inet.only_v6;
    } else {
        int index = option_find(socket, level, option);
        if (index < 0)
            return index;
        number = socket->inet.options ? socket->inet.options[index] : known[index].value;
    }
    return answer(value, size, &number, sizeof(number));
}
