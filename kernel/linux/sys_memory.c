/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory calls: arguments are checked and translated here, memory/ does the work. Pages never leave
 * memory (there is no swap), one core needs no barriers between cores, and there is one memory
 * node: so locking, membarrier and the policies have little to do.
 */
#include <linux/fcntl.h>
#include <linux/membarrier.h>
#include <linux/mempolicy.h>
#include <linux/mman.h>

#include "file/inode.h"
#include "linux/process.h"
#include "linux/syscalls.h"
#include "memory/address_space.h"
#include "memory/page_store.h"

#define PATH_ONLY 010000000 /* O_PATH */

static struct address_space *space_current(void)
{
    return current->process->space;
}

static unsigned protection_flags(int protection)
{
    return (protection & PROT_READ ? REGION_READ : 0U) |
           (protection & PROT_WRITE ? REGION_WRITE : 0U) |
           (protection & PROT_EXEC ? REGION_EXEC : 0U);
}

/* Memory that only this program and its children share. */
static int shared_object(uint64_t size, struct memory_object **object)
{
    struct page_store *store = page_store_create();
    if (!store)
        return -ENOMEM;
    if (page_store_resize(store, (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1)) != 0) {
        memory_object_put(&store->object);
        return -ENOMEM;
    }
    *object = &store->object;
    return 0;
}

/* What an open file gives for a mapping; with NULL as object: anonymous memory (/dev/zero). */
static int file_object(int fd, bool shared, struct map_request *request)
{
    struct file *file = file_at(fd);
    if (!file)
        return -EBADF;
    bool writes = request->flags & REGION_WRITE;
    int error = 0;
    if (file->flags & PATH_ONLY)
        error = -EBADF;
    else if (!file_can_read(file) || (shared && writes && !file_can_write(file)))
        error = -EACCES;
    else if (!file->ops->map)
        error = -ENODEV;
    else
        error = file->ops->map(file, shared, writes, &request->object);
    bool sealed = file->inode && inode_is_sealed(file->inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
    if (!error && shared && (sealed || !file_can_write(file)))
        request->flags |= REGION_MAY_NOT_WRITE;
    file_put(file);
    return error;
}

long sys_mmap(user_addr address, size_t size, int protection, int flags, int fd, int64_t offset)
{
    int type = flags & MAP_TYPE;
    bool shared = type != MAP_PRIVATE;
    if (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE)
        return -EINVAL;
    if (size == 0 || offset % (int64_t)PAGE_SIZE != 0)
        return -EINVAL;
    if (size > USER_END ||
        (flags & MAP_HUGETLB)) /* none were set aside, as on a Linux without nr_hugepages */
        return -ENOMEM;
    struct map_request request = {.address = address,
                                  .size = size,
                                  .flags = protection_flags(protection),
                                  .fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE),
                                  .no_replace = flags & MAP_FIXED_NOREPLACE,
                                  .below_4g = flags & MAP_32BIT,
                                  .populate = flags & (MAP_POPULATE | MAP_LOCKED)};
    request.flags |=
        (shared ? REGION_SHARED : 0U) | (flags & MAP_NORESERVE ? REGION_NO_RESERVE : 0U);
    int error = 0;
    if (!(flags & MAP_ANONYMOUS)) {
        if (offset < 0)
            return -EOVERFLOW;
        request.offset = (uint64_t)offset;
        error = file_object(fd, shared, &request);
    } else if (flags & MAP_GROWSDOWN) {
        if (shared)
            return -EINVAL;
        request.flags |= REGION_STACK;
    }
    if (!error && shared && !request.object) {
        request.offset = 0;
        error = shared_object(size, &request.object);
    }
    if (error)
        return error;
    long result = address_space_map(space_current(), &request);
    if (result < 0 && request.object)
        memory_object_put(request.object);
    return result;
}

long sys_munmap(user_addr address, size_t size)
{
    return address_space_unmap(space_current(), address, size);
}

