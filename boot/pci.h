/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands on the PCI bus, by the ports that every PC with PCI has. Nobody else uses them yet,
 * so this is the time to look at all of it once and to make it quiet.
 */
#pragma once
#include "abi/machine.h"

/* Describes all functions but bridges, network cards first (at most CARDS_MAX), as many as there is
 * room for, and takes from each the right to write to memory (a card may still be receiving for the
 * firmware). */
void pci_read(struct machine *machine);
