/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two pages that all programs of this node share with the kernel: the vDSO's code and, before
 * it, the parameters of the clock. Made once, at the first program; programs can read them only.
 * What changes is the time of day, when it is corrected.
 */
#include "linux/vdso.h"

#include "lib/string.h"
#include "linux/abi.h"
#include "linux/vdso_data.h"
#include "memory/frames.h"

enum vdso_page { VDSO_PAGE_DATA, VDSO_PAGE_CODE, VDSO_PAGES };

extern const char vdso_image[], vdso_image_end[];
static phys_addr frames[VDSO_PAGES];

static int page(struct memory_object *object, uint64_t index, bool for_write, phys_addr *frame)
{
    if (index >= VDSO_PAGES || for_write)
        return -EFAULT;
    frame_get(frames[index]);
    *frame = frames[index];
    return 0;
}

static void never_free(struct memory_object *object)
{
    panic("the vDSO's object was dropped more often than taken");
}

static const char *name(struct memory_object *object, char *buffer, size_t size)
{
    return "[vdso]";
}

static const struct memory_object_ops ops = {.page = page, .free = never_free};
static struct memory_object object = {.ops = &ops, .count = 1, .name = name};

void vdso_clock_changed(void)
{
    if (frames[VDSO_PAGE_DATA] == 0)
        return;
    struct vdso_data *data = direct_pointer(frames[VDSO_PAGE_DATA]);
    data->clock = *arch_clock_parameters();
    data->corrections++;
}

static int pages_make(void)
{
    for (unsigned i = 0; i < VDSO_PAGES; i++) {
        if (frames[i] == 0)
            frames[i] = frame_alloc_zeroed(FRAME_KERNEL);
        if (frames[i] == 0)
            return -ENOMEM;
    }
    size_t size = (size_t)(vdso_image_end - vdso_image);
    ASSERT(size <= PAGE_SIZE);
    memcpy(direct_pointer(frames[VDSO_PAGE_CODE]), vdso_image, size);
    vdso_clock_changed();
    return 0;
}

int vdso_map(struct address_space *space)
{
    if (frames[VDSO_PAGES - 1] == 0 && pages_make() != 0)
        return -ENOMEM;
    struct map_request request = {
        .size = VDSO_PAGES * PAGE_SIZE,
        .flags = REGION_READ | REGION_KERNEL_PAGES,
        .object = &object,
    };
    memory_object_get(&object);
    long address = address_space_map(space, &request);
    if (address < 0) {
        memory_object_put(&object);
        return (int)address;
    }
    request.address = (uintptr_t)address + VDSO_PAGE_CODE * PAGE_SIZE;
    request.size = PAGE_SIZE;
    request.flags |= REGION_EXEC;
    request.fixed = true;
    request.offset = VDSO_PAGE_CODE * PAGE_SIZE;
    memory_object_get(&object);
    long code = address_space_map(space, &request);
    if (code < 0) {
        memory_object_put(&object);
        return (int)code;
    }
    space->vdso = (uintptr_t)code;
    return 0;
}
