/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of QEMU, and the command line that asks it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_GIVEN_MAX 64

#define PORTS_MAX 64

#define NODE_ALL ~0U

struct port {                   /* of the host's loopback, led to one of a node */
    unsigned host, guest, node; /* NODE_ALL: of the address that all share */
    bool is_udp;
};

#define OWN_CARDS_MAX 7 /* with the shared one abi/machine.h's CARDS_MAX */

struct own_card {
    unsigned node;
    const char *net; /* as qemu_request's */
};
struct qemu_request {
    const char *loader, *image, *accel, *machine, *eval;
    unsigned nodes;
    unsigned long memory; /* MiB */
    unsigned timeout;     /* seconds, 0: none given */
    bool release;
    bool show;                              /* print the command line instead of running it */
    const char *options[OPTIONS_GIVEN_MAX]; /* name=value, value not encoded */
    unsigned option_count;
    const char *extra[OPTIONS_GIVEN_MAX]; /* arguments for QEMU as they are */
    unsigned extra_count;
    const char *card;                   /* virtio, e1000; NULL: virtio */
    const char *net;                    /* a -netdev without its id; NULL: no card */
    struct own_card own[OWN_CARDS_MAX]; /* further ones, each for one node alone */
    unsigned own_count;
    struct port ports[PORTS_MAX];
    unsigned port_count;
};
int qemu_request_read(struct qemu_request *request, int argc,
                      char **argv); /* 0, or exit status after one line */
char **
qemu_arguments_make(const struct qemu_request *request); /* ends with NULL; NULL: after one line */

/* network.c */
int network_port_read(struct qemu_request *request, const char *text); /* adds one; as above */
int network_own_read(struct qemu_request *request, const char *text);  /* the same */
int network_check(const struct qemu_request *request);
/* With request->net: new strings for -netdev and for the -device to it, NULL without memory. Card 0
 * is the shared one, from 1 on come those of own[]. */
char *network_backend(const struct qemu_request *request, unsigned card);
char *network_device(const struct qemu_request *request, unsigned card);
/* Where ports are led to must not depend on who asks for an address first: value of boot option
 * ip for a node. false: it asks by DHCP. */
bool network_address(const struct qemu_request *request, unsigned node, char *text, size_t size);
/* Value of boot option shared-ip, if a port leads to all nodes. */
bool network_shared(const struct qemu_request *request, char *text, size_t size);
