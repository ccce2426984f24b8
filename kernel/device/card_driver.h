/* SPDX-License-Identifier: Apache-2.0 */
/* What the card's owner (device/card.c) asks of a kind of card. Frames are as they stand on the
 * wire, without checksum, in fixed buffers of this node. */
#pragma once
#include "lib/check.h"

struct machine_function;

struct card_driver {
    const char *name;
    bool (*is)(const struct machine_function *function);
    /* The registers, mapped once. NULL: a card that is not on PCI. -ENODEV */
    int (*open)(const struct machine_function *function);
    /* Stops it, whoever used it: it touches no memory afterwards. false: it does not answer. */
    bool (*quiet)(void);
    /* From reset to work; again is fine. -ENODEV, -ENOMEM. */
    int (*start)(uint8_t address[6]);
    /* A buffer for a frame of at most CARD_FRAME_MAX bytes; NULL: all are with the card. */
    uint8_t *(*frame)(void);
    void (*send)(size_t size); /* what was put into it */
    void (*flush)(void);       /* tells the card, if it wants to be told */
    /* A received frame: 1; good until the next call. 0: none. -1: the card broke a rule. */
    int (*take)(const uint8_t **frame, size_t *size);
    /* All was taken: interrupt at the next one. false: there is one already. */
    bool (*arm)(void);
    void (*interrupted)(void); /* before frames are taken for an interrupt. NULL: nothing to do */
    bool (*is_unheard)(void);  /* no interrupt has come yet: look without. NULL: they do come */
};
extern const struct card_driver virtio_net, e1000;
