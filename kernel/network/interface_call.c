/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces as the old ioctls tell of them (man 7 netdevice). Addresses come from the machine's
 * options or the network, so none of the calls that would set something is allowed. */
#include <asm/errno.h>
#include <linux/sockios.h>

#include "file/socket.h"
#include "lib/string.h"
#include "linux/socket_abi.h"
#include "network/interface.h"

struct interface_request { /* struct ifreq */
    char name[16];
    union {
        uint8_t bytes[24];
        struct {
            uint16_t family, port;
            uint8_t address[4];
        } v4;
        struct {
            uint16_t type;
            uint8_t address[6];
        } hardware;
        int32_t number;
        int16_t flags;
    };
};
struct interface_list { /* struct ifconf */
    int32_t size, pad;
    uint64_t requests;
};
_Static_assert(sizeof(struct interface_request) == 40, "struct ifreq of x86-64");

/* Those with an IPv4 address, as many as there is room for. */
static long list_out(uintptr_t argument)
{
    struct interface_list list;
    struct interface interface;
    int32_t used = 0;

    if (copy_in(&list, argument) != 0)
        return -EFAULT;
    for (unsigned n = 0; interface_at(n, &interface); n++) {
        struct interface_request request = {.v4 = {.family = AF_INET}};
        struct interface_address address;

        if (!interface_v4(interface.index, &address))
            continue;
        memcpy(request.name, interface.name, sizeof(interface.name));
        memcpy(request.v4.address, address.bytes, 4);
        if (list.requests && list.size - used < (int32_t)sizeof(request))
            break;
        if (list.requests && copy_out(list.requests + (uint64_t)used, &request) != 0)
            return -EFAULT;
        used += (int32_t)sizeof(request);
    }
    list.size = used;
    return copy_out(argument, &list);
}

static int answer_v4(struct interface_request *request, unsigned command,
                     const struct interface *interface)
{
    struct interface_address address;
    uint8_t mask[4];

    if (!interface_v4(interface->index, &address))
        return -EADDRNOTAVAIL;
    request->v4.family = AF_INET;
    interface_mask(address.prefix, mask);
    if (command == SIOCGIFADDR || (command == SIOCGIFDSTADDR && interface->index != LO_INDEX))
        memcpy(request->v4.address, address.bytes, 4);
    else if (command == SIOCGIFNETMASK)
        memcpy(request->v4.address, mask, 4);
    else if (interface->index != LO_INDEX) {
        for (unsigned i = 0; i < 4; i++)
            request->v4.address[i] = address.bytes[i] | (uint8_t)~mask[i];
    }
    return 0;
}

static int answer(struct interface_request *request, unsigned command,
                  const struct interface *interface)
{
    memset(request->bytes, 0, sizeof(request->bytes));
    switch (command) {
    case SIOCGIFFLAGS:
        request->flags = (int16_t)interface->flags;
        return 0;
    case SIOCGIFADDR:
    case SIOCGIFNETMASK:
    case SIOCGIFBRDADDR:
    case SIOCGIFDSTADDR:
        return answer_v4(request, command, interface);
    case SIOCGIFMTU:
        request->number = (int32_t)interface->mtu;
        return 0;
    case SIOCGIFINDEX:
        request->number = (int32_t)interface->index;
        return 0;
    case SIOCGIFHWADDR:
        request->hardware.type = interface->hardware_type;
        memcpy(request->hardware.address, interface->hardware, sizeof(interface->hardware));
        return 0;
    case SIOCGIFMETRIC:
    case SIOCGIFMAP:
        return 0;
    case SIOCGIFTXQLEN:
        request->number = 1000;
        return 0;
    default:
        return -ENOTTY;
    }
}

/* Each that tells has a number behind the one that sets. */
static bool is_setting(unsigned command)
{
    return command == SIOCADDRT || command == SIOCDELRT || command == SIOCSIFTXQLEN ||
           (command >= SIOCSIFFLAGS && command <= SIOCSIFHWADDR && command % 2 == 0);
}

long interface_ioctl(unsigned command, uintptr_t argument)
{
    struct interface_request request, unknown;
    struct interface interface;

    if (command == SIOCGIFCONF)
        return list_out(argument);
    if ((command & 0xff00) != 0x8900)
        return -ENOTTY;
    if (copy_in(&request, argument) != 0)
        return -EFAULT;
    if (command == SIOCGIFNAME) {
        if (request.number < 1 || !interface_at((unsigned)request.number - 1, &interface))
            return -ENODEV;
        memcpy(request.name, interface.name, sizeof(interface.name));
        return copy_out(argument, &request);
    }
    if (is_setting(command))
        return -EPERM;
    request.name[15] = 0;
    bool is_known = interface_named(request.name, &interface);

    unknown = request;
    if (!is_known)
        (void)interface_at(0, &interface);
    int error = answer(&unknown, command, &interface);

    if (error == -ENOTTY || is_known)
        return error ? error : copy_out(argument, &unknown);
    return -ENODEV;
}
