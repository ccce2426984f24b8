/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one tree of names. Every directory, file, link and device that was looked at stands here in
 * memory: an inode with `origin` comes from the read-only EROFS image (directories are filled at
 * the first look, file data is read and mapped in place until the first write copies it up), one
 * without lives in memory only (tmpfs). So the whole root is writable, nothing written survives the
 * node, and untouched image costs nothing. /proc and /sys are directories whose inode_ops make
 * their children.
 */
#pragma once
#include "file/file.h"
#include "lib/list.h"
#include "memory/page_store.h"

struct entry {               /* a name in a directory; parent pointers make getcwd and .. */
    struct list link;        /* in parent's children, in order of `cookie` */
    struct entry *hash_next; /* bucket of the parent's name hash */
    struct entry *parent;    /* NULL: root */
    struct inode *inode;
    unsigned count; /* users besides the tree itself: cwd, open files */
    bool removed;   /* unlinked, lives by count only */
    bool transient; /* made by inode_ops->lookup (proc): dropped when unused */
    uint32_t hash;
    uint16_t name_size;
    uint64_t cookie;   /* where getdents goes on: rises with each name made in the directory */
    char *name;        /* terminated; changes with rename */
    char first_name[]; /* storage of the name it was made with */
};

struct inode_ops {
    /* Directories that make their children: fills *child (new inode, count 1) or -ENOENT. */
    int (*lookup)(struct inode *directory, const char *name, struct inode **child);
    int (*list)(struct inode *directory, struct directory_sink *sink);
    /* Opens: may replace file->ops/data (devices, proc files, fifos). 0 or -errno. */
    int (*open)(struct inode *inode, struct file *file) MAY_SLEEP;
    long (*readlink)(struct inode *inode, char *buffer, size_t size);
    /* Links whose target is a thing, not a path (/proc/self/fd/3): the entry with a count taken. */
    int (*follow)(struct inode *link, struct entry **target);
    int (*stat)(struct inode *inode,
                struct linux_stat *stat); /* when the inode stands for another thing */
    void (*free)(struct inode *inode);
};
enum file_system {
    FS_TREE = 1,
    FS_PROC = 2,
    FS_MEMFD = 3
}; /* st_dev; no links or renames across */
struct inode {
    const struct inode_ops *ops; /* NULL: plain tree inode */
    unsigned count;              /* entries, open files */
    uint64_t number;
    uint32_t mode; /* S_IFMT | permissions */
    uint32_t uid, gid, links;
    uint64_t device;                         /* rdev of device nodes */
    int64_t access_ns, modify_ns, change_ns; /* UTC since 1970 */
    uint64_t origin;                         /* EROFS inode id + 1; 0: memory only */
    bool filled;                             /* directory: children of origin are all here */
    uint8_t file_system;                     /* enum file_system */
    uint32_t seals;                          /* F_SEAL_*; SEALS_NONE: not a memfd */
    struct inode *linked_next;               /* image inodes with several names, by origin */
    uint64_t next_cookie;                    /* directory */
    /* by type */
    struct list children; /* directory: entries in order of creation */
    struct entry **hash;  /* directory: by name */
    unsigned child_count, hash_size;
    struct page_store *pages;      /* regular file once written; NULL: still only in the image */
    uint64_t image_size;           /* regular file in the image: bytes */
    uint64_t charged;              /* frames of pages that count against the tree's limit */
    struct memory_object *mapping; /* while it is mapped somewhere: inode_map.c */
    char *target;                  /* symbolic link */
    void *data;                    /* of ops: bound socket, fifo, proc */
    struct file_lock *locks;       /* fcntl locks */
};
void inode_get(struct inode *inode);
void inode_put(struct inode *inode);
struct inode *inode_create(uint32_t mode, const struct inode_ops *ops) MUST_CHECK; /* count 1 */
void entry_get(struct entry *entry);
void entry_put(struct entry *entry);
uint64_t inode_size(const struct inode *inode);
int inode_stat(struct inode *inode, struct linux_stat *stat);
/* Access by the caller's rights; the programs run as root, so only X on files without any x bit is
 * refused. want: R_OK 4, W_OK 2, X_OK 1 */
int inode_access(struct inode *inode, int want);

/* path.c. `at` is a directory fd or AT_FDCWD. Results carry a count: entry_put. */
enum path_flags {
    PATH_NO_FOLLOW = 1,
    PATH_CREATE = 2 /* parent must exist, last may not */,
    PATH_EMPTY_OK = 4,
    PATH_NO_SLASH = 8 /* a name with a slash behind it is refused at once: -EISDIR */
};
struct path_result {
    struct entry *parent; /* with count; set when PATH_CREATE */
    struct entry *entry;  /* with count; NULL when PATH_CREATE and it does not exist */
    char name[256];       /* last component */
    bool trailing_slash;
};
int path_find(int at, const char *path, unsigned flags,
              struct path_result *result) MUST_CHECK MAY_SLEEP;
void path_release(struct path_result *result);
/* Absolute path of an entry into buffer; length or -ENAMETOOLONG; " (deleted)" is the caller's. */
long entry_path(struct entry *entry, char *buffer, size_t size);
/* Opens as open(2). Kernel strings. NULL result only with error. */
int path_open(int at, const char *path, unsigned flags, uint32_t mode,
              struct file **file) MUST_CHECK MAY_SLEEP;
int inode_open(struct inode *inode, struct entry *entry, unsigned flags,
               struct file **file) MUST_CHECK MAY_SLEEP;
/* An entry made outside the tree: memfd, O_TMPFILE, /proc. Takes an own count on inode and parent
 * (may be NULL); count 1. */
