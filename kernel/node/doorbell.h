/* SPDX-License-Identifier: Apache-2.0 */
/* The interrupt that says: look at what I published. Carries nothing itself. */
#pragma once
#include "lib/check.h"

struct doorbell_listener {
    struct doorbell_listener *next;
    void (*ring)(void);
};
/* ring() is called with interrupts off, must not sleep. */
void doorbell_listen(struct doorbell_listener *listener);
void doorbell_ring(uint32_t node);
void doorbell_ring_all(void); /* all others */
