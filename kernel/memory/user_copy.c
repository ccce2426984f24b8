/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings and transfers between the kernel and programs. Every access goes through
 * arch_copy_in/out, which refuse what is no user address; sizes are capped here once, so that no
 * sum below can overflow.
 */
#include "memory/user_copy.h"

#include <asm/errno.h>

#include "lib/string.h"
#include "memory/heap.h"

#define VECTOR_MAX 1024 /* Linux's UIO_MAXIOV */

enum direction { TO_PROGRAM, FROM_PROGRAM, ZERO };
struct user_vector { /* struct iovec */
    uint64_t base, size;
};

long copy_in_string(char *to, user_addr from, size_t size)
{
    long length = arch_string_length(from, size);
    if (length < 0)
        return length;
    if ((size_t)length >= size)
        return -ENAMETOOLONG;
    if (arch_copy_in(to, from, (size_t)length) != 0)
        return -EFAULT;
    to[length] =
        0; /* another thread may have changed it meanwhile: what counts is what we copied */
    return length;
}

void io_single(struct io *io, user_addr base, size_t size)
{
    if (size > IO_TOTAL_MAX)
        size = IO_TOTAL_MAX;
    *io = (struct io){.count = 1, .remaining = size, .single = {base, size}};
    io->segments = &io->single;
}

void io_kernel(struct io *io, void *base, size_t size)
{
    *io = (struct io){
        .count = 1, .remaining = size, .kernel = true, .single = {(uintptr_t)base, size}};
    io->segments = &io->single;
}

int io_vector(struct io *io, user_addr iovec, size_t count)
{
    *io = (struct io){.segments = &io->single};
    if (count > VECTOR_MAX)
        return -EINVAL;
    if (count == 0)
        return 0;
    struct io_segment *segments = &io->single;
    if (count > 1 && !(segments = heap_alloc(count * sizeof(*segments))))
        return -ENOMEM;
    _Static_assert(sizeof(struct user_vector) == sizeof(struct io_segment), "copied as one");
    if (arch_copy_in(segments, iovec, count * sizeof(*segments)) != 0) {
        if (count > 1)
            heap_free(segments);
        return -EFAULT;
    }
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if ((int64_t)segments[i].size < 0) {
            if (count > 1)
                heap_free(segments);
            return -EINVAL;
        }
        if (segments[i].size > IO_TOTAL_MAX - total)
            segments[i].size = IO_TOTAL_MAX - total;
        total += segments[i].size;
    }
    io->segments = segments;
    io->count = (unsigned)count;
    io->remaining = total;
    return 0;
}

void io_release(struct io *io)
{
    if (io->segments != &io->single)
        heap_free(io->segments);
    io->segments = &io->single;
    io->count = 0;
    io->remaining = 0;
}

static int piece_move(const struct io *io, uintptr_t place, char *bytes, size_t size,
                      enum direction direction)
{
    if (io->kernel) {
        if (direction == TO_PROGRAM)
            memcpy((void *)place, bytes, size);
        else if (direction == FROM_PROGRAM)
            memcpy(bytes, (const void *)place, size);
        else
            memset((void *)place, 0, size);
        return 0;
    }
    if (direction == TO_PROGRAM)
        return arch_copy_out(place, bytes, size);
    if (direction == FROM_PROGRAM)
        return arch_copy_in(bytes, place, size);
    return arch_zero_out(place, size);
}

static long io_move(struct io *io, char *bytes, size_t size, enum direction direction)
{
    size_t moved = 0;
    if (size > io->remaining)
        size = io->remaining;
    while (moved < size) {
        const struct io_segment *segment = &io->segments[io->index];
        size_t piece = segment->size - io->done;
        if (piece == 0) {
            io->index++;
            io->done = 0;
            continue;
        }
        if (piece > size - moved)
            piece = size - moved;
        if (piece_move(io, segment->base + io->done, bytes ? bytes + moved : NULL, piece,
                       direction) != 0)
            return moved ? (long)moved : -EFAULT;
        io->done += piece;
        io->remaining -= piece;
        moved += piece;
    }
    return (long)moved;
}

long io_put(struct io *io, const void *from, size_t size)
{
    return io_move(io, (char *)(uintptr_t)from, size, TO_PROGRAM);
}

long io_get(struct io *io, void *to, size_t size)
{
    return io_move(io, to, size, FROM_PROGRAM);
}

long io_zero(struct io *io, size_t size)
{
    return io_move(io, NULL, size, ZERO);
}
