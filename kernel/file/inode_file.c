/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open regular files. Data of an image file is read where it lies; the first write or truncation
 * copies the file into pages of its own (copy-up) and from then on the image is not looked at.
 * Pages beyond the end of a file hold zeros, so a file that grows shows nothing old.
 */
#include <linux/falloc.h>
#include <linux/fcntl.h>

#include "file/doors.h"
#include "file/erofs.h"
#include "file/inode.h"
#include "file/inode_map.h"
#include "lib/string.h"
#include "linux/abi.h"

#define SIZE_LIMIT (1UL << 40) /* what page_store can hold */
#define BREATH     (1UL << 18) /* bytes: tens of microseconds */
#define SEEK_SET   0
#define SEEK_CUR   1
#define SEEK_END   2
#define SEEK_DATA  3
#define SEEK_HOLE  4

extern struct erofs tree_image;

static uint64_t min_size(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A long transfer lets interrupts in, so that the node is not taken for dead. */
static void breathe(uint64_t before, uint64_t after)
{
    if ((before ^ after) / BREATH)
        arch_poll_interrupts();
}

/* ---- reading ---- */

static long read_image(struct inode *inode, struct io *io, uint64_t offset, uint64_t size)
{
    struct erofs_inode from;
    if (erofs_inode_read(&tree_image, inode->origin - 1, &from))
        return -EIO;
    uint64_t done = 0;
    while (done < size) {
        struct erofs_extent extent;
        if (erofs_extent_find(&tree_image, &from, offset + done, &extent))
            return done ? (long)done : -EIO;
        uint64_t piece = min_size(min_size(extent.size, size - done), BREATH);
        long moved = extent.data ? io_put(io, extent.data, piece) : io_zero(io, piece);
        if (moved < 0)
            return done ? (long)done : moved;
        done += (uint64_t)moved;
        if ((uint64_t)moved < piece)
            break;
        breathe(done - piece, done);
    }
    return (long)done;
}

static long read_pages(struct inode *inode, struct io *io, uint64_t offset, uint64_t size)
{
    uint64_t done = 0;
    while (done < size) {
        uint64_t within = (offset + done) % PAGE_SIZE;
        uint64_t piece = min_size(PAGE_SIZE - within, size - done);
        phys_addr frame = page_store_frame(inode->pages, (offset + done) / PAGE_SIZE, false);
        long moved =
            frame ? io_put(io, (char *)direct_pointer(frame) + within, piece) : io_zero(io, piece);
        if (moved < 0)
            return done ? (long)done : moved;
        done += (uint64_t)moved;
        if ((uint64_t)moved < piece)
            break;
        breathe(done - piece, done);
    }
    return (long)done;
}

long inode_read(struct inode *inode, struct io *io, uint64_t offset)
{
    uint64_t end = inode_size(inode);
    if (offset >= end)
        return 0;
    uint64_t size = min_size(io->remaining, end - offset);
    return inode->pages ? read_pages(inode, io, offset, size) : read_image(inode, io, offset, size);
}

/* ---- writing ---- */

/* Empty pages of its own for the file; what the image holds is forgotten. */
static int pages_start(struct inode *inode)
{
    inode->pages = page_store_create();
    return inode->pages ? 0 : -ENOSPC;
}

/* A page to write to, within the tree's limit; NULL: full. */
static char *page_to_write(struct inode *inode, uint64_t index)
{
    phys_addr frame = page_store_frame(inode->pages, index, false);
    if (frame)
        return direct_pointer(frame);
    if (!inode_has_room(inode, 1))
        return NULL;
    frame = page_store_frame(inode->pages, index, true);
    inode_charge(inode);
    return frame ? direct_pointer(frame) : NULL;
}

static int copy_image(struct inode *inode, uint64_t size)
{
    struct erofs_inode from;
    if (erofs_inode_read(&tree_image, inode->origin - 1, &from))
        return -EIO;
    for (uint64_t done = 0; done < size;) {
        struct erofs_extent extent;
        if (erofs_extent_find(&tree_image, &from, done, &extent))
            return -EIO;
        uint64_t piece = min_size(min_size(extent.size, PAGE_SIZE - done % PAGE_SIZE), size - done);
        if (extent.data) {
            char *page = page_to_write(inode, done / PAGE_SIZE);
            if (!page)
                return -ENOSPC;
            memcpy(page + done % PAGE_SIZE, extent.data, piece);
        }
        done += piece;
        breathe(done - piece, done);
    }
    return 0;
}

/* Copies the first `size` bytes of the image's file into pages. */
static int copy_up_to(struct inode *inode, uint64_t size)
{
    if (inode->pages)
        return 0;
    int error = pages_start(inode);
    if (error)
        return error;
    if (size)
        error = copy_image(inode, size);
    if (!error)
        error = page_store_resize(inode->pages, size);
    if (error) {
        memory_object_put(&inode->pages->object);
        inode->pages = NULL;
        inode_charge(inode);
    }
    return error;
}

int inode_copy_up(struct inode *inode)
{
    return copy_up_to(inode, inode->image_size);
}

int inode_truncate(struct inode *inode, uint64_t size)
{
    uint64_t old = inode_size(inode);
    if ((size < old && inode_is_sealed(inode, F_SEAL_SHRINK)) ||
        (size > old && inode_is_sealed(inode, F_SEAL_GROW)))
        return -EPERM;
    if (size > old && size > caller_file_size_max()) {
        caller_file_size_exceeded();
        return -EFBIG;
    }
    if (size > SIZE_LIMIT)
        return -EFBIG;
    int error = copy_up_to(inode, min_size(inode->image_size, size));
    if (!error)
        error = page_store_resize(inode->pages, size);
    inode_charge(inode);
    if (!error)
        inode_changed(inode, true);
    return error;
}

/* How much of `size` bytes at offset may be written; negative: none, and why. */
static int64_t write_room(struct inode *inode, uint64_t offset, uint64_t size)
{
    if (offset >= SIZE_LIMIT)
        return -EFBIG;
    size = min_size(size, SIZE_LIMIT - offset);
    if (inode_is_sealed(inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    if (inode_is_sealed(inode, F_SEAL_GROW) && offset + size > inode_size(inode))
        return -EPERM;
    uint64_t limit = caller_file_size_max();
    if (offset >= limit && size) {
        caller_file_size_exceeded();
        return -EFBIG;
    }
    return (int64_t)min_size(size, limit - offset);
}

static long inode_write(struct inode *inode, struct io *io, uint64_t offset)
{
    int64_t size = write_room(inode, offset, io->remaining);
    if (size <= 0)
        return size;
    int error = inode_copy_up(inode);
    if (error)
        return error;
    struct page_store *pages = inode->pages;
    int64_t done = 0;
    while (done < size) {
        uint64_t at = offset + (uint64_t)done;
        uint64_t piece = min_size(PAGE_SIZE - at % PAGE_SIZE, (uint64_t)(size - done));
        char *page = page_to_write(inode, at / PAGE_SIZE);
        long moved = page ? io_get(io, page + at % PAGE_SIZE, piece) : -ENOSPC;
        uint64_t end = moved > 0 ? at + (uint64_t)moved : at;
        if (end > pages->size)
            (void)!page_store_resize(pages, end); /* below the limit: growing cannot fail */
        /* A copy that failed half-way may have left bytes beyond the end. */
        if (page && moved < (long)piece && at + piece > pages->size && end >= pages->size)
            memset(page + end % PAGE_SIZE, 0, at + piece - end);
        if (moved < 0)
            return done ? done : moved;
        done += moved;
        if ((uint64_t)moved < piece)
            break;
        breathe((uint64_t)done - piece, (uint64_t)done);
    }
    inode_changed(inode, true);
    return done;
}

static long file_inode_read(struct file *file, struct io *io, int64_t *position)
{
    struct inode *inode = file->inode;
    if (*position < 0)
        return -EINVAL;
    long done = inode_read(inode, io, (uint64_t)*position);
    if (done > 0)
        *position += done;
    /* As relatime: once after each change. */
    if (inode->access_ns <= inode->modify_ns && !(file->flags & O_NOATIME) &&
        inode->file_system != FS_PROC)
        inode->access_ns = wall_clock_ns();
    return done;
}

static long file_inode_write(struct file *file, struct io *io, int64_t *position)
{
    if (*position < 0)
        return -EINVAL;
    if (io->remaining == 0)
        return 0;
    if (file->flags & O_APPEND)
        *position = (int64_t)inode_size(file->inode);
    long done = inode_write(file->inode, io, (uint64_t)*position);
    if (done > 0)
        *position += done;
    return done;
}

/* ---- holes ---- */

/* Where data or a hole begins at or after offset (< size). Image files count as all data. */
static int64_t find_data(struct inode *inode, uint64_t offset, uint64_t size)
{
    uint64_t index;
    if (!inode->pages)
        return (int64_t)offset;
    if (!page_store_next(inode->pages, offset / PAGE_SIZE, &index) || index * PAGE_SIZE >= size)
        return -ENXIO;
    return index * PAGE_SIZE > offset ? (int64_t)(index * PAGE_SIZE) : (int64_t)offset;
}

static int64_t find_hole(struct inode *inode, uint64_t offset, uint64_t size)
{
    while (offset < size && inode->pages &&
           page_store_frame(inode->pages, offset / PAGE_SIZE, false))
        offset = (offset / PAGE_SIZE + 1) * PAGE_SIZE;
    return (int64_t)(inode->pages ? min_size(offset, size) : size);
}

static int64_t file_inode_seek(struct file *file, int64_t offset, int whence)
{
    uint64_t size = inode_size(file->inode);
    int64_t base = 0;
    switch (whence) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = file->position;
        break;
    case SEEK_END:
        base = (int64_t)size;
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        if (offset < 0 || (uint64_t)offset >= size)
            return -ENXIO;
        base = whence == SEEK_DATA ? find_data(file->inode, (uint64_t)offset, size)
                                   : find_hole(file->inode, (uint64_t)offset, size);
        if (base >= 0)
            file->position = base;
        return base;
    default:
        return -EINVAL;
    }
    int64_t to;
    if (__builtin_add_overflow(base, offset, &to) || to < 0)
        return -EINVAL;
    file->position = to;
    return to;
}

int inode_allocate(struct inode *inode, unsigned mode, uint64_t offset, uint64_t size)
{
    uint64_t end = offset + size; /* both positive signed: no overflow */
    bool punch = mode & FALLOC_FL_PUNCH_HOLE, zero = mode & FALLOC_FL_ZERO_RANGE;
    bool keep = mode & FALLOC_FL_KEEP_SIZE;
    if (mode & ~(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE) ||
        (punch && (zero || !keep)))
        return -EOPNOTSUPP;
    if (end > SIZE_LIMIT)
        return -EFBIG;
    if ((punch || zero) && inode_is_sealed(inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    if (!keep && end > inode_size(inode) && inode_is_sealed(inode, F_SEAL_GROW))
        return -EPERM;
    if (!keep && end > inode_size(inode) && end > caller_file_size_max()) {
        caller_file_size_exceeded();
        return -EFBIG;
    }
    /* Refused at once, not after having filled the tree. */
    uint64_t needed = punch ? 0 : (size + PAGE_SIZE - 1) / PAGE_SIZE;
    int error = inode_copy_up(inode);
    if (!error && needed > inode->pages->frames &&
        !inode_has_room(inode, needed - inode->pages->frames))
        error = -ENOSPC;
    if (!error && (punch || zero))
        error = page_store_punch(inode->pages, offset, size);
    for (uint64_t at = offset / PAGE_SIZE;
         !error && !punch && at < (end + PAGE_SIZE - 1) / PAGE_SIZE; at++) {
        error = page_to_write(inode, at) ? 0 : -ENOSPC;
        breathe(at * PAGE_SIZE, (at + 1) * PAGE_SIZE);
    }
    if (!error && !keep && end > inode->pages->size)
        error = page_store_resize(inode->pages, end);
    inode_charge(inode);
    if (!error)
        inode_changed(inode, true);
    return error;
}

static int file_inode_stat(struct file *file, struct linux_stat *stat)
{
    return inode_stat(file->inode, stat);
}

static int file_inode_truncate(struct file *file, uint64_t size)
{
    return inode_truncate(file->inode, size);
}

static int file_inode_sync(struct file *file)
{
    return 0; /* memory is all there is */
}

const struct file_ops inode_file_ops = {
    .kind = "file",
    .read = file_inode_read,
    .write = file_inode_write,
    .seek = file_inode_seek,
    .map = inode_map,
    .stat = file_inode_stat,
    .truncate = file_inode_truncate,
    .sync = file_inode_sync,
};

/* ---- directories ---- */

static long directory_read(struct file *file, struct io *io, int64_t *position)
{
    return -EISDIR;
}

static int64_t directory_seek(struct file *file, int64_t offset, int whence)
{
    int64_t to, base = whence == SEEK_CUR ? file->position : 0;
    if ((whence != SEEK_SET && whence != SEEK_CUR) || __builtin_add_overflow(base, offset, &to) ||
        to < 0)
        return -EINVAL;
    file->position = to;
    return to;
}

const struct file_ops directory_file_ops = {
    .kind = "directory",
    .read = directory_read,
    .seek = directory_seek,
    .stat = file_inode_stat,
    .sync = file_inode_sync,
};

const struct file_ops path_file_ops = {
    .kind = "path",
    .stat = file_inode_stat,
};