long sys_mprotect(user_addr address, size_t size, int protection)
{
    struct address_space *space = space_current();
    const int known = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN;
    if (protection & ~known || address % PAGE_SIZE != 0)
        return -EINVAL;
    if (protection & PROT_GROWSDOWN) { /* from the start of the stack on, wherever it is by now */
        const struct region *stack = region_find(space, address);
        if (!stack)
            return -ENOMEM;
        if (!(stack->flags & REGION_STACK) || size > USER_END)
            return -EINVAL;
        size += address - stack->start;
        address = stack->start;
    }
    return address_space_protect(space, address, size, protection_flags(protection));
}

long sys_brk(user_addr end)
{
    struct address_space *space = space_current();
    if (end < space->brk_start || end > USER_END - PAGE_SIZE)
        return (long)space->brk_end;
    uintptr_t old_top = (space->brk_end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    uintptr_t top = (end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    long error = 0;
    if (top > old_top) {
        struct map_request request = {.address = old_top,
                                      .size = top - old_top,
                                      .fixed = true,
                                      .no_replace = true,
                                      .flags = REGION_READ | REGION_WRITE};
        error = address_space_map(space, &request);
    } else if (top < old_top) {
        error = address_space_unmap(space, top, old_top - top);
    }
    if (error >= 0)
        space->brk_end = end;
    return (long)space->brk_end;
}

long sys_mremap(user_addr old, size_t old_size, size_t new_size, int flags, user_addr new_address)
{
    return address_space_remap(space_current(), old, old_size, new_size, flags, new_address);
}

/* A page range given by a program. -EINVAL: unaligned, -ENOMEM: not all of it is mapped. */
static int range_mapped(user_addr address, size_t size)
{
    if (address % PAGE_SIZE != 0)
        return -EINVAL;
    if (address > USER_END || size > USER_END - address)
        return -ENOMEM;
    uintptr_t end = (address + size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    return address_space_covered(space_current(), address, end) < end ? -ENOMEM : 0;
}

long sys_msync(user_addr address, size_t size, int flags)
{
    if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (flags & MS_ASYNC && flags & MS_SYNC))
        return -EINVAL;
    return range_mapped(address, size); /* files live in memory: a shared mapping is the file */
}

long sys_mincore(user_addr address, size_t size, user_addr vector)
{
    struct address_space *space = space_current();
    uint8_t present[256];
    int error = range_mapped(address, size);
    if (error)
        return error;
    size_t pages = (size + PAGE_SIZE - 1) / PAGE_SIZE;
    for (size_t done = 0; done < pages;) {
        size_t count = pages - done < sizeof(present) ? pages - done : sizeof(present);
        for (size_t i = 0; i < count; i++) {
            uintptr_t page = address + (done + i) * PAGE_SIZE;
            const struct region *region = region_find(space, page);
            struct arch_mapping mapping;
            /* What has an object is in memory, mapped or not. The copy below may sleep: look again
             * then. */
            present[i] = region && (region->object || arch_lookup(&space->arch, page, &mapping));
        }
        if (arch_copy_out(vector + done, present, count) != 0)
            return -EFAULT;
        done += count;
    }
    return 0;
}

/* Advice that only says something of private anonymous memory. */
static bool range_is_anonymous(struct address_space *space, uintptr_t address, uint64_t size)
{
    const struct region *region = region_at_or_after(space, address);
    for (; region && region->start < address + size;
         region = region_at_or_after(space, region->end)) {
        if (region->object)
            return false;
    }
    return true;
}

/* MADV_REMOVE: a hole in shared memory. */
static long range_remove(struct address_space *space, uintptr_t address, uint64_t size)
{
    const struct region *region = region_find(space, address);
    if (!region || address + size > region->end)
        return -ENOMEM;
    struct page_store *store = region->object ? page_store_of(region->object) : NULL;
    if (!store || !(region->flags & REGION_SHARED) || region->flags & REGION_MAY_NOT_WRITE)
        return -EINVAL;
    return page_store_punch(store, region->offset + (address - region->start), size);
}

static long range_populate(struct address_space *space, uintptr_t address, uint64_t size)
{
    int error = address_space_populate(space, address, size);
    return error == -ENXIO || error == -EACCES ? -EFAULT : error;
}

long sys_madvise(user_addr address, size_t size, int advice)
{
    struct address_space *space = space_current();
    if (address % PAGE_SIZE != 0 || size > USER_END || address > USER_END - size)
        return -EINVAL;
    size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    bool private_only = advice == MADV_FREE || advice == MADV_WIPEONFORK;
    if (private_only && !range_is_anonymous(space, address, size))
        return -EINVAL;
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE: /* "may be freed at any time": now is simplest, and memory is small */
        return address_space_discard(space, address, size);
    case MADV_REMOVE:
        return range_remove(space, address, size);
    case MADV_DONTFORK:
        return address_space_advise(space, address, size, REGION_NO_FORK, 0);
    case MADV_DOFORK:
        return address_space_advise(space, address, size, 0, REGION_NO_FORK);
    case MADV_WIPEONFORK:
        return address_space_advise(space, address, size, REGION_WIPE_FORK, 0);
    case MADV_KEEPONFORK:
        return address_space_advise(space, address, size, 0, REGION_WIPE_FORK);
    case MADV_HUGEPAGE:
        return address_space_advise(space, address, size, REGION_HUGE, REGION_NO_HUGE);
    case MADV_NOHUGEPAGE:
        return address_space_advise(space, address, size, REGION_NO_HUGE, REGION_HUGE);
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
        return range_populate(space, address, size);
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case MADV_COLLAPSE:
        return range_mapped(address, size);
    default:
        return -EINVAL;
    }
}

long sys_mlock(user_addr address, size_t size)
{
    uintptr_t start = address & ~(PAGE_SIZE - 1);
    size_t rounded = size + (address - start);
    if (rounded < size)
        return -EINVAL;
    int error = range_mapped(start, rounded);
    if (!error && address_space_populate(space_current(), start, rounded) == -ENOMEM)
        error = -ENOMEM;
    return error;
}

long sys_munlock(user_addr address, size_t size)
{
    uintptr_t start = address & ~(PAGE_SIZE - 1);
    return size + (address - start) < size ? -EINVAL
                                           : range_mapped(start, size + (address - start));
}

long sys_mlock2(user_addr address, size_t size, int flags)
{
    if (flags & ~1) /* MLOCK_ONFAULT */
        return -EINVAL;
    return flags ? sys_munlock(address, size) : sys_mlock(address, size);
}

long sys_mlockall(int flags)
{
    const int known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
    return flags == 0 || flags & ~known || flags == MCL_ONFAULT ? -EINVAL : 0;
}

long sys_munlockall(void)
{
    return 0;
}

long sys_membarrier(int command, uint32_t flags, int cpu)
{
    const int known = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
                      MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
                      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
                      MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |
                      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
    if (flags != 0)
        return -EINVAL;
    if (command == MEMBARRIER_CMD_QUERY)
        return known;
    /* Threads of one core are ordered by the switch between them. */
    return command & ~known || (command & (command - 1)) != 0 ? -EINVAL : 0;
}

long sys_mbind(user_addr address, size_t size, int mode, user_addr mask, uint64_t max,
               uint32_t flags)
{
    return (mode & ~MPOL_MODE_FLAGS) >= MPOL_MAX ? -EINVAL : range_mapped(address, size);
}

long sys_set_mempolicy(int mode, user_addr mask, uint64_t max)
{
    return (mode & ~MPOL_MODE_FLAGS) >= MPOL_MAX ? -EINVAL : 0;
}

long sys_get_mempolicy(user_addr mode, user_addr mask, uint64_t max, user_addr address,
                       uint64_t flags)
{
    const int policy = MPOL_DEFAULT; /* node 0 too, should MPOL_F_NODE ask for a node */
    const uint64_t nodes = flags & MPOL_F_MEMS_ALLOWED ? 1 : 0;
    if (flags & ~(uint64_t)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED) || (mask && max == 0))
        return -EINVAL;
    if (mode && copy_out(mode, &policy) != 0)
        return -EFAULT;
    return mask ? copy_out(mask, &nodes) : 0;
}
