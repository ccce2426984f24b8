/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps of exec that are shared between its files: exec_load.c maps programs, exec_stack.c gathers
 * strings and builds the first stack, exec.c is the order of things.
 */
#pragma once
#include "linux/elf.h"
#include "linux/process_life.h"

struct exec_image { /* a program file and what its headers say */
    struct file *file;
    struct elf_program elf;
};
/* Reads and checks headers; -ENOEXEC. The file stays the caller's. */
int exec_image_read(struct exec_image *image, struct file *file) MUST_CHECK MAY_SLEEP;
/* Maps all segments into the current space. *base: what to add to the addresses in the headers.
 * low: where an ET_DYN program should stand; 0: anywhere (interpreters). */
int exec_image_map(struct address_space *space, const struct exec_image *image, uintptr_t low,
                   uintptr_t *base) MUST_CHECK MAY_SLEEP;
/* Follows path to a regular file that may be executed, opened for reading. -EACCES, -ENOENT, ... */
int exec_open(int at, const char *path, unsigned path_flags,
              struct file **file) MUST_CHECK MAY_SLEEP;

struct exec_stack {
    const char *path;                 /* AT_EXECFN */
    uintptr_t base, interpreter_base; /* of program; 0: no interpreter */
    uint64_t size_max;                /* RLIMIT_STACK */
};
/* Maps the stack of the current space and fills it. The stack pointer, or -errno. */
long exec_stack_build(struct address_space *space, const struct exec_strings *strings,
                      const struct elf_program *elf,
                      const struct exec_stack *stack) MUST_CHECK MAY_SLEEP;
/* Replaces the first argument by these (a #! line); NULL ends. */
int exec_strings_replace_first(struct exec_strings *strings, const char *const *by) MUST_CHECK;
