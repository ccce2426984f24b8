/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Character devices: a table by number, and the ones that need no hardware. A node in any directory
 * with a known number opens the device; /dev has them all. The console and terminals register
 * themselves.
 */
#include "file/inode.h"
#include "lib/log.h"
#include "lib/random.h"
#include "lib/string.h"
#include "linux/abi.h"

#define DEVICES_MAX 32
#define BREATH      (1UL << 18) /* bytes between two looks for interrupts */
#define DEVICE(major, minor)                                                                       \
    ((uint64_t)(major) << 8 | (minor)) /* Linux's encoding for small numbers */
/* What a mapping of /dev/zero can reach: as much as page_store holds. */
#define ZERO_MAP_SIZE (1UL << 40)

static struct {
    uint64_t device;
    int (*open)(struct inode *inode, struct file *file);
} devices[DEVICES_MAX];
static unsigned device_count;

int device_register(const char *name, uint32_t mode, uint64_t device,
                    int (*open)(struct inode *, struct file *))
{
    if (device_count == DEVICES_MAX)
        return -ENOSPC;
    devices[device_count].device = device;
    devices[device_count++].open = open;
    const char *slash = strrchr(name, '/');
    char path[64];
    if (strlen(name) + sizeof("/dev/") > sizeof(path))
        return -ENAMETOOLONG;
    string_copy(path, "/dev/", sizeof(path));
    if (slash)
        string_copy(path + 5, name, (size_t)(slash - name) + 1);
    struct entry *directory = tree_directory(path, 0755);
    struct inode *inode = directory ? inode_create(S_IFCHR | mode, NULL) : NULL;
    int error = -ENOMEM;
    if (inode) {
        inode->device = device;
        error = tree_add(directory, slash ? slash + 1 : name, inode);
        inode_put(inode);
    }
    if (directory)
        entry_put(directory);
    return error;
}

int device_open(struct inode *inode, struct file *file)
{
    for (unsigned i = 0; i < device_count; i++) {
        if (devices[i].device == inode->device)
            return devices[i].open(inode, file);
    }
    return -ENXIO;
}

static long null_read(struct file *file, struct io *io, int64_t *position)
{
    return 0;
}

static long null_write(struct file *file, struct io *io, int64_t *position)
{
    return (long)io->remaining;
}

static long zero_read(struct file *file, struct io *io, int64_t *position)
{
    long done = 0;
    while (io->remaining) {
        size_t piece = io->remaining < BREATH ? io->remaining : BREATH;
        long moved = io_zero(io, piece);
        if (moved < 0)
            return done ? done : moved;
        done += moved;
        if ((size_t)moved < piece)
            break;
        arch_poll_interrupts(); /* a long read must not make the node look dead */
    }
    return done;
}

static long full_write(struct file *file, struct io *io, int64_t *position)
{
    return -ENOSPC;
}

static long random_read(struct file *file, struct io *io, int64_t *position)
{
    uint8_t bytes[256];
    long done = 0;
    while (io->remaining) {
        size_t size = io->remaining < sizeof(bytes) ? io->remaining : sizeof(bytes);
        random_bytes(bytes, size);
        long moved = io_put(io, bytes, size);
        if (moved < 0)
            return done ? done : moved;
        done += moved;
        if ((size_t)moved < size)
            break;
        if (done % BREATH == 0)
            arch_poll_interrupts();
    }
    return done;
}

static int64_t null_seek(struct file *file, int64_t offset, int whence)
{
    return 0;
}

static int zero_map(struct file *file, bool shared, bool writable, struct memory_object **object)
{
    struct page_store *pages = page_store_create();
    if (!pages)
        return -ENOMEM;
    int error = page_store_resize(pages, ZERO_MAP_SIZE);
    if (error)
        memory_object_put(&pages->object);
    else
        *object = &pages->object;
    return error;
}

static int device_stat(struct file *file, struct linux_stat *stat)
{
    return inode_stat(file->inode, stat);
}

/* A line for the kernel's log, so that it carries the node's number and is shown whichever console
 * is. */
static long log_write(struct file *file, struct io *io, int64_t *position)
{
    char line[256];
    size_t size = io->remaining;
    long moved = io_get(io, line, size < sizeof(line) - 1 ? size : sizeof(line) - 1);
    if (moved < 0)
        return moved;
    while (moved > 0 && line[moved - 1] == '\n')
        moved--;
    for (long i = 0; i < moved; i++) {
        if ((unsigned char)line[i] < ' ')
            line[i] = ' ';
    }
    line[moved] = 0;
    log_line("%s", line);
    return (long)size;
}

static const struct file_ops null_ops = {
    .kind = "null", .read = null_read, .write = null_write, .seek = null_seek, .stat = device_stat};
static const struct file_ops zero_ops = {.kind = "zero",
                                         .read = zero_read,
                                         .write = null_write,
                                         .seek = null_seek,
                                         .map = zero_map,
                                         .stat = device_stat};
static const struct file_ops full_ops = {
    .kind = "full", .read = zero_read, .write = full_write, .seek = null_seek, .stat = device_stat};
/* What is written to it would be entropy from a program: taken and not used. */
static const struct file_ops random_ops = {.kind = "random",
                                           .read = random_read,
                                           .write = null_write,
                                           .seek = null_seek,
                                           .stat = device_stat};

static const struct file_ops log_ops = {
    .kind = "log", .write = log_write, .seek = null_seek, .stat = device_stat};

static int plain_open(struct inode *inode, struct file *file)
{
    switch (inode->device) {
    case DEVICE(1, 3):
        file->ops = &null_ops;
        return 0;
    case DEVICE(1, 5):
        file->ops = &zero_ops;
        return 0;
    case DEVICE(1, 7):
        file->ops = &full_ops;
        return 0;
    case DEVICE(1, 11):
        file->ops = &log_ops;
        return 0;
    default:
        file->ops = &random_ops;
        return 0;
    }
}

int devices_init(void)
{
    static const struct {
        const char *name;
        uint64_t device;
    } plain[] = {{"null", DEVICE(1, 3)},   {"zero", DEVICE(1, 5)},    {"full", DEVICE(1, 7)},
                 {"random", DEVICE(1, 8)}, {"urandom", DEVICE(1, 9)}, {"kmsg", DEVICE(1, 11)}};
    static const char *const links[][2] = {{"fd", "/proc/self/fd"},
                                           {"stdin", "/proc/self/fd/0"},
                                           {"stdout", "/proc/self/fd/1"},
                                           {"stderr", "/proc/self/fd/2"}};
    int error = 0;
    for (unsigned i = 0; i < COUNT_OF(plain) && !error; i++)
        error = device_register(plain[i].name, 0666, plain[i].device, plain_open);
    struct entry *directory = tree_directory("/dev", 0755);
    for (unsigned i = 0; i < COUNT_OF(links) && !error; i++)
        error = directory ? tree_link(directory, links[i][0], links[i][1]) : -ENOMEM;
    if (directory)
        entry_put(directory);
    return error;
}
