/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address spaces against a model that knows only pages: thousands of random calls, touches and
 * forks on a small window of addresses, the model says what every byte must be. Then the rules that
 * a window cannot show.
 */
/* TEST-SOURCES: kernel/memory/address_space.c kernel/memory/region.c kernel/memory/pages.c */
/* TEST-SOURCES: kernel/memory/remap.c kernel/memory/fault.c kernel/memory/page_store.c */
/* TEST-SOURCES: kernel/memory/frames.c kernel/memory/heap.c kernel/memory/test/fake_arch.c */
#include <asm/errno.h>
#include <linux/mman.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory/frames.h"
#include "memory/heap.h"
#include "memory/page_store.h"
#include "memory/pages.h"
#include "memory/test/fake_arch.h"

#define BASE         0x10000000UL
#define PAGES        1600UL /* 6.25 MiB: room for 2 MiB pages */
#define OBJECT_PAGES 300UL
#define OBJECTS      3 /* 0 none, 1 a page store, 2 in the boot store */
#define SPACES       3
#define RW           (REGION_READ | REGION_WRITE)

struct model_page {
    bool mapped, shared, own; /* own: private and written */
    unsigned rwx, object, index;
    bool wipe, no_fork, huge;
    uint8_t values[2]; /* bytes 0 and 2048, when own */
};
struct model_space {
    struct address_space *space;
    struct model_page pages[PAGES];
};
static struct model_space models[SPACES];
static uint8_t object_values[OBJECTS][OBJECT_PAGES][2];
static struct memory_object *objects[OBJECTS];
static phys_addr store_base;
static unsigned store_puts;

static int store_page(struct memory_object *object, uint64_t index, bool for_write,
                      phys_addr *frame)
{
    if (index >= OBJECT_PAGES)
        return -EFAULT;
    *frame = store_base + index * PAGE_SIZE;
    return 0;
}
static void store_free(struct memory_object *object)
{
    store_puts++;
}
static const struct memory_object_ops store_ops = {.page = store_page, .free = store_free};
static struct memory_object store_object = {.ops = &store_ops, .count = 1};

static void objects_start(void)
{
    struct page_store *store = page_store_create();
    assert_int_equal(page_store_resize(store, OBJECT_PAGES * PAGE_SIZE), 0);
    objects[1] = &store->object;
    objects[2] = &store_object;
    store_base = fake_store_start(OBJECT_PAGES);
    memset(object_values, 0, sizeof(object_values));
    for (unsigned i = 0; i < OBJECT_PAGES; i++) {
        uint8_t *page = (uint8_t *)(uintptr_t)frame_bytes(store_base + i * PAGE_SIZE);
        page[0] = object_values[2][i][0] = (uint8_t)(i * 3);
        page[2048] = object_values[2][i][1] = (uint8_t)(i * 7 + 1);
    }
}

static uintptr_t address_of(size_t page)
{
    return BASE + page * PAGE_SIZE;
}

static uint8_t *model_value(struct model_page *page, int which)
{
    static uint8_t zero[2];
    zero[0] = zero[1] = 0;
    if (page->own)
        return &page->values[which];
    return page->object ? &object_values[page->object][page->index][which] : &zero[which];
}

static void own_make(struct model_page *page)
{
    uint8_t first = *model_value(page, 0), second = *model_value(page, 1);
    page->own = true;
    page->values[0] = first;
    page->values[1] = second;
}

static int expected(const struct model_page *page, bool write)
{
    if (!page->mapped)
        return -EFAULT;
    if (write ? !(page->rwx & REGION_WRITE) : page->rwx == 0)
        return -EACCES;
    return page->object && page->index >= OBJECT_PAGES ? -ENXIO : 0;
}

static void touch(struct model_space *model, size_t number, bool write, int which, uint8_t value)
{
    struct model_page *page = &model->pages[number];
    uintptr_t address = address_of(number) + (which ? 2048 : 0);
    uint8_t seen = 0;
    int error =
        write ? fake_write(model->space, address, value) : fake_read(model->space, address, &seen);
    assert_int_equal(error, expected(page, write));
    if (error)
        return;
    if (!write) {
        assert_int_equal(seen, *model_value(page, which));
        return;
    }
    if (!page->shared && !page->own)
        own_make(page);
    *model_value(page, which) = value;
}

