/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical pages of this partition. The partition is divided into blocks of 2 MiB, each with a
 * bitmap of its free frames; a block stands in the list of whole (all free) or partial blocks, so
 * that taking and giving back a frame, or a whole block, needs no search. Small requests empty
 * partial blocks first: whole ones are kept for 2 MiB pages. Blocks and use counts lie in the
 * partition behind the kernel copy.
 */
#include "memory/frames.h"

#include "arch/arch.h"
#include "arch/doors.h"
#include "lib/list.h"
#include "lib/string.h"

#define BLOCK_FRAMES (LARGE_PAGE_SIZE / PAGE_SIZE)
#define BLOCK_WORDS  (BLOCK_FRAMES / 64)
/* Stacks, tables and objects of a small node's kernel. */
#define RESERVE_MIN      (0x200000UL / PAGE_SIZE)
#define RESERVE_SHARE    64 /* larger partitions have more of all those */
#define RUN_BLOCKS_TRIED 16 /* partial blocks searched for a run before a whole one is broken */
#define MARK             0x80000000U /* count of a frame that heads a heap run: MARK + length */
#define NONE             SIZE_MAX
#define WINDOWS_MAX      4

struct block {
    uint64_t free_bits[BLOCK_WORDS];
    phys_addr base;
    struct list link; /* in whole or partial; in none when no frame is free */
    uint32_t free;
};
static struct {
    phys_addr base;
    uint64_t size;
    size_t first; /* frame number of base */
} pieces[EXTENTS_MAX];
static struct {
    phys_addr base;
    uint64_t size;
    const char *where;
} windows[WINDOWS_MAX];
static size_t piece_count, window_count;
static struct block *blocks;
static uint32_t *counts; /* by frame number */
static size_t total, free_total, reserve;
static struct list whole, partial;

static inline size_t number_of(phys_addr frame)
{
    for (size_t i = 0; i < piece_count; i++) {
        if (frame - pieces[i].base < pieces[i].size)
            return pieces[i].first + (frame - pieces[i].base) / PAGE_SIZE;
    }
    return NONE;
}

/* Puts a block whose count of free frames was `before` into the list where it now belongs. */
static inline void block_settle(struct block *block, uint32_t before)
{
    if (before != 0 && before != BLOCK_FRAMES && block->free != 0 && block->free != BLOCK_FRAMES)
        return;
    list_remove(&block->link);
    if (block->free == BLOCK_FRAMES)
        list_insert(whole.next, &block->link);
    else if (block->free != 0)
        list_insert(partial.next, &block->link);
}

/* Takes frames [first, first + count) of a block, all free, and gives them a count of 1. */
static phys_addr block_take(struct block *block, unsigned first, unsigned count)
{
    uint32_t before = block->free;
    uint32_t *users = &counts[(size_t)(block - blocks) * BLOCK_FRAMES];
    for (unsigned i = first; i < first + count; i++) {
        block->free_bits[i / 64] &= ~(1UL << i % 64);
        users[i] = 1;
    }
    block->free -= count;
    free_total -= count;
    block_settle(block, before);
    return block->base + first * PAGE_SIZE;
}

static bool may_take(size_t count, enum frame_use use)
{
    return free_total >= count + (use == FRAME_USER ? reserve : 0);
}

/* The books of the partition themselves: in the first extent with room. */
static phys_addr books_place(const struct machine_node *partition, uint64_t used_up_to,
                             uint64_t size)
{
    for (uint32_t i = 0; i < partition->extent_count; i++) {
        const struct extent *extent = &partition->extents[i];
        phys_addr base = i == 0 ? used_up_to : extent->base;
        if (extent->base + extent->size - base >= size)
            return base;
    }
    panic(
        "frames: no extent of the partition has %lu KiB for the books: give this node more memory",
        size / 1024);
}

static void mark_used(phys_addr base, phys_addr end)
{
    for (phys_addr frame = base; frame < end; frame += PAGE_SIZE) {
        size_t number = number_of(frame);
        struct block *block = &blocks[number / BLOCK_FRAMES];
        block_take(block, number % BLOCK_FRAMES, 1);
    }
}

