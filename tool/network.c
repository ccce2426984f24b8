/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's network card: QEMU's own user network, or whatever -netdev is asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/qemu.h"
#include "tool/tool.h"

/* QEMU's user network is 10.0.2.0/24: gateway .2, names .3; ours are from .15 on, as it gives them.
 */
#define FIRST_ADDRESS  15
#define SHARED_ADDRESS 100U /* behind those of 64 nodes */

int network_port_read(struct qemu_request *request, const char *text)
{
    unsigned host, guest, node = 0;
    int end = 0;

    if (request->port_count == PORTS_MAX)
        return tool_fail("run: more than %d ports", PORTS_MAX);
    bool is_whole = sscanf(text, "%5u:%5u%n", &host, &guest, &end) == 2 && end > 0;
    bool is_udp = is_whole && strncmp(text + end, "/udp", 4) == 0;
    end += is_udp ? 4 : 0;
    if (is_whole && text[end] == '@') {
        int more = 0;
        if (strcmp(text + end, "@all") == 0) {
            node = NODE_ALL;
            more = 4;
        } else {
            is_whole = sscanf(text + end, "@%2u%n", &node, &more) == 1;
        }
        end += more;
    }
    if (!is_whole || text[end] != 0 || host == 0 || host > 65535 || guest == 0 || guest > 65535)
        return tool_fail("run: --port=%s is no HOST:PORT with /udp, @NODE or @all", text);
    request->ports[request->port_count++] = (struct port){host, guest, node, is_udp};
    if (request->net == NULL)
        request->net = "user";
    return 0;
}

int network_own_read(struct qemu_request *request, const char *text)
{
    struct own_card *own = &request->own[request->own_count];
    int end = 0;

    if (request->own_count == OWN_CARDS_MAX)
        return tool_fail("run: more than %d cards of nodes' own", OWN_CARDS_MAX);
    bool is_whole = sscanf(text, "%2u%n", &own->node, &end) == 1 && end > 0 &&
                    (text[end] == 0 || (text[end] == ',' && text[end + 1] != 0));
    if (!is_whole)
        return tool_fail("run: --own-card=%s is no NODE or NODE,BACKEND", text);
    own->net = text[end] == ',' ? text + end + 1 : "user";
    request->own_count++;
    if (request->net == NULL)
        request->net = "user";
    return 0;
}

/* The number of a node's own card; 0: it has none. */
static unsigned own_card(const struct qemu_request *request, unsigned node)
{
    for (unsigned i = 0; i < request->own_count; i++)
        if (request->own[i].node == node)
            return i + 1;
    return 0;
}

static const char *net_of(const struct qemu_request *request, unsigned card)
{
    return card == 0 ? request->net : request->own[card - 1].net;
}

int network_check(const struct qemu_request *request)
{
    bool is_e1000 = request->card != NULL && strcmp(request->card, "e1000") == 0;
    if (request->card != NULL && !is_e1000 && strcmp(request->card, "virtio") != 0)
        return tool_fail("run: --card=%s is neither virtio nor e1000", request->card);
    if (request->card != NULL && request->net == NULL)
        return tool_fail("run: --card=%s without --net: there would be no card", request->card);
    if (is_e1000 && strcmp(request->machine, "microvm") == 0)
        return tool_fail("run: --machine=microvm has no bus for --card=e1000");
    if (request->own_count > 0 && strcmp(request->machine, "microvm") == 0)
        return tool_fail("run: --machine=microvm has no bus for --own-card");
    for (unsigned i = 0; i < request->own_count; i++)
        if (request->own[i].node >= request->nodes ||
            own_card(request, request->own[i].node) != i + 1)
            return tool_fail("run: --own-card=%u: %s", request->own[i].node,
                             request->own[i].node >= request->nodes ? "there is no such node"
                                                                    : "it has one already");
    for (unsigned i = 0; i < request->port_count; i++) {
        const struct port *port = &request->ports[i];

        if (port->node != NODE_ALL && port->node >= request->nodes)
            return tool_fail("run: --port=%u:%u@%u: there is no such node", port->host, port->guest,
                             port->node);
        if (strcmp(net_of(request, own_card(request, port->node)), "user") != 0)
            return tool_fail("run: --port is for --net=user");
    }
    return 0;
}

char *network_backend(const struct qemu_request *request, unsigned card)
{
    char *text = NULL, *longer;

    if (asprintf(&text, "%s,id=net%u", net_of(request, card), card) < 0)
        return NULL;
    for (unsigned i = 0; i < request->port_count; i++) {
        const struct port *port = &request->ports[i];
        unsigned last = port->node == NODE_ALL ? SHARED_ADDRESS : FIRST_ADDRESS + port->node;

        if (own_card(request, port->node) != card)
            continue;
        int size = asprintf(&longer, "%s,hostfwd=%s:127.0.0.1:%u-10.0.2.%u:%u", text,
                            port->is_udp ? "udp" : "tcp", port->host, last, port->guest);

        free(text);
        if (size < 0)
            return NULL;
        text = longer;
    }
    return text;
}

bool network_address(const struct qemu_request *request, unsigned node, char *text, size_t size)
{
    if (request->port_count == 0)
        return false;
    snprintf(text, size, "10.0.2.%u/24,10.0.2.2,10.0.2.3", FIRST_ADDRESS + node);
    return true;
}

bool network_shared(const struct qemu_request *request, char *text, size_t size)
{
    snprintf(text, size, "10.0.2.%u", SHARED_ADDRESS);
    for (unsigned i = 0; i < request->port_count; i++)
        if (request->ports[i].node == NODE_ALL)
            return true;
    return false;
}

char *network_device(const struct qemu_request *request, unsigned card)
{
    bool is_e1000 = request->card != NULL && strcmp(request->card, "e1000") == 0;
    bool is_window = strcmp(request->machine, "microvm") == 0;
    char *text;

    return asprintf(&text, "%s,netdev=net%u%s",
                    is_e1000    ? "e1000"
                    : is_window ? "virtio-net-device"
                                : "virtio-net-pci",
                    card, is_window ? ",bus=virtio-mmio-bus.0" : "") < 0
               ? NULL
               : text;
}
