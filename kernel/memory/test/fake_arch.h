/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine of the host tests: "physical" memory is a piece of the test's own memory, whose
 * physical addresses are chosen so that adding DIRECT_BASE gives the host address; page tables are
 * plain tables that take their frames from frames.c as the real ones do; user memory is reached
 * through them.
 */
#pragma once
#include <setjmp.h>

#include "memory/address_space.h"

/* A partition of two extents with `large` 2 MiB blocks in all, fresh. Frees the one before. */
void fake_memory_start(size_t large);
size_t fake_free(void); /* frames of the partition that nobody has, reserve included */
/* Memory that belongs to no partition, standing for the boot store. */
phys_addr fake_store_start(size_t pages);

/* One byte of a program's memory, as the processor would: 0 or what fault_resolve refused with. */
int fake_write(struct address_space *space, uintptr_t address, uint8_t value);
int fake_read(struct address_space *space, uintptr_t address, uint8_t *value);
extern unsigned fake_faults;             /* taken by the two above */
extern struct address_space *fake_space; /* for arch_copy_in and its family */

/* A panic jumps here when armed; otherwise it aborts the test. */
extern jmp_buf fake_panic_jump;
extern bool fake_panic_armed;
#define EXPECT_PANIC(statement)                                                                    \
    do {                                                                                           \
        fake_panic_armed = true;                                                                   \
        if (setjmp(fake_panic_jump) == 0) {                                                        \
            statement;                                                                             \
            fail_msg("no panic");                                                                  \
        }                                                                                          \
        fake_panic_armed = false;                                                                  \
    } while (0)