static void invariants_check(struct model_space *model)
{
    struct address_space *space = model->space;
    uint64_t bytes = 0, resident = 0;
    for (size_t i = 0; i < space->region_count; i++) {
        const struct region *region = space->regions[i];
        assert_true(region->start < region->end);
        bytes += region->end - region->start;
        if (i == 0)
            continue;
        const struct region *before = space->regions[i - 1];
        assert_true(before->end <= region->start);
        bool alike =
            before->end == region->start && before->flags == region->flags &&
            before->object == region->object &&
            (!region->object || before->offset + (before->end - before->start) == region->offset);
        assert_false(alike);
    }
    assert_int_equal(bytes, space->mapped_bytes);
    struct arch_mapping mapping;
    uintptr_t at = 0;
    while (arch_next_mapped(&space->arch, at, USER_END, &at, &mapping)) {
        const struct region *region = region_find(space, at);
        assert_non_null(region);
        assert_true(at + mapping.size <= region->end);
        assert_true(!(mapping.flags & PAGE_WRITE) || region->flags & REGION_WRITE);
        resident += mapping.size / PAGE_SIZE;
        at += mapping.size;
    }
    assert_int_equal(resident, space->resident);
    for (size_t i = 0; i < PAGES; i++) {
        const struct region *region = region_find(space, address_of(i));
        assert_int_equal(region != NULL, model->pages[i].mapped);
        if (region)
            assert_int_equal(region->flags & REGION_RWX, model->pages[i].rwx);
    }
}

static void do_map(struct model_space *model, size_t first, size_t count, bool fixed)
{
    static const unsigned protections[] = {RW, RW, RW, REGION_READ, REGION_READ | REGION_EXEC, 0};
    struct map_request request = {
        .address = address_of(first), .size = count * PAGE_SIZE, .fixed = fixed};
    unsigned rwx = protections[rand() % 6], object = rand() % 3 ? 0 : 1U + (unsigned)rand() % 2;
    bool shared = object == 1 && rand() % 2, huge = rand() % 3 == 0;
    size_t offset = object ? (size_t)rand() % OBJECT_PAGES : 0;
    request.flags = rwx | (shared ? REGION_SHARED : 0U) | (huge ? REGION_HUGE : 0U);
    request.object = objects[object];
    request.offset = offset * PAGE_SIZE;
    request.no_replace = fixed && rand() % 4 == 0;
    request.populate = rand() % 8 == 0;
    bool free_there = true;
    for (size_t i = 0; i < count; i++)
        free_there &= !model->pages[first + i].mapped;
    if (objects[object])
        memory_object_get(objects[object]);
    long result = address_space_map(model->space, &request);
    if (result < 0 && objects[object])
        memory_object_put(objects[object]);
    if (request.no_replace && !free_there) {
        assert_int_equal(result, -EEXIST);
        return;
    }
    if (fixed || free_there)
        assert_int_equal(result, address_of(first));
    assert_true(result > 0);
    if ((uintptr_t)result < BASE || (uintptr_t)result + request.size > address_of(PAGES)) {
        assert_int_equal(address_space_unmap(model->space, (uintptr_t)result, request.size), 0);
        return;
    }
    first = ((uintptr_t)result - BASE) / PAGE_SIZE;
    for (size_t i = 0; i < count; i++) {
        assert_true(fixed || !model->pages[first + i].mapped);
        model->pages[first + i] = (struct model_page){.mapped = true,
                                                      .shared = shared,
                                                      .rwx = rwx,
                                                      .object = object,
                                                      .index = (unsigned)(offset + i),
                                                      .huge = huge};
    }
    /* Populating private writable pages copies them: later writes to the object are not seen any
     * more. */
    for (size_t i = first; i < first + count && request.populate && !shared && rwx & REGION_WRITE;
         i++) {
        if (expected(&model->pages[i], true) != 0)
            break;
        own_make(&model->pages[i]);
    }
}

static void do_protect(struct model_space *model, size_t first, size_t count)
{
    static const unsigned protections[] = {RW, RW, REGION_READ, REGION_READ | REGION_EXEC, 0};
    unsigned rwx = protections[rand() % 5];
    int error = address_space_protect(model->space, address_of(first), count * PAGE_SIZE, rwx);
    size_t i = 0;
    for (; i < count && model->pages[first + i].mapped; i++)
        model->pages[first + i].rwx = rwx;
    assert_int_equal(error, i < count ? -ENOMEM : 0);
}

static bool same_mapping(const struct model_page *a, const struct model_page *b)
{
    return b->mapped && a->shared == b->shared && a->rwx == b->rwx && a->object == b->object &&
           a->huge == b->huge && a->wipe == b->wipe && a->no_fork == b->no_fork &&
           (!a->object || a->index + 1 == b->index);
}

