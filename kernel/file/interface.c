/* SPDX-License-Identifier: Apache-2.0 */
/* The one network interface, lo, as the old ioctls tell of it. */
#include <asm/errno.h>
#include <linux/sockios.h>

#include "file/socket.h"
#include "lib/string.h"
#include "linux/socket_abi.h"

#define LO_INDEX    1
#define LO_MTU      65536
#define LO_FLAGS    0x49 /* IFF_UP IFF_LOOPBACK IFF_RUNNING */
#define LO_HARDWARE 772  /* ARPHRD_LOOPBACK */

struct interface_request { /* struct ifreq */
    char name[16];
    union {
        uint8_t bytes[24];
        struct {
            uint16_t family, port;
            uint8_t address[4];
        } v4;
        int32_t number;
        int16_t flags;
    };
};
struct interface_list { /* struct ifconf */
    int32_t size, pad;
    uint64_t requests;
};
_Static_assert(sizeof(struct interface_request) == 40, "struct ifreq of x86-64");

static long list_out(uintptr_t argument)
{
    struct interface_list list;
    struct interface_request lo = {.name = "lo", .v4 = {AF_INET, 0, {127, 0, 0, 1}}};
    if (copy_in(&list, argument) != 0)
        return -EFAULT;
    if (!list.requests) {
        list.size = sizeof(lo);
    } else if (list.size >= (int32_t)sizeof(lo)) {
        if (copy_out(list.requests, &lo) != 0)
            return -EFAULT;
        list.size = sizeof(lo);
    } else {
        list.size = 0;
    }
    return copy_out(argument, &list);
}

static int answer(struct interface_request *request, unsigned command)
{
    memset(request->bytes, 0, sizeof(request->bytes));
    switch (command) {
    case SIOCGIFFLAGS:
        request->flags = LO_FLAGS;
        return 0;
    case SIOCGIFADDR:
        request->v4.family = AF_INET;
        memcpy(request->v4.address, (const uint8_t[4]){127, 0, 0, 1}, 4);
        return 0;
    case SIOCGIFNETMASK:
        request->v4.family = AF_INET;
        request->v4.address[0] = 255;
        return 0;
    case SIOCGIFMTU:
        request->number = LO_MTU;
        return 0;
    case SIOCGIFINDEX:
        request->number = LO_INDEX;
        return 0;
    case SIOCGIFHWADDR:
        request->v4.family = LO_HARDWARE;
        return 0;
    case SIOCGIFBRDADDR:
    case SIOCGIFDSTADDR:
        request->v4.family = AF_INET;
        return 0;
    case SIOCGIFMETRIC:
    case SIOCGIFTXQLEN:
        request->number = command == SIOCGIFTXQLEN ? 1000 : 0;
        return 0;
    default:
        return -ENOTTY;
    }
}

long interface_ioctl(unsigned command, uintptr_t argument)
{
    struct interface_request request;
    if (command == SIOCGIFCONF)
        return list_out(argument);
    if ((command & 0xff00) != 0x8900)
        return -ENOTTY;
    if (copy_in(&request, argument) != 0)
        return -EFAULT;
    if (command == SIOCGIFNAME) {
        if (request.number != LO_INDEX)
            return -ENODEV;
        memcpy(request.name, "lo", 3);
        return copy_out(argument, &request);
    }
    request.name[15] = 0;
    struct interface_request unknown = request;
    int error = answer(&unknown, command);
    if (error)
        return error;
    if (strcmp(request.name, "lo") != 0)
        return -ENODEV;
    return copy_out(argument, &unknown);
}
