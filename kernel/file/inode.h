/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one tree of names. Every directory, file, link and device that was looked at stands here in memory:
 * an inode with `origin` comes from the read-only EROFS image (directories are filled at the first look, file data is read
 * and mapped in place until the first write copies it up), one without lives in memory only (tmpfs). So the
 * whole root is writable, nothing written survives the node, and untouched image costs nothing.
 * /proc and /sys are directories whose inode_ops make their children.
 */
#pragma once
#include "file/file.h"
#include "lib/list.h"
#include "memory/page_store.h"

struct entry { /* a name in a directory; parent pointers make getcwd and .. */
    struct list link;        /* in parent's children */
    struct entry *hash_next; /* bucket of the parent's name hash */
    struct entry *parent;    /* NULL: root */
    struct inode *inode;
    unsigned count;          /* users besides the tree itself: cwd, open files */
    bool removed;            /* unlinked, lives by count only */
    bool transient;          /* made by inode_ops->lookup (proc): dropped when unused */
    uint32_t hash;
    uint16_t name_size;
    char name[];             /* terminated */
};

struct inode_ops {
    /* Directories that make their children: fills *child (new inode, count 1) or -ENOENT. */
    int (*lookup)(struct inode *directory, const char *name, struct inode **child);
    int (*list)(struct inode *directory, struct directory_sink *sink);
    /* Opens: may replace file->ops/data (devices, proc files, fifos). 0 or -errno. */
    int (*open)(struct inode *inode, struct file *file) MAY_SLEEP;
    long (*readlink)(struct inode *inode, char *buffer, size_t size);
    void (*free)(struct inode *inode);
};
struct inode {
    const struct inode_ops *ops; /* NULL: plain tree inode */
    unsigned count;              /* entries, open files */
    uint64_t number;
    uint32_t mode;               /* S_IFMT | permissions */
    uint32_t uid, gid, links;
    uint64_t device;             /* rdev of device nodes */
    int64_t access_ns, modify_ns, change_ns; /* UTC since 1970 */
    uint64_t origin;             /* EROFS inode id + 1; 0: memory only */
    bool filled;                 /* directory: children of origin are all here */
    /* by type */
    struct list children;        /* directory: entries in order of creation */
    struct entry **hash;         /* directory: by name */
    unsigned child_count, hash_size;
    struct page_store *pages;    /* regular file once written; NULL: still only in the image */
    uint64_t image_size;         /* regular file in the image: bytes */
    struct memory_object *image_object; /* mapping straight from the image, made on first mmap */
    char *target;                /* symbolic link */
    void *data;                  /* of ops: bound socket, fifo, proc */
    struct file_lock *locks;     /* fcntl locks */
};
void inode_get(struct inode *inode);
void inode_put(struct inode *inode);
struct inode *inode_create(uint32_t mode, const struct inode_ops *ops) MUST_CHECK; /* count 1 */
void entry_get(struct entry *entry);
void entry_put(struct entry *entry);
uint64_t inode_size(const struct inode *inode);
int inode_stat(struct inode *inode, struct linux_stat *stat);
/* Access by the caller's rights; the programs run as root, so only X on files without any x bit is refused. want: R_OK 4, W_OK 2, X_OK 1 */
int inode_access(struct inode *inode, int want);

/* path.c. `at` is a directory fd or AT_FDCWD. Results carry a count: entry_put. */
enum path_flags { PATH_NO_FOLLOW = 1, PATH_CREATE = 2 /* parent must exist, last may not */, PATH_EMPTY_OK = 4 };
struct path_result {
    struct entry *parent; /* with count; set when PATH_CREATE */
    struct entry *entry;  /* with count; NULL when PATH_CREATE and it does not exist */
    char name[256];       /* last component */
    bool trailing_slash;
};
int path_find(int at, const char *path, unsigned flags, struct path_result *result) MUST_CHECK MAY_SLEEP;
void path_release(struct path_result *result);
/* Absolute path of an entry into buffer; length or -ENAMETOOLONG; " (deleted)" is the caller's. */
long entry_path(struct entry *entry, char *buffer, size_t size);
/* Opens as open(2). Kernel strings. NULL result only with error. */
int path_open(int at, const char *path, unsigned flags, uint32_t mode, struct file **file) MUST_CHECK MAY_SLEEP;
int inode_open(struct inode *inode, struct entry *entry, unsigned flags, struct file **file) MUST_CHECK MAY_SLEEP;
/* Makes a name in a directory: -EEXIST, -ENOSPC, -ENOENT (directory was removed). Takes an own count on inode. */
int entry_create(struct entry *directory, const char *name, struct inode *inode, struct entry **made) MUST_CHECK;
extern struct entry *root_entry;
int tree_init(const void *image, uint64_t size); /* root from the EROFS image; /tmp, /dev, /proc, /sys made */
extern const struct file_ops inode_file_ops; /* regular files, directories */

/* getdents: a directory gives names to a sink; false: full, stop. */
struct directory_sink {
    bool (*add)(struct directory_sink *sink, const char *name, size_t size, uint64_t inode, unsigned type);
    uint64_t position; /* skip this many */
};
/* Devices: /dev nodes register here (devices.c); open by (major, minor). */
int device_register(const char *name, uint32_t mode, uint64_t device, int (*open)(struct inode *, struct file *));