static void do_remap(struct model_space *model, size_t first, size_t count)
{
    static struct model_page moved[PAGES];
    size_t target = (size_t)rand() % PAGES,
           new_count = 1 + (size_t)rand() % (rand() % 4 ? 40 : 700);
    int flags = (rand() % 4 ? MREMAP_MAYMOVE : 0) | (rand() % 2 ? MREMAP_FIXED : 0);
    if (new_count > PAGES - target)
        new_count = PAGES - target;
    if (rand() % 6 == 0 && flags & MREMAP_MAYMOVE) {
        flags |= MREMAP_DONTUNMAP;
        new_count = count <= PAGES - target ? count : new_count;
    }
    bool uniform = model->pages[first].mapped;
    for (size_t i = 1; uniform && i < count; i++)
        uniform = same_mapping(&model->pages[first + i - 1], &model->pages[first + i]);
    long result = address_space_remap(model->space, address_of(first), count * PAGE_SIZE,
                                      new_count * PAGE_SIZE, flags, address_of(target));
    bool fixed = flags & MREMAP_FIXED;
    bool overlap = fixed && target < first + count && first < target + new_count;
    if ((fixed && !(flags & MREMAP_MAYMOVE)) || overlap ||
        (flags & MREMAP_DONTUNMAP && new_count != count)) {
        assert_int_equal(result, -EINVAL);
        return;
    }
    if (result == -EFAULT) {
        assert_false(uniform);
        return;
    }
    if (result == -ENOMEM) {
        assert_false(flags & MREMAP_MAYMOVE);
        return;
    }
    assert_true(result > 0);
    assert_true(!fixed || (uintptr_t)result == address_of(target));
    size_t kept = count < new_count ? count : new_count;
    memcpy(moved, &model->pages[first], kept * sizeof(moved[0]));
    for (size_t i = kept; i < new_count; i++) {
        moved[i] = moved[i - 1];
        moved[i].own = false;
        moved[i].index++;
    }
    if ((uintptr_t)result == address_of(first) && new_count <= count) {
        memset(&model->pages[first + new_count], 0, (count - new_count) * sizeof(moved[0]));
        return;
    }
    assert_true(uniform);
    for (size_t i = 0; i < count; i++) {
        if (flags & MREMAP_DONTUNMAP)
            model->pages[first + i].own = false;
        else
            memset(&model->pages[first + i], 0, sizeof(moved[0]));
    }
    uintptr_t end = (uintptr_t)result + new_count * PAGE_SIZE;
    if ((uintptr_t)result >= BASE && end <= address_of(PAGES)) {
        memcpy(&model->pages[((uintptr_t)result - BASE) / PAGE_SIZE], moved,
               new_count * sizeof(moved[0]));
        return;
    }
    assert_int_equal(address_space_unmap(model->space, (uintptr_t)result, end - (uintptr_t)result),
                     0);
    for (uintptr_t at = (uintptr_t)result; at < end; at += PAGE_SIZE) { /* partly in the window */
        if (at >= BASE && at < address_of(PAGES))
            memset(&model->pages[(at - BASE) / PAGE_SIZE], 0, sizeof(moved[0]));
    }
}

static void do_discard(struct model_space *model, size_t first, size_t count)
{
    bool hole = false;
    for (size_t i = first; i < first + count; i++) {
        hole |= !model->pages[i].mapped;
        model->pages[i].own = false;
    }
    assert_int_equal(address_space_discard(model->space, address_of(first), count * PAGE_SIZE),
                     hole ? -ENOMEM : 0);
}

static void do_advise(struct model_space *model, size_t first, size_t count)
{
    bool hole = false, wipe = rand() % 2, set = rand() % 2;
    for (size_t i = first; i < first + count; i++) {
        struct model_page *page = &model->pages[i];
        hole |= !page->mapped;
        *(wipe ? &page->wipe : &page->no_fork) = set && page->mapped;
    }
    unsigned flag = wipe ? REGION_WIPE_FORK : REGION_NO_FORK;
    assert_int_equal(address_space_advise(model->space, address_of(first), count * PAGE_SIZE,
                                          set ? flag : 0, set ? 0 : flag),
                     hole ? -ENOMEM : 0);
}

