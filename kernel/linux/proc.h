/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc and /sys: files whose text is written when they are read. proc_files.c: how such files
 * work; proc_system.c: the fixed ones; proc_process.c: directories of processes; proc_fd.c: their
 * descriptors; proc_hydros.c, proc_core.c: all nodes.
 */
#pragma once
#include "file/inode.h"
#include "linux/process.h"

struct proc_text { /* grows as it is printed to */
    char *bytes;
    size_t used, capacity;
    bool failed; /* no memory for more */
};
void proc_print(struct proc_text *text, const char *format, ...) PRINTF(2);
void proc_bytes(struct proc_text *text, const void *bytes, size_t size);

struct proc_node;
struct proc_source { /* what an inode of /proc shows */
    const struct proc_node *node;
    int pid, tid; /* tid 0: the process as a whole */
    int fd;
    const char *constant;
    struct file *file; /* proc_fd.c: stands for a file without inode; counted */
};
/* A kind of file. By type: text (and write, else -EACCES, when the mode has w), readlink and maybe
 * follow, or lookup and list. */
struct proc_node {
    const char *name;
    uint32_t mode;
    void (*text)(struct proc_text *text, const struct proc_source *source);
    long (*write)(const struct proc_source *source, const char *bytes, size_t size);
    long (*readlink)(const struct proc_source *source, char *buffer, size_t size);
    int (*follow)(const struct proc_source *source, struct entry **target);
    int (*lookup)(const struct proc_source *source, const char *name, struct inode **child);
    int (*list)(const struct proc_source *source, struct directory_sink *sink);
};
/* New inode, count 1, that shows the source (copied). number: its inode number; 0: the next one.
 * NULL: no memory. */
struct inode *proc_inode(const struct proc_source *source, uint64_t number) MUST_CHECK;
/* A directory of the tree gets lookup and list; never freed. */
void proc_inode_become(struct inode *directory, const struct proc_node *node);
/* Finds name among count nodes. */
const struct proc_node *proc_node_find(const struct proc_node *nodes, size_t count,
                                       const char *name);
long proc_number(const char *text); /* all digits: value; else -1 */

int proc_init(void) MUST_CHECK;               /* after tree_init: fills /proc and /sys */
extern const struct proc_node proc_root_node; /* /proc: one directory for each process */
extern const struct proc_node proc_fd_node, proc_fdinfo_node;
struct proc_text;
void proc_process_maps(struct proc_text *text, const struct proc_source *source);
/* proc_hydros.c. proc_log: of the node whose number stands in source->fd. */
void proc_nodes(struct proc_text *text, const struct proc_source *source);
void proc_epitaphs(struct proc_text *text, const struct proc_source *source);
void proc_channels(struct proc_text *text, const struct proc_source *source); /* proc_channels.c */
void proc_network(struct proc_text *text, const struct proc_source *source);  /* proc_network.c */
/* proc_net.c: files of /proc/net; their number stands in source->fd. NULL: no more. */
void proc_net(struct proc_text *text, const struct proc_source *source);
const char *proc_net_name(unsigned n);
void proc_hosts(struct proc_text *text, const struct proc_source *source);
void proc_resolver(struct proc_text *text, const struct proc_source *source);
void proc_deaths(struct proc_text *text, const struct proc_source *source);
void proc_log(struct proc_text *text, const struct proc_source *source);
struct inode *proc_core_inode(uint32_t node) MUST_CHECK; /* proc_core.c: core.N. NULL: no memory */
void proc_mounts(struct proc_text *text, const struct proc_source *source);
void proc_mountinfo(struct proc_text *text, const struct proc_source *source);
/* Bytes of a process's memory that are populated; how many could be read. */
size_t proc_memory_read(struct address_space *space, uintptr_t address, void *to, size_t size);
