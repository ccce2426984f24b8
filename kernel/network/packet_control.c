/* SPDX-License-Identifier: Apache-2.0 */
#include "network/packet_control.h"

#include <asm/errno.h>

#include "lib/string.h"
#include "linux/abi.h"
#include "linux/socket_abi.h"
#include "network/interface.h"

enum { LEVEL_IP = 0, LEVEL_V6 = 41 };
/* Options that ask, and the types of what is told: Linux's numbers, linux/in.h and in6.h */
enum { IP_TOS = 1, IP_TTL = 2, IP_PKTINFO = 8, IP_RECVTTL = 12, IP_RECVTOS = 13, IP_ORIGIN = 20 };
enum {
    V6_RECVPKTINFO = 49,
    V6_PKTINFO,
    V6_RECVHOPLIMIT,
    V6_HOPLIMIT,
    V6_RECVTCLASS = 66,
    V6_TCLASS
};

struct info_v4 { /* struct in_pktinfo */
    uint32_t interface;
    uint8_t own[4], to[4];
};
struct info_v6 { /* struct in6_pktinfo */
    uint8_t to[16];
    uint32_t interface;
};

static void tell(struct packet_control *control, const void *bytes, size_t size)
{
    memcpy(control->bytes, bytes, size);
    control->size = size;
}

static void tell_time(struct packet_control *control, nanoseconds time)
{
    uint64_t part = control->type == SO_TIMESTAMP_OLD ? 1000 : 1;
    int64_t pair[2] = {(int64_t)(time / 1000000000), (int64_t)(time % 1000000000 / part)};

    tell(control, pair, sizeof(pair));
}

static void tell_v4(struct packet_control *control, const struct packet_facts *packet)
{
    const uint8_t *host = packet->host.bytes + 12;
    struct info_v4 info = {.interface = packet->interface};
    uint16_t origin[8] = {AF_INET, __builtin_bswap16(packet->host.port)};
    int ttl = packet->ttl;

    switch (control->type) {
    case IP_PKTINFO:
        memcpy(info.own, host, 4);
        memcpy(info.to, host, 4);
        tell(control, &info, sizeof(info));
        break;
    case IP_TTL:
        tell(control, &ttl, sizeof(ttl));
        break;
    case IP_TOS:
        tell(control, &packet->tos, 1);
        break;
    default:
        memcpy(origin + 2, host, 4);
        tell(control, origin, sizeof(origin));
        break;
    }
}

static void tell_v6(struct packet_control *control, const struct packet_facts *packet)
{
    struct info_v6 info = {.interface = packet->interface};
    int number = control->type == V6_HOPLIMIT ? packet->ttl : packet->tos;

    memcpy(info.to, packet->host.bytes, sizeof(info.to));
    if (control->type == V6_PKTINFO)
        tell(control, &info, sizeof(info));
    else
        tell(control, &number, sizeof(number));
}

bool packet_control_at(unsigned n, const struct socket *socket,
                       const struct socket_message *message, struct packet_control *control)
{
    static const struct {
        uint8_t level, asked, told;
    } all[] = {
        {SOL_SOCKET, SO_TIMESTAMP_OLD, SO_TIMESTAMP_OLD},
        {SOL_SOCKET, SO_TIMESTAMPNS_OLD, SO_TIMESTAMPNS_OLD},
        {LEVEL_IP, IP_PKTINFO, IP_PKTINFO},
        {LEVEL_IP, IP_RECVTTL, IP_TTL},
        {LEVEL_IP, IP_RECVTOS, IP_TOS},
        {LEVEL_IP, IP_ORIGIN, IP_ORIGIN},
        {LEVEL_V6, V6_RECVPKTINFO, V6_PKTINFO},
        {LEVEL_V6, V6_RECVHOPLIMIT, V6_HOPLIMIT},
        {LEVEL_V6, V6_RECVTCLASS, V6_TCLASS},
    };
    const struct packet_facts *packet = &message->packet;

    if (n >= COUNT_OF(all))
        return false;
    *control = (struct packet_control){.level = all[n].level, .type = all[n].told};
    if (control->level == SOL_SOCKET) {
        if (message->time && socket_option_on(socket, all[n].asked))
            tell_time(control, message->time);
    } else if (packet->has_host && inet_option_number(socket, control->level, all[n].asked)) {
        if (control->level == LEVEL_V6)
            tell_v6(control, packet);
        else if (inet_is_v4(&packet->host))
            tell_v4(control, packet);
    }
    return true;
}

static int number_read(const void *data, size_t size, int *number)
{
    if (size == sizeof(*number))
        memcpy(number, data, sizeof(*number));
    else if (size == 1)
        *number = *(const uint8_t *)data;
    else
        return -EINVAL;
    return *number < -1 || *number > 255 ? -EINVAL : 0;
}

static int from_read(const struct socket *socket, bool v4, const void *data, size_t size,
                     struct packet_facts *facts)
{
    struct info_v4 old;
    struct info_v6 info = {.interface = 0};
    struct interface interface;

    if (size != (v4 ? sizeof(old) : sizeof(info)))
        return -EINVAL;
    if (v4) {
        memcpy(&old, data, sizeof(old));
        info.interface = old.interface;
        info.to[10] = info.to[11] = 0xff;
        memcpy(info.to + 12, old.own, 4);
    } else {
        memcpy(&info, data, sizeof(info));
    }
    if (info.interface && !interface_at(info.interface - 1, &interface))
        return -ENODEV;
    facts->interface = info.interface;
    memcpy(facts->host.bytes, info.to, sizeof(info.to));
    if (inet_is_any(&facts->host))
        return 0;
    if (!inet_is_local(&facts->host))
        return -EINVAL;
    facts->has_host = true;
    return 0;
}

int packet_control_read(const struct socket *socket, int level, int type, const void *data,
                        size_t size, struct packet_facts *facts)
{
    bool v4 = level == LEVEL_IP;
    int number = 0, error;

    if (!(v4 || (level == LEVEL_V6 && socket->family == AF_INET6)))
        return level == LEVEL_V6 ? -EINVAL : 0;
    if (type == (v4 ? IP_PKTINFO : V6_PKTINFO))
        return from_read(socket, v4, data, size, facts);
    if (type == (v4 ? IP_TTL : V6_HOPLIMIT)) {
        error = number_read(data, size, &number);
        if (!error && v4 && number < 1)
            error = -EINVAL;
        if (error || number < 0)
            return error;
        facts->ttl = (uint8_t)number;
        facts->has_ttl = true;
        return 0;
    }
    if (type != (v4 ? IP_TOS : V6_TCLASS))
        return -EINVAL;
    error = number_read(data, size, &number);
    if (error || number < 0)
        return error;
    facts->tos = (uint8_t)number;
    facts->has_tos = true;
    return 0;
}