static void do_fork(struct model_space *parent)
{
    struct model_space *child = NULL;
    for (int i = 0; i < SPACES && !child; i++) {
        if (!models[i].space)
            child = &models[i];
    }
    if (!child) { /* full: another one ends instead, the running one goes on */
        child = &models[(parent - models + 1 + rand() % (SPACES - 1)) % SPACES];
        address_space_put(child->space);
        child->space = NULL;
        return;
    }
    child->space = address_space_fork(parent->space);
    assert_non_null(child->space);
    for (size_t i = 0; i < PAGES; i++) {
        child->pages[i] = parent->pages[i];
        if (child->pages[i].no_fork)
            memset(&child->pages[i], 0, sizeof(child->pages[i]));
        if (child->pages[i].wipe)
            child->pages[i].own = false;
    }
}

static void step(struct model_space *model)
{
    size_t first = (size_t)rand() % PAGES, count = 1 + (size_t)rand() % (rand() % 4 ? 30 : 900);
    if (count > PAGES - first)
        count = PAGES - first;
    int choice = rand() % 100;
    if (choice < 15)
        do_map(model, first, count, rand() % 2);
    else if (choice < 20) {
        assert_int_equal(address_space_unmap(model->space, address_of(first), count * PAGE_SIZE),
                         0);
        memset(&model->pages[first], 0, count * sizeof(model->pages[0]));
    } else if (choice < 28)
        do_protect(model, first, count);
    else if (choice < 36)
        do_remap(model, first, count);
    else if (choice < 40)
        do_discard(model, first, count);
    else if (choice < 43)
        do_advise(model, first, count);
    else if (choice < 45)
        do_fork(model);
    else if (choice < 50) /* in sequence */
        for (size_t i = first; i < first + count; i++)
            touch(model, i, true, 0, (uint8_t)rand());
    else
        touch(model, first, rand() % 2, rand() % 2, (uint8_t)rand());
}

static void random_calls_match_the_model(void **state)
{
    srand(17);
    objects_start();
    size_t at_start = fake_free();
    models[0].space = address_space_create();
    for (int i = 0; i < 12000; i++) {
        struct model_space *model = &models[rand() % SPACES];
        if (!model->space)
            continue;
        model->space->map_hint = address_of(PAGES);
        step(model);
        if (i % 20 == 0)
            invariants_check(model);
        for (size_t k = 0; i % 500 == 0 && k < PAGES; k++) {
            touch(model, k, false, 0, 0);
            touch(model, k, false, 1, 0);
        }
    }
    for (int i = 0; i < SPACES; i++) {
        if (models[i].space)
            address_space_put(models[i].space);
    }
    assert_int_equal(store_object.count, 1);
    assert_int_equal(objects[1]->count, 1);
    memory_object_put(objects[1]);
    assert_true(at_start - fake_free() <= 24); /* empty slabs of the heap */
}

static long map(struct address_space *space, uintptr_t address, uint64_t size, unsigned flags,
                bool fixed)
{
    const struct map_request request = {
        .address = address, .size = size, .flags = flags, .fixed = fixed};
    return address_space_map(space, &request);
}

static void reservations_cost_nothing(void **state)
{
    struct address_space *space = address_space_create();
    size_t before = fake_free();
    uint64_t giga = 1UL << 30;
    long at = map(space, 0, giga, REGION_NO_RESERVE, false);
    assert_true(at > 0);
    assert_int_equal(at % LARGE_PAGE_SIZE, 0);
    assert_int_equal(map(space, 0, giga, RW, false), -ENOMEM); /* more than the partition */
    assert_true(map(space, 0, giga, RW | REGION_NO_RESERVE, false) > 0);
    assert_true(map(space, 0, giga, RW | REGION_SHARED, false) > 0);
    assert_int_equal(address_space_protect(space, (uintptr_t)at, PAGE_SIZE, RW), 0);
    assert_true(before - fake_free() <= 3);
    assert_int_equal(fake_write(space, (uintptr_t)at, 1), 0);
    assert_int_equal(fake_write(space, (uintptr_t)at + PAGE_SIZE, 1), -EACCES);
    assert_int_equal(address_space_unmap(space, (uintptr_t)at, giga), 0);
    address_space_put(space);
}