void frames_init(const struct machine_node *partition, uint64_t used_up_to)
{
    ASSERT(partition->extent_count >= 1 && partition->extent_count <= EXTENTS_MAX);
    used_up_to = (used_up_to + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    piece_count = partition->extent_count;
    window_count = total = free_total = 0;
    for (size_t i = 0; i < piece_count; i++) {
        const struct extent *extent = &partition->extents[i];
        ASSERT(extent->base != 0 && (extent->base | extent->size) % LARGE_PAGE_SIZE == 0);
        pieces[i].base = extent->base;
        pieces[i].size = extent->size;
        pieces[i].first = total;
        total += extent->size / PAGE_SIZE;
    }
    size_t block_total = total / BLOCK_FRAMES;
    uint64_t size = block_total * sizeof(struct block) + total * sizeof(*counts);
    size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    phys_addr books = books_place(partition, used_up_to, size);
    blocks = direct_pointer(books);
    counts = (uint32_t *)(blocks + block_total);
    memset(blocks, 0, size);
    list_init(&whole);
    list_init(&partial);
    size_t number = 0;
    for (size_t i = 0; i < piece_count; i++) {
        for (uint64_t at = 0; at < pieces[i].size; at += LARGE_PAGE_SIZE) {
            struct block *block = &blocks[number++];
            memset(block->free_bits, 0xff, sizeof(block->free_bits));
            block->base = pieces[i].base + at;
            block->free = BLOCK_FRAMES;
            list_insert(&whole, &block->link);
        }
    }
    free_total = total;
    mark_used(partition->extents[0].base, used_up_to);
    mark_used(books, books + size);
    reserve = total / RESERVE_SHARE > RESERVE_MIN ? total / RESERVE_SHARE : RESERVE_MIN;
}

phys_addr frame_alloc(enum frame_use use)
{
    if (!may_take(1, use))
        return 0;
    struct list *list = list_is_empty(&partial) ? &whole : &partial;
    ASSERT(!list_is_empty(list));
    struct block *block = LIST_FIRST(list, struct block, link);
    unsigned word = 0;
    while (block->free_bits[word] == 0)
        word++;
    return block_take(block, word * 64 + (unsigned)__builtin_ctzl(block->free_bits[word]), 1);
}

phys_addr frame_alloc_zeroed(enum frame_use use)
{
    phys_addr frame = frame_alloc(use);
    if (frame)
        page_zero(direct_pointer(frame));
    return frame;
}

phys_addr frame_alloc_large(enum frame_use use)
{
    if (!may_take(BLOCK_FRAMES, use) || list_is_empty(&whole))
        return 0;
    return block_take(LIST_FIRST(&whole, struct block, link), 0, BLOCK_FRAMES);
}

/* First of `count` free frames in a row; NONE. */
static size_t block_run_find(const struct block *block, size_t count)
{
    size_t length = 0;
    if (block->free < count)
        return NONE;
    for (size_t i = 0; i < BLOCK_FRAMES; i++) {
        if (i % 64 == 0 && block->free_bits[i / 64] == 0) {
            length = 0;
            i += 63;
            continue;
        }
        length = block->free_bits[i / 64] >> i % 64 & 1 ? length + 1 : 0;
        if (length == count)
            return i + 1 - count;
    }
    return NONE;
}

phys_addr frame_alloc_run(size_t count, enum frame_use use)
{
    ASSERT(count >= 1 && count <= BLOCK_FRAMES);
    if (count == 1)
        return frame_alloc(use);
    if (!may_take(count, use))
        return 0;
    struct block *block;
    unsigned tried = 0;
    LIST_FOR_EACH (block, &partial, struct block, link) {
        if (tried++ == RUN_BLOCKS_TRIED && !list_is_empty(&whole))
            break;
        size_t first = block_run_find(block, count);
        if (first != NONE)
            return block_take(block, (unsigned)first, (unsigned)count);
    }
    if (list_is_empty(&whole))
        return 0;
    return block_take(LIST_FIRST(&whole, struct block, link), 0, (unsigned)count);
}

void frame_get(phys_addr frame)
{
    size_t number = number_of(frame);
    if (number == NONE)
        return;
    ASSERT(counts[number] - 1 < MARK - 2); /* in use, no heap run, no overflow */
    counts[number]++;
}

void frame_put(phys_addr frame)
{
    size_t number = number_of(frame);
    if (number == NONE)
        return;
    ASSERT(counts[number] - 1 < MARK - 1);
    if (--counts[number] != 0)
        return;
    struct block *block = &blocks[number / BLOCK_FRAMES];
    block->free_bits[number % BLOCK_FRAMES / 64] |= 1UL << number % 64;
    free_total++;
    block_settle(block, block->free++);
}

void frame_get_run(phys_addr frame, size_t count)
{
    for (size_t i = 0; i < count; i++)
        frame_get(frame + i * PAGE_SIZE);
}

void frame_put_run(phys_addr frame, size_t count)
{
    for (size_t i = 0; i < count; i++)
        frame_put(frame + i * PAGE_SIZE);
}

const void *frame_bytes(phys_addr frame)
{
    if (number_of(frame) != NONE)
        return direct_pointer(frame);
    for (size_t i = 0; i < window_count; i++) {
        if (frame - windows[i].base < windows[i].size)
            return windows[i].where + (frame - windows[i].base);
    }
    panic("frames: %lx is neither of this partition nor of the boot store", frame);
}

void frames_window_add(phys_addr base, uint64_t size, const void *where)
{
    ASSERT(window_count < WINDOWS_MAX);
    windows[window_count].base = base;
    windows[window_count].size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    windows[window_count++].where = where;
}

void frame_run_mark(phys_addr frame, size_t count)
{
    size_t number = number_of(frame);
    ASSERT(number != NONE && counts[number] == 1 && count >= 1 && count <= BLOCK_FRAMES);
    counts[number] = MARK + (uint32_t)count;
}

size_t frame_run_unmark(phys_addr frame)
{
    size_t number = number_of(frame);
    if (number == NONE || counts[number] < MARK)
        return 0;
    size_t count = counts[number] - MARK;
    counts[number] = 1;
    return count;
}

unsigned frame_count(phys_addr frame)
{
    size_t number = number_of(frame);
    return number == NONE ? UINT32_MAX : counts[number];
}

bool frame_is_ours(phys_addr frame)
{
    return number_of(frame) != NONE;
}

size_t frames_free(void)
{
    return free_total > reserve ? free_total - reserve : 0;
}

size_t frames_used(void)
{
    return total - free_total;
}

size_t frames_total(void)
{
    return total;
}

phys_addr table_frame_alloc(void)
{
    return frame_alloc_zeroed(FRAME_KERNEL);
}

void table_frame_free(phys_addr frame)
{
    frame_put(frame);
}
