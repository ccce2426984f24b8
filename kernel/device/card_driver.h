/* SPDX-License-Identifier: Apache-2.0 */
/* What the card's owner (device/card.c) asks of a kind of card. Frames are as they stand on the
 * wire, without checksum, in fixed buffers of this node. */
#pragma once
#include "device/card.h"

struct card_task;
struct io;
struct machine_function;

struct card_driver {
    const char *name;
    bool (*is)(const struct machine_function *function);
    /* All below is about the card at this place, until another one is chosen. */
    void (*choose)(enum card_place place);
    /* The registers, mapped once. NULL: a card that is not on PCI. -ENODEV */
    int (*open)(const struct machine_function *function);
    /* Stops it, whoever used it: it touches no memory afterwards. false: it does not answer. */
    bool (*quiet)(void);
    /* From reset to work; again is fine. -ENODEV, -ENOMEM. */
    int (*start)(uint8_t address[6]);
    unsigned (*features)(void); /* once started: enum card_feature. NULL: none */
    size_t (*room)(void);       /* bytes that are free for the next frame; 0: none */
    /* At most so many; the task is one of its features, and fits the frame. */
    void (*send)(struct io *frame, const struct card_task *task);
    void (*flush)(void); /* tells the card, if it wants to be told */
    /* A received frame: 1; good until the next call. 0: none. -1: the card broke a rule. *task is 0
     * when it is called; card_user says what must be true of both. What the card gave back without
     * a frame in it is one of 0 bytes: it counts, or a card could give back such for ever. */
    int (*take)(struct io *frame, struct card_task *task);
    /* All was taken: interrupt at the next one. false: there is one already. */
    bool (*arm)(void);
    void (*interrupted)(void); /* before frames are taken for an interrupt. NULL: nothing to do */
    bool (*is_unheard)(void);  /* no interrupt has come yet: look without. NULL: they do come */
};
extern const struct card_driver virtio_net, e1000;
