/* SPDX-License-Identifier: Apache-2.0 */
/* Options of level SOL_SOCKET. Those that change nothing here are remembered, so that what was set
 * is read back. */
#include <asm/errno.h>

#include "file/inet.h"
#include "file/socket.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "linux/socket_abi.h"

#define SEND_MIN     4608U
#define RECEIVE_MIN  2304U
#define SIZE_MAX_SET 212992U /* net.core.wmem_max; what is read back is twice what was set */
#define SECOND       1000000000UL

/* On/off options: the number is the bit. */
#define BIT(option) (1UL << (option))
static const uint64_t option_switches =
    BIT(SO_DEBUG) | BIT(SO_REUSEADDR) | BIT(SO_DONTROUTE) | BIT(SO_BROADCAST) | BIT(SO_KEEPALIVE) |
    BIT(SO_OOBINLINE) | BIT(SO_NO_CHECK) | BIT(SO_REUSEPORT) | BIT(SO_PASSCRED) | BIT(SO_PASSSEC) |
    BIT(SO_TIMESTAMP_OLD) | BIT(SO_TIMESTAMPNS_OLD) | BIT(SO_RXQ_OVFL) | BIT(SO_NOFCS);

static uint32_t size_set(int wanted, uint32_t min, bool force)
{
    uint32_t size = wanted < 0 ? 0 : (uint32_t)wanted;
    uint32_t max = force ? RING_MAX / 2 : SIZE_MAX_SET;
    if (size > max)
        size = max;
    return size * 2 < min ? min : size * 2;
}

static int timeout_set(nanoseconds *timeout, const void *value, uint32_t size)
{
    struct linux_timeval time;
    if (size < sizeof(time))
        return -EINVAL;
    memcpy(&time, value, sizeof(time));
    if (time.microseconds < 0 || time.microseconds >= 1000000)
        return -EDOM;
    if (time.seconds < 0)
        *timeout = 1; /* as Linux: at once */
    else if (time.seconds > (int64_t)(INT64_MAX / SECOND) - 1)
        *timeout = 0;
    else
        *timeout = (uint64_t)time.seconds * SECOND + (uint64_t)time.microseconds * 1000;
    return 0;
}

/* A name; an empty one: any again. */
static int device_set(struct socket *socket, const void *value, uint32_t size)
{
    char name[16] = "";
    memcpy(name, value, size < sizeof(name) - 1 ? size : sizeof(name) - 1);
    uint32_t index = interface_index(name);
    if (name[0] && !index)
        return -ENODEV;
    socket->device = index;
    return 0;
}

