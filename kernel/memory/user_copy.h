/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User memory, only through checked typed copies: the size is taken from the type. An address of a
 * program is a user_addr, a number, so it cannot be followed by mistake; scripts/check-user finds
 * casts to pointers.
 */
#pragma once
#include "arch/arch.h"

typedef uintptr_t user_addr;

/* 0 or -EFAULT */
#define copy_in(to, from)  arch_copy_in((to), (user_addr)(from), sizeof(*(to)))
#define copy_out(to, from) arch_copy_out((user_addr)(to), (from), sizeof(*(from)))
/* Path or other string, with its 0, into to[size]. Length, -EFAULT, -ENAMETOOLONG. */
long copy_in_string(char *to, user_addr from, size_t size) MUST_CHECK;

/* A cursor over the buffers of a read or write: of a program (iovec) or of the kernel itself. */
struct io_segment {
    uintptr_t base;
    size_t size;
};
struct io {
    struct io_segment *segments;
    unsigned count, index;
    size_t done;              /* within segments[index] */
    size_t remaining;         /* bytes over all */
    bool kernel;              /* addresses are the kernel's */
    struct io_segment single; /* storage for the one-buffer case */
};
#define IO_TOTAL_MAX 0x7ffff000UL /* Linux's limit of one transfer */
void io_single(struct io *io, user_addr base, size_t size);
void io_kernel(struct io *io, void *base, size_t size);
/* From a user iovec array; segments are allocated when count > 8: io_release afterwards. -EINVAL,
 * -EFAULT, -ENOMEM. */
int io_vector(struct io *io, user_addr iovec, size_t count) MUST_CHECK;
void io_release(struct io *io);
/* Move at most size bytes (capped to remaining), advance. Bytes moved, or -EFAULT when none was. */
long io_put(struct io *io, const void *from, size_t size); /* towards the program */
long io_get(struct io *io, void *to, size_t size);         /* from the program */
long io_zero(struct io *io, size_t size);