static void arguments_are_checked(void **state)
{
    struct address_space *space = address_space_create();
    assert_int_equal(map(space, 0, 0, RW, false), -EINVAL);
    assert_int_equal(map(space, 0, UINT64_MAX, RW, false), -ENOMEM);
    assert_int_equal(map(space, 0, USER_END, REGION_NO_RESERVE | RW, false), -ENOMEM);
    assert_int_equal(map(space, 123, PAGE_SIZE, RW, true), -EINVAL);
    assert_int_equal(map(space, 0, PAGE_SIZE, RW, true), -EPERM);
    assert_int_equal(map(space, USER_END, PAGE_SIZE, RW, true), -ENOMEM);
    assert_int_equal(map(space, UINT64_MAX - 4095, PAGE_SIZE, RW, true), -ENOMEM);
    assert_int_equal(address_space_unmap(space, 1, PAGE_SIZE), -EINVAL);
    assert_int_equal(address_space_unmap(space, 0, 0), -EINVAL);
    assert_int_equal(address_space_unmap(space, PAGE_SIZE, UINT64_MAX), -EINVAL);
    assert_int_equal(address_space_unmap(space, 0, USER_END), 0);
    assert_int_equal(address_space_protect(space, PAGE_SIZE, UINT64_MAX, RW), -ENOMEM);
    assert_int_equal(address_space_discard(space, PAGE_SIZE, UINT64_MAX - PAGE_SIZE), -ENOMEM);
    assert_int_equal(address_space_remap(space, BASE, PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE, 0),
                     -EFAULT);
    assert_int_equal(address_space_remap(space, BASE, PAGE_SIZE, 0, MREMAP_MAYMOVE, 0), -EINVAL);
    assert_int_equal(address_space_remap(space, BASE, UINT64_MAX, 1, MREMAP_MAYMOVE, 0), -EINVAL);
    assert_int_equal(map(space, BASE, PAGE_SIZE, RW, true), BASE);
    assert_int_equal(address_space_remap(space, BASE, PAGE_SIZE, USER_END, MREMAP_MAYMOVE, 0),
                     -EINVAL);
    assert_int_equal(address_space_remap(space, BASE, 0, PAGE_SIZE, MREMAP_MAYMOVE, 0), -EINVAL);
    assert_int_equal(fault_resolve(space, USER_END, FAULT_READ), -EFAULT);
    assert_int_equal(fault_resolve(space, UINT64_MAX, FAULT_WRITE), -EFAULT);
    space->address_limit = 3 * PAGE_SIZE;
    assert_int_equal(map(space, 0, 3 * PAGE_SIZE, RW, false), -ENOMEM);
    assert_int_equal(map(space, BASE, 3 * PAGE_SIZE, RW, true),
                     BASE); /* what it replaces does not count */
    address_space_put(space);
}

static void stack_grows_to_its_limit(void **state)
{
    struct address_space *space = address_space_create();
    uintptr_t end = 0x7ffffffff000UL;
    assert_int_equal(map(space, end - 4 * PAGE_SIZE, 4 * PAGE_SIZE, RW | REGION_STACK, true),
                     end - 4 * PAGE_SIZE);
    assert_int_equal(fake_write(space, end - 100 * PAGE_SIZE, 1), 0);
    assert_int_equal(fake_write(space, end - space->stack_limit, 1), 0);
    assert_int_equal(fake_write(space, end - space->stack_limit - 1, 1), -EFAULT);
    assert_int_equal(space->region_count, 1);
    address_space_put(space);
    space = address_space_create();
    assert_true(map(space, end - 4 * PAGE_SIZE, 4 * PAGE_SIZE, RW | REGION_STACK, true) > 0);
    space->map_hint = end - 2 * PAGE_SIZE; /* places keep the gap, though the search begins in it */
    uintptr_t below = end - 4 * PAGE_SIZE - STACK_GUARD_GAP;
    assert_int_equal(map(space, 0, PAGE_SIZE, RW, false), below - PAGE_SIZE);
    assert_int_equal(fake_write(space, end - 5 * PAGE_SIZE, 1), -EFAULT); /* would come too near */
    address_space_put(space);
}

static void places_are_top_down_and_aligned(void **state)
{
    struct address_space *space = address_space_create();
    long a = map(space, 0, PAGE_SIZE, RW, false);
    assert_int_equal(a, MAP_HINT_DEFAULT - PAGE_SIZE);
    long b = map(space, 0, 5 * LARGE_PAGE_SIZE + PAGE_SIZE, RW | REGION_NO_RESERVE, false);
    assert_int_equal(b % LARGE_PAGE_SIZE, 0);
    long c = map(space, 0, PAGE_SIZE, REGION_READ, false); /* in the gap between them */
    assert_true(c > b && c < a);
    assert_int_equal(map(space, 0x123456789000, PAGE_SIZE, RW, false), 0x123456789000);
    assert_int_not_equal(map(space, 0x123456789000, PAGE_SIZE, RW, false), 0x123456789000);
    const struct map_request low = {.size = PAGE_SIZE, .flags = RW, .below_4g = true};
    assert_true(address_space_map(space, &low) < 0x80000000L);
    address_space_put(space);
}

