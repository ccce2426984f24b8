/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The black box: a guardian copies what a dead node left into its own published page, and every
 * node copies that into its own memory, where the last deaths outlive guardians. node/control.h
 * lists them.
 */
#pragma once
#include "abi/published.h"
#include "lib/check.h"

void death_bury(uint32_t node, uint32_t incarnation,
                enum death_notice notice); /* as its guardian */
void death_look(uint32_t node);            /* has it buried somebody? */
/* The kept record of that life's end; NULL: none known here. */
const struct burial *death_of(uint32_t node, uint32_t incarnation);
/* Deaths in a row, as abi/published.h has them. */
void death_row_add(uint32_t node, uint32_t incarnation); /* before this next life is started */
void death_row_end(void);                                /* this life has lasted */
