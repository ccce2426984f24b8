/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a path to an entry, as path_resolution(7): one component at a time, `..` stops at the
 * caller's root, at most 40 symbolic links. The link's target and what was left of the path become
 * the new path, so there is no recursion and the whole never exceeds PATH_MAX.
 */
#include <linux/fcntl.h>

#include "file/doors.h"
#include "file/inode.h"
#include "lib/string.h"
#include "linux/abi.h"
#include "memory/heap.h"

#define LINKS_MAX    40
#define BUFFERS_KEPT 4 /* rename takes two, each may need one more for a link */

static char *kept[BUFFERS_KEPT];
static unsigned kept_count;

char *path_buffer_get(void)
{
    if (kept_count)
        return kept[--kept_count];
    return heap_alloc(PATH_BUFFER);
}

void path_buffer_put(char *buffer)
{
    if (buffer && kept_count < BUFFERS_KEPT)
        kept[kept_count++] = buffer;
    else
        heap_free(buffer);
}

struct walk {
    struct entry *at; /* with count: what was resolved so far */
    const char *rest; /* what is still to be resolved */
    char *buffer;     /* holds rest after the first link; from the stock */
    unsigned links;
    unsigned flags;
};

static int walk_start(struct walk *walk, int at, const char *path)
{
    if (path[0] == '/') {
        walk->at = caller_root();
        entry_get(walk->at);
    } else if (at == AT_FDCWD) {
        walk->at = caller_directory();
        entry_get(walk->at);
    } else {
        struct file *file = file_at(at);
        if (!file)
            return -EBADF;
        walk->at = file->entry;
        bool fit = file->entry && (!path[0] || (file->entry->inode->mode & S_IFMT) == S_IFDIR);
        if (fit)
            entry_get(walk->at);
        file_put(file);
        if (!fit)
            return -ENOTDIR;
    }
    return 0;
}

/* Moves walk->at; takes over the count on `to`. */
static void walk_to(struct walk *walk, struct entry *to)
{
    entry_put(walk->at);
    walk->at = to;
}

static void walk_up(struct walk *walk)
{
    struct entry *parent = walk->at->parent;
    if (walk->at == caller_root() || !parent)
        return;
    entry_get(parent);
    walk_to(walk, parent);
}

/* `link` was found in walk->at; the walk goes on with its target. Takes over the count on link. */
static int walk_link(struct walk *walk, struct entry *link)
{
    struct inode *inode = link->inode;
    if (++walk->links > LINKS_MAX) {
        entry_put(link);
        return -ELOOP;
    }
    if (inode->ops && inode->ops->follow) {
        struct entry *target;
        int error = inode->ops->follow(inode, &target);
        entry_put(link);
        if (!error)
            walk_to(walk, target);
        return error;
    }
    char *buffer = path_buffer_get();
    if (!buffer) {
        entry_put(link);
        return -ENOMEM;
    }
    long size;
    if (inode->ops && inode->ops->readlink)
        size = inode->ops->readlink(inode, buffer, PATH_BUFFER);
    else
        size = (long)string_copy(buffer, inode->target, PATH_BUFFER);
    entry_put(link);
    size_t rest = strlen(walk->rest);
    int error = size < 0 ? (int)size : 0;
    if (!error && size + rest + 1 > PATH_BUFFER)
        error = -ENAMETOOLONG;
    if (!error && size == 0)
        error = -ENOENT;
    if (error) {
        path_buffer_put(buffer);
        return error;
    }
    memcpy(buffer + size, walk->rest, rest + 1);
    path_buffer_put(walk->buffer);
    walk->buffer = buffer;
    walk->rest = buffer;
    if (buffer[0] == '/') {
        struct entry *root = caller_root();
        entry_get(root);
        walk_to(walk, root);
    }
    return 0;
}

static bool is_link(const struct entry *entry)
{
    return (entry->inode->mode & S_IFMT) == S_IFLNK;
}

/* The last component: leaves parent, name and, if it is there, entry in the result. *again: it was
 * a link that is to be followed. */