static int generic_set(struct socket *socket, int option, const void *value, uint32_t size)
{
    int number, pair[2];
    if (option == SO_BINDTODEVICE)
        return device_set(socket, value, size);
    if (size < sizeof(number))
        return -EINVAL;
    memcpy(&number, value, sizeof(number));
    if (option >= 0 && option < 64 && (option_switches & BIT(option))) {
        socket->option_bits = (socket->option_bits & ~BIT(option)) | (number ? BIT(option) : 0);
        if (socket->type == SOCK_STREAM && inet_wire &&
            (socket->family == AF_INET || socket->family == AF_INET6) && socket->inet.wire)
            inet_wire->options(socket);
        return 0;
    }
    switch (option) {
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
        socket->send_size = size_set(number, SEND_MIN, option == SO_SNDBUFFORCE);
        wake_watchers(&socket->waits, EVENT_OUT | EVENT_WRNORM);
        return 0;
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
        socket->receive_size = size_set(number, RECEIVE_MIN, option == SO_RCVBUFFORCE);
        return 0;
    case SO_PRIORITY:
        socket->priority = (uint32_t)number;
        return 0;
    case SO_MARK:
        socket->mark = (uint32_t)number;
        return 0;
    case SO_RCVLOWAT:
        socket->receive_low = number < 0 ? INT32_MAX : number ? number : 1;
        return 0;
    case SO_LINGER:
        if (size < sizeof(pair))
            return -EINVAL;
        memcpy(pair, value, sizeof(pair));
        socket->linger_on = pair[0] != 0;
        socket->linger_seconds = pair[0] ? pair[1] : socket->linger_seconds;
        return 0;
    case SO_RCVTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
        return timeout_set(&socket->receive_timeout, value, size);
    case SO_SNDTIMEO_OLD:
    case SO_SNDTIMEO_NEW:
        return timeout_set(&socket->send_timeout, value, size);
    case SO_BUSY_POLL:
    case SO_INCOMING_CPU:
    case SO_MAX_PACING_RATE:
    case SO_TXREHASH:
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

int socket_set_option(struct socket *socket, int level, int option, const void *value,
                      uint32_t size)
{
    if (level == SOL_SOCKET)
        return generic_set(socket, option, value, size);
    return socket->ops->set_option ? socket->ops->set_option(socket, level, option, value, size)
                                   : -EOPNOTSUPP;
}

static int answer(void *value, uint32_t *size, const void *from, uint32_t from_size)
{
    if (*size > from_size)
        *size = from_size;
    memcpy(value, from, *size);
    return 0;
}

static struct linux_timeval timeout_get(nanoseconds timeout)
{
    return (struct linux_timeval){(int64_t)(timeout / SECOND), (int64_t)(timeout % SECOND / 1000)};
}

static int generic_number(struct socket *socket, int option, int *number)
{
    if (option >= 0 && option < 64 && (option_switches & BIT(option))) {
        *number = socket_option_on(socket, option);
        return 0;
    }
    switch (option) {
    case SO_TYPE:
        *number = socket->type;
        return 0;
    case SO_DOMAIN:
        *number = socket->family;
        return 0;
    case SO_PROTOCOL:
        *number = socket->protocol;
        return 0;
    case SO_ERROR:
        *number = -socket_take_error(socket);
        return 0;
    case SO_ACCEPTCONN:
        *number = socket->state == SOCKET_LISTENING;
        return 0;
    case SO_SNDBUF:
        *number = (int)socket->send_size;
        return 0;
    case SO_RCVBUF:
        *number = (int)socket->receive_size;
        return 0;
    case SO_RCVLOWAT:
        *number = socket->receive_low;
        return 0;
    case SO_SNDLOWAT:
        *number = 1;
        return 0;
    case SO_PRIORITY:
        *number = (int)socket->priority;
        return 0;
    case SO_MARK:
        *number = (int)socket->mark;
        return 0;
    case SO_BUSY_POLL:
    case SO_INCOMING_CPU:
        *number = 0;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

static int generic_get(struct socket *socket, int option, void *value, uint32_t *size)
{
    int number;
    struct linux_timeval time;
    switch (option) {
    case SO_LINGER: {
        int pair[2] = {socket->linger_on, socket->linger_seconds};
        return answer(value, size, pair, sizeof(pair));
    }
    case SO_RCVTIMEO_OLD:
    case SO_RCVTIMEO_NEW:
        time = timeout_get(socket->receive_timeout);
        return answer(value, size, &time, sizeof(time));
    case SO_SNDTIMEO_OLD:
    case SO_SNDTIMEO_NEW:
        time = timeout_get(socket->send_timeout);
        return answer(value, size, &time, sizeof(time));
    case SO_PEERCRED: {
        struct caller_credentials nobody = {0, UINT32_MAX, UINT32_MAX};
        bool known = socket->family == AF_UNIX && socket->peer_credentials.pid != 0;
        return answer(value, size, known ? &socket->peer_credentials : &nobody, sizeof(nobody));
    }
    case SO_PEERNAME: {
        struct socket_name name;
        if (socket->ops->name(socket, true, &name) != 0)
            return -ENOTCONN;
        if (name.size < *size)
            return -EINVAL;
        return answer(value, size, name.bytes, name.size);
    }
    case SO_COOKIE:
        if (*size < sizeof(socket->number))
            return -EINVAL;
        return answer(value, size, &socket->number, sizeof(socket->number));
    case SO_BINDTODEVICE: {
        char name[16] = "";
        if (socket->device && *size < sizeof(name))
            return -EINVAL;
        interface_name(socket->device, name);
        return answer(value, size, name, socket->device ? (uint32_t)strlen(name) + 1 : 0);
    }
    case SO_BINDTOIFINDEX:
        return answer(value, size, &socket->device, sizeof(socket->device));
    case SO_PEERSEC:
        return -ENOPROTOOPT;
    default:
        break;
    }
    int error = generic_number(socket, option, &number);
    return error ? error : answer(value, size, &number, sizeof(number));
}

int socket_get_option(struct socket *socket, int level, int option, void *value, uint32_t *size)
{
    if (level == SOL_SOCKET)
        return generic_get(socket, option, value, size);
    return socket->ops->get_option ? socket->ops->get_option(socket, level, option, value, size)
                                   : -EOPNOTSUPP;
}