struct entry *entry_detached(struct entry *parent, const char *name,
                             struct inode *inode) MUST_CHECK;
/* Name in a directory, with a count: 0, -ENOENT, -ENOTDIR, -ENAMETOOLONG. `name` need not be
 * terminated. */
int entry_lookup(struct entry *directory, const char *name, size_t size,
                 struct entry **found) MUST_CHECK;
int entry_remove(struct entry *entry); /* unlink, rmdir: rights and types were checked */
int entry_rename(struct entry *entry, struct entry *directory,
                 const char *name) MUST_CHECK; /* name is free there */
int entry_exchange(struct entry *a, struct entry *b) MUST_CHECK;
bool entry_is_below(struct entry *entry, struct entry *directory); /* or the same */
bool directory_is_empty(struct entry *directory);
/* Makes a name in a directory: -EEXIST, -ENOSPC, -ENOENT (directory was removed). Takes an own
 * count on inode. */
int entry_create(struct entry *directory, const char *name, struct inode *inode,
                 struct entry **made) MUST_CHECK;
extern struct entry *root_entry;
int tree_init(const void *image,
              uint64_t size); /* root from the EROFS image; /tmp, /dev, /proc, /sys made */
/* mkdir -p below the root, from inside the kernel: with a count, NULL: no memory. */
struct entry *tree_directory(const char *path, uint32_t mode) MUST_CHECK;
/* A node, link or empty file in a directory of the kernel's making; 0 also when the name is there.
 */
int tree_add(struct entry *directory, const char *name, struct inode *inode);
int tree_link(struct entry *directory, const char *name, const char *target);
struct inode *inode_create_link(const char *target) MUST_CHECK; /* symbolic link; NULL */
extern const struct file_ops inode_file_ops;                    /* regular files */
extern const struct file_ops directory_file_ops;
extern const struct file_ops path_file_ops; /* O_PATH */
int64_t wall_clock_ns(void);
void inode_changed(struct inode *inode, bool content); /* ctime, with content also mtime */
/* For so many more pages, else -ENOSPC. A memfd is memory of its programs: no part of the limit. */
bool inode_has_room(const struct inode *inode, uint64_t pages);
bool tree_has_inode(void);              /* for one more name; else -ENOSPC */
void inode_charge(struct inode *inode); /* after its pages came or went */
uint64_t tree_pages_used(void), tree_pages_limit(void);

/* inode_file.c: what the calls by descriptor and by path share. */
int inode_copy_up(struct inode *inode) MUST_CHECK; /* regular: from now on in pages */
int inode_truncate(struct inode *inode, uint64_t size) MUST_CHECK;
long inode_read(struct inode *inode, struct io *io, uint64_t offset);
int inode_allocate(struct inode *inode, unsigned mode, uint64_t offset,
                   uint64_t size) MUST_CHECK; /* fallocate */
#define SEALS_NONE 0x80000000U
static inline bool inode_is_sealed(const struct inode *inode, unsigned seals)
{
    return inode->seals != SEALS_NONE && (inode->seals & seals);
}

/* Ready to be filled: 4 KiB for a path, from a small stock. */
#define PATH_BUFFER 4096
char *path_buffer_get(void) MUST_CHECK; /* NULL: no memory */
void path_buffer_put(char *buffer);

/* lock.c: fcntl, OFD and flock locks. */
enum lock_kind { LOCK_POSIX, LOCK_OFD, LOCK_FLOCK };
struct lock_request {
    enum lock_kind kind;
    void *owner; /* file table, or open file */
    int pid;     /* told by F_GETLK; -1 for OFD */
    bool exclusive;
    uint64_t start, end; /* end is included; UINT64_MAX: to infinity */
};
int lock_set(struct inode *inode, const struct lock_request *request,
             bool wait) MUST_CHECK MAY_SLEEP; /* -EAGAIN, -EINTR, -EDEADLK, -ENOLCK */
/* The part of it; -ENOLCK when one is cut in two. */
int lock_clear(struct inode *inode, const struct lock_request *request);
/* The first lock that stands against it; false: none, would be granted. */
bool lock_test(struct inode *inode, const struct lock_request *request,
               struct lock_request *against);
void lock_drop_owner(struct inode *inode, const void *owner);
const void *lock_first_owner(const struct inode *inode); /* there must be a lock */

/* memfd.c */
int memfd_create(const char *name, unsigned flags, struct file **file) MUST_CHECK;
int memfd_seal(struct inode *inode, unsigned seals) MUST_CHECK;

/* Named pipes, set by pipe.c: opens a fifo. */
extern int (*fifo_open)(struct inode *inode, struct file *file) MAY_SLEEP;

/* getdents: a directory gives names to a sink; false: full, stop. A directory's own list() gives
 * all of them; directory_list skips those that were given before and tells in `position` where to
 * go on after the name. */
struct directory_sink {
    bool (*add)(struct directory_sink *sink, const char *name, size_t size, uint64_t inode,
                unsigned type);
    uint64_t position;
};
int directory_list(struct entry *directory, int64_t *position,
                   struct directory_sink *sink) MUST_CHECK;
/* Names of the image into the tree, once; -ENOMEM. */
int directory_fill(struct entry *directory) MUST_CHECK;
/* Devices: /dev nodes register here (devices.c); open by (major, minor). */
int device_register(const char *name, uint32_t mode, uint64_t device,
                    int (*open)(struct inode *, struct file *));
int device_open(struct inode *inode,
                struct file *file) MUST_CHECK MAY_SLEEP; /* -ENXIO: none has that number */
int devices_init(void) MUST_CHECK;                       /* null, zero, ...: by tree_init */