static void sequential_touch_takes_few_faults(void **state)
{
    struct address_space *space = address_space_create();
    long at = map(space, 0, 8 * LARGE_PAGE_SIZE, RW, false);
    fake_faults = 0;
    for (uintptr_t page = 0; page < 4 * LARGE_PAGE_SIZE; page += PAGE_SIZE)
        assert_int_equal(fake_write(space, (uintptr_t)at + page, 1), 0);
    assert_true(fake_faults < 25);
    assert_true(space->resident <= 4 * 512 + 512);
    uint64_t resident = space->resident;
    fake_faults = 0;
    for (uintptr_t page = 10; page < 18; page += 2) /* single touches take single pages */
        assert_int_equal(
            fake_write(space, (uintptr_t)at + 7 * LARGE_PAGE_SIZE + page * PAGE_SIZE, 1), 0);
    assert_int_equal(space->resident, resident + 4);
    /* A child shares the large pages, and each side gets what it writes. */
    struct address_space *child = address_space_fork(space);
    size_t before = fake_free();
    assert_int_equal(fake_write(child, (uintptr_t)at + 3 * LARGE_PAGE_SIZE, 2), 0);
    assert_true(before - fake_free() <= 2);
    uint8_t value;
    assert_int_equal(fake_read(space, (uintptr_t)at + 3 * LARGE_PAGE_SIZE, &value), 0);
    assert_int_equal(value, 1);
    address_space_put(space);
    before = fake_free(); /* the last owner writes in place */
    assert_int_equal(fake_write(child, (uintptr_t)at + 2 * LARGE_PAGE_SIZE, 3), 0);
    assert_int_equal(fake_free(), before);
    address_space_put(child);
}

static void image_pages_cost_nothing(void **state)
{
    objects_start();
    struct address_space *space = address_space_create();
    memory_object_get(&store_object);
    const struct map_request request = {
        .size = 64 * PAGE_SIZE, .flags = RW, .object = &store_object};
    uintptr_t at = (uintptr_t)address_space_map(space, &request);
    size_t before = fake_free();
    uint8_t value;
    fake_faults = 0;
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(fake_read(space, at + i * PAGE_SIZE, &value), 0);
        assert_int_equal(value, object_values[2][i][0]);
    }
    assert_true(fake_faults <= 5);
    assert_true(before - fake_free() <= 2); /* tables only */
    assert_int_equal(fake_write(space, at, 77), 0);
    assert_int_equal(*(const uint8_t *)frame_bytes(store_base), object_values[2][0][0]);
    address_space_put(space);
    memory_object_put(objects[1]);
}

static void full_partition_is_an_answer(void **state)
{
    size_t at_start = fake_free();
    struct address_space *space = address_space_create();
    uint64_t size = frames_total() * PAGE_SIZE;
    uintptr_t at = (uintptr_t)map(space, 0, size, RW, false), page = 0;
    while (fake_write(space, at + page, 1) == 0)
        page += PAGE_SIZE;
    assert_int_equal(fake_write(space, at + page, 1), -ENOMEM);
    assert_true(page > size / 2 && frames_free() < PAGE_TABLES_MAX);
    assert_true(fake_free() > 400); /* the reserve is whole but for tables */
    assert_null(address_space_fork(space));
    assert_int_equal(fake_write(space, at, 2),
                     0); /* the failed fork left it as it was, or copies */
    assert_int_equal(address_space_discard(space, at, 64 * PAGE_SIZE), 0);
    assert_int_equal(fake_write(space, at, 1), 0);
    address_space_put(space);
    assert_true(at_start - fake_free() <= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_calls_match_the_model),
                                       cmocka_unit_test(reservations_cost_nothing),
                                       cmocka_unit_test(arguments_are_checked),
                                       cmocka_unit_test(stack_grows_to_its_limit),
                                       cmocka_unit_test(places_are_top_down_and_aligned),
                                       cmocka_unit_test(sequential_touch_takes_few_faults),
                                       cmocka_unit_test(image_pages_cost_nothing),
                                       cmocka_unit_test(full_partition_is_an_answer)};
    fake_memory_start(40);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
