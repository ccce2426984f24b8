/* SPDX-License-Identifier: Apache-2.0 */
/* Between fault.c, which chooses, and the files that have the faults. */
#pragma once
#include "node/self.h"

#define NO_INLINE __attribute__((noinline)) /* the names stand in the epitaph's stack */

struct fault {
    const char *name; /* NULL: end of a table */
    void (*run)(void);
};
extern const struct fault faults_access[], faults_core[], faults_memory[], faults_program[],
    faults_ring[], faults_store[];

/* The node that suffers when a fault is aimed at another. */
static inline uint32_t fault_neighbour(void)
{
    return (self_node() + 1) % machine->node_count;
}

uint64_t fault_random(void); /* the sequence is chosen by the option fault-seed */