static int walk_last(struct walk *walk, const char *name, size_t size, bool slash,
                     struct path_result *result, bool *again)
{
    *again = false;
    bool create = walk->flags & PATH_CREATE;
    if (size > NAME_MAX)
        return -ENAMETOOLONG;
    if (slash && (walk->flags & PATH_NO_SLASH))
        return -EISDIR;
    memcpy(result->name, name, size);
    result->name[size] = 0;
    struct entry *found = NULL;
    int error = entry_lookup(walk->at, name, size, &found);
    if (error && !(create && error == -ENOENT))
        return error;
    if (found && is_link(found)) {
        bool follow = !(walk->flags & PATH_NO_FOLLOW) || (slash && !create);
        if (follow) {
            *again = true;
            return walk_link(walk, found);
        }
    }
    if (found && slash && !create && (found->inode->mode & S_IFMT) != S_IFDIR) {
        entry_put(found);
        return -ENOTDIR;
    }
    result->entry = found;
    result->trailing_slash = slash;
    if (create) {
        entry_get(walk->at);
        result->parent = walk->at;
    }
    return 0;
}

/* The path ended in /, . or .. : the place itself. */
static int walk_end(struct walk *walk, struct path_result *result, const char *name, bool slash)
{
    if (slash && (walk->at->inode->mode & S_IFMT) != S_IFDIR)
        return -ENOTDIR;
    string_copy(result->name, name, sizeof(result->name));
    entry_get(walk->at);
    result->entry = walk->at;
    result->trailing_slash = slash;
    if (walk->flags & PATH_CREATE) {
        result->parent = walk->at->parent ? walk->at->parent : walk->at;
        entry_get(result->parent);
    }
    return 0;
}

static int walk_run(struct walk *walk, struct path_result *result)
{
    const char *dots = "";
    bool slash = walk->rest[0] == '/';
    for (;;) {
        while (*walk->rest == '/') {
            walk->rest++;
            slash = true;
        }
        const char *name = walk->rest;
        size_t size = 0;
        while (name[size] && name[size] != '/')
            size++;
        if (size == 0)
            return walk_end(walk, result, dots, slash);
        if ((walk->at->inode->mode & S_IFMT) != S_IFDIR)
            return -ENOTDIR;
        walk->rest = name + size;
        slash = *walk->rest == '/';
        if (name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'))) {
            dots = size == 1 ? "." : "..";
            if (size == 2)
                walk_up(walk);
            continue;
        }
        dots = "";
        const char *after = walk->rest;
        while (*after == '/')
            after++;
        if (!*after) {
            bool again;
            int error = walk_last(walk, name, size, slash, result, &again);
            if (error || !again)
                return error;
            /* The rest may be empty after a link to a thing: slash then asks for a directory. */
            continue;
        }
        struct entry *next;
        int error = entry_lookup(walk->at, name, size, &next);
        if (!error && is_link(next))
            error = walk_link(walk, next);
        else if (!error)
            walk_to(walk, next);
        if (error)
            return error;
    }
}

int path_find(int at, const char *path, unsigned flags, struct path_result *result)
{
    result->parent = result->entry = NULL;
    result->name[0] = 0;
    result->trailing_slash = false;
    if (!path[0] && !(flags & PATH_EMPTY_OK))
        return -ENOENT;
    struct walk walk = {.rest = path, .flags = flags};
    int error = walk_start(&walk, at, path);
    if (error)
        return error;
    error = walk_run(&walk, result);
    entry_put(walk.at);
    path_buffer_put(walk.buffer);
    return error;
}

void path_release(struct path_result *result)
{
    if (result->parent)
        entry_put(result->parent);
    if (result->entry)
        entry_put(result->entry);
    result->parent = result->entry = NULL;
}

long entry_path(struct entry *entry, char *buffer, size_t size)
{
    struct entry *root = caller_root();
    size_t at = size; /* written from the end */
    if (size < 2)
        return -ENAMETOOLONG;
    buffer[--at] = 0;
    for (; entry && entry != root && (entry->parent || entry->name_size); entry = entry->parent) {
        if (at < (size_t)entry->name_size + 1)
            return -ENAMETOOLONG;
        at -= entry->name_size;
        memcpy(buffer + at, entry->name, entry->name_size);
        buffer[--at] = '/';
    }
    if (at == size - 1)
        buffer[--at] = '/';
    memmove(buffer, buffer + at, size - at);
    return (long)(size - at - 1);
}
